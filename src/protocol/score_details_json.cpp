// `_rankingScoreDetails`: one member a rule, in order of the rules, each with its place in `order`. The two halves of
// exactness share an entry, and so do those of the old rule `attribute`.
#include <algorithm>
#include <charconv>

#include "protocol/score_details.h"
#include "protocol/text_normal.h"

namespace miroir::protocol {

namespace {

constexpr std::string_view kHiddenRule = "<hidden-rule-";

std::string_view exact_type_name(ExactType type) {
    switch (type) {
        case ExactType::ExactMatch: return "exactMatch";
        case ExactType::MatchesStart: return "matchesStart";
        case ExactType::NoExactMatch: return "noExactMatch";
    }
    return "";
}

class Writer {
public:
    explicit Writer(AttributeShape shape) : shape_(shape) {}

    json::Object take() { return std::move(out_); }

    void operator()(const WordsScore& score) {
        add("words", {{"matchingWords", score.matching},
                      {"maxMatchingWords", score.max},
                      {"score", static_cast<double>(score.matching) / score.max}});
    }
    void operator()(const TypoScore& score) {
        const double max = score.max + 1.0;
        add("typo", {{"typoCount", score.count},
                     {"maxTypoCount", score.max},
                     {"score", std::max(max - score.count, 0.0) / max}});
    }
    void operator()(const ProximityScore& score) { add("proximity", {{"score", score.value.score}}); }
    void operator()(const AttributeRankScore& score) {
        if (shape_ == AttributeShape::Separated) return add("attributeRank", {{"score", score.value.score}});
        attribute_rank_ = score.value;
        add("attribute", {{"attributeRankingOrderScore", score.value.score}});
    }
    void operator()(const WordPositionScore& score) {
        json::Value* entry = out_.find("attribute");
        if (shape_ == AttributeShape::Separated || entry == nullptr) {
            return add("wordPosition", {{"score", score.value.score}});
        }
        (*entry)["queryWordDistanceScore"] = score.value.score;
        (*entry)["score"] = folded(attribute_rank_, score.value);
    }
    void operator()(const ExactAttributeScore& score) {
        add("exactness",
            {{"matchType", exact_type_name(score.type)}, {"score", static_cast<double>(score.type) / 3.0}});
    }
    void operator()(const ExactWordsScore& score) {
        json::Value* entry = out_.find("exactness");
        if (entry == nullptr || *entry->find("matchType") != exact_type_name(ExactType::NoExactMatch)) return;
        entry->object().erase("score");
        (*entry)["matchingWords"] = score.matching;
        (*entry)["maxMatchingWords"] = score.max;
        // The last third, split by the words that match.
        (*entry)["score"] = (score.matching + 1.0) / ((score.max + 1.0) * 3.0);
    }
    void operator()(const SortScore& score) {
        std::string name = score.field + (score.ascending ? ":asc" : ":desc");
        if (score.redacted) name = std::string(kHiddenRule) + std::to_string(order_) + ">";
        add(name, {{"value", score.redacted ? json::Value("<hidden>") : score.value}});
    }
    void operator()(const GeoScore& score) {
        const std::string name = "_geoPoint(" + plain_number(score.target_lat) + ", " + plain_number(score.target_lng) +
                                 (score.ascending ? "):asc" : "):desc");
        json::Value point;
        if (score.value) point = json::Object{{"lat", score.value->lat}, {"lng", score.value->lng}};
        add(name,
            {{"value", std::move(point)}, {"distance", score.distance ? json::Value(*score.distance) : json::Value()}});
    }
    void operator()(const VectorScore& score) {
        add("vectorSort", {{"similarity", score.similarity ? json::Value(double{*score.similarity}) : json::Value()}});
    }
    void operator()(const SkippedScore&) { add("skipped", {}); }
    void operator()(const PinScore& score) { add("pin", {{"position", score.position}}); }

private:
    void add(std::string_view name, std::initializer_list<json::Member> members) {
        json::Object entry{{"order", order_++}};
        for (const json::Member& member : members) entry.set(member.first, member.second);
        out_.set(name, std::move(entry));
    }
    static double folded(const Fraction& rank, const Fraction& position) {
        if (!rank.rank || !position.rank) return rank.score;
        const double outer = std::max(rank.rank->rank, 1U) - 1.0;
        const double inner = position.rank->max;
        return (outer * inner + position.rank->rank) / (rank.rank->max * inner);
    }

    AttributeShape shape_;
    json::Object out_;
    std::uint64_t order_ = 0;
    Fraction attribute_rank_;
};

class Reader {
public:
    Result<ScoreDetails> read(const json::Object& details) {
        std::vector<const json::Member*> entries;
        for (const json::Member& member : details) {
            const json::Value* order = member.second.find("order");
            if (order == nullptr || !order->is_unsigned()) return refused(member.first);
            entries.push_back(&member);
        }
        // Equal places keep the order of the text.
        std::ranges::sort(entries, {}, [](const json::Member* member) {
            return std::pair(member->second.find("order")->unsigned_integer(), member);
        });
        for (const json::Member* member : entries) {
            if (!read_entry(member->first, member->second)) return refused(member->first);
        }
        return std::move(out_);
    }

private:
    static std::unexpected<Error> refused(std::string_view name) {
        return fail(ErrorCode::Internal, "unreadable ranking score detail `" + std::string(name) + "`");
    }
    static std::optional<double> number(const json::Value& entry, std::string_view name) {
        const json::Value* found = entry.find(name);
        if (found == nullptr || !found->is_number()) return std::nullopt;
        return found->number();
    }
    static std::optional<std::uint32_t> count(const json::Value& entry, std::string_view name) {
        const json::Value* found = entry.find(name);
        if (found == nullptr || !found->is_unsigned()) return std::nullopt;
        return static_cast<std::uint32_t>(found->unsigned_integer());
    }
    template <class Score>
    bool add_fraction(const json::Value& entry, std::string_view name) {
        const auto score = number(entry, name);
        if (score) out_.push_back(Score{Fraction{.rank = {}, .score = *score}});
        return score.has_value();
    }
    template <class Score>
    bool add_counts(const json::Value& entry, std::string_view name, std::string_view max_name) {
        const auto given = count(entry, name);
        const auto max = count(entry, max_name);
        if (given && max) out_.push_back(Score{*given, *max});
        return given && max;
    }

    bool read_entry(std::string_view name, const json::Value& entry) {
        if (name == "words") return add_counts<WordsScore>(entry, "matchingWords", "maxMatchingWords");
        if (name == "typo") return add_counts<TypoScore>(entry, "typoCount", "maxTypoCount");
        if (name == "proximity") return add_fraction<ProximityScore>(entry, "score");
        if (name == "attributeRank") return add_fraction<AttributeRankScore>(entry, "score");
        if (name == "wordPosition") return add_fraction<WordPositionScore>(entry, "score");
        if (name == "attribute") {
            return add_fraction<AttributeRankScore>(entry, "attributeRankingOrderScore") &&
                   add_fraction<WordPositionScore>(entry, "queryWordDistanceScore");
        }
        if (name == "exactness") return read_exactness(entry);
        if (name == "vectorSort") return read_vector(entry);
        if (name == "skipped") {
            out_.push_back(SkippedScore{});
            return true;
        }
        if (name == "pin") {
            const auto position = count(entry, "position");
            if (position) out_.push_back(PinScore{*position});
            return position.has_value();
        }
        return read_sort(name, entry);
    }
    bool read_exactness(const json::Value& entry) {
        const json::Value* type = entry.find("matchType");
        for (const ExactType known : {ExactType::ExactMatch, ExactType::MatchesStart, ExactType::NoExactMatch}) {
            if (type == nullptr || *type != exact_type_name(known)) continue;
            out_.push_back(ExactAttributeScore{known});
            if (known != ExactType::NoExactMatch) return true;
            return add_counts<ExactWordsScore>(entry, "matchingWords", "maxMatchingWords");
        }
        return false;
    }
    bool read_vector(const json::Value& entry) {
        VectorScore score;
        if (const auto similarity = number(entry, "similarity")) score.similarity = static_cast<float>(*similarity);
        out_.push_back(score);
        return true;
    }
    bool read_sort(std::string_view name, const json::Value& entry) {
        const json::Value* value = entry.find("value");
        const bool redacted = name.starts_with(kHiddenRule);
        const bool ascending = name.ends_with(":asc");
        if (value == nullptr || (!redacted && !ascending && !name.ends_with(":desc"))) return false;
        if (name.starts_with("_geoPoint(")) return read_geo(name, ascending, entry, *value);
        SortScore score{.field = std::string(name), .ascending = ascending, .redacted = redacted, .value = *value};
        if (!redacted) score.field = name.substr(0, name.rfind(':'));
        out_.push_back(std::move(score));
        return true;
    }
    bool read_geo(std::string_view name, bool ascending, const json::Value& entry, const json::Value& value) {
        GeoScore score{.ascending = ascending};
        name.remove_prefix(std::string_view("_geoPoint(").size());
        const std::size_t comma = name.find(", ");
        const std::size_t close = name.rfind(')');
        if (comma == std::string_view::npos || close == std::string_view::npos || close < comma) return false;
        const auto parse = [](std::string_view text, double& out) {
            return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
        };
        if (!parse(name.substr(0, comma), score.target_lat)) return false;
        if (!parse(name.substr(comma + 2, close - comma - 2), score.target_lng)) return false;
        const auto lat = number(value, "lat");
        const auto lng = number(value, "lng");
        if (lat && lng) score.value = GeoScore::Point{.lat = *lat, .lng = *lng};
        score.distance = number(entry, "distance");
        out_.push_back(score);
        return true;
    }

    ScoreDetails out_;
};

}  // namespace

json::Object to_json(const ScoreDetails& details, AttributeShape shape) {
    Writer writer(shape);
    for (const ScoreDetail& detail : details) std::visit(writer, detail);
    return writer.take();
}

Result<ScoreDetails> score_details_from_json(const json::Value& details) {
    if (!details.is_object()) return fail(ErrorCode::Internal, "ranking score details are not an object");
    return Reader().read(details.object());
}

json::Array to_json(const std::vector<WeightedScore>& scores) {
    json::Array out;
    for (const WeightedScore& score : scores) {
        json::Value item;
        switch (score.kind) {
            case WeightedScore::Kind::Score: item["weightedScore"] = score.score; break;
            case WeightedScore::Kind::Vector: item["vectorSort"] = score.score; break;
            case WeightedScore::Kind::Sort:
                item["sort"] = json::Object{{"asc", score.ascending}, {"value", score.value}};
                break;
            case WeightedScore::Kind::Geo:
                item["geoSort"] =
                    json::Object{{"asc", score.ascending},
                                 {"distance", score.distance ? json::Value(*score.distance) : json::Value()}};
                break;
        }
        out.push_back(std::move(item));
    }
    return out;
}

}  // namespace miroir::protocol

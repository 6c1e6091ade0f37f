// The reply is walked once, front to back. Entries of all rank keys lie in one arena and are cut into spans at the end,
// when the arena no longer moves.
#include "merge/node_answer.h"

#include <algorithm>
#include <cstring>

#include "json/lazy.h"

namespace miroir::merge {

namespace od = json::lazy::od;

namespace {

// A parser's buffers are several times the reply, and fetching them anew from the system costs as much as the reading.
// Those of the last answers of this thread are used again, the very large ones are not kept.
class ParserLoan {
public:
    ParserLoan() {
        if (shelf().empty()) {
            parser_ = std::make_unique<od::parser>();
        } else {
            parser_ = std::move(shelf().back());
            shelf().pop_back();
        }
    }
    ~ParserLoan() {
        if (shelf().size() < kKept && parser_->capacity() <= kLargestKept) shelf().push_back(std::move(parser_));
    }
    ParserLoan(const ParserLoan&) = delete;
    ParserLoan& operator=(const ParserLoan&) = delete;
    od::parser* operator->() const { return parser_.get(); }

private:
    static constexpr std::size_t kKept = 4;
    static constexpr std::size_t kLargestKept = 1 << 20;
    static std::vector<std::unique_ptr<od::parser>>& shelf() {
        thread_local std::vector<std::unique_ptr<od::parser>> kept;
        return kept;
    }
    std::unique_ptr<od::parser> parser_;
};

// What the name of a rule says about its entries, and the last of these: most hits in a row have many in common.
struct Rule {
    enum class Counts : std::uint8_t { Nothing, Words, Typos };
    std::string_view name{};  // as it stands in the reply
    RankEntry blank{};
    Counts counts = Counts::Nothing;
    bool semantic = false;
    std::string_view last_text{};  // from its name on, braces and all
    RankEntry last{};
};

}  // namespace

struct NodeAnswer::Reader {
    std::string body;
    std::string distinct_field;  // hits point into it
    ParserLoan parser;
    AnswerWish wish;
    std::vector<RankEntry> arena;
    std::vector<std::size_t> ends;     // of each hit's entries in the arena
    std::vector<Rule> rules;           // of the last hit
    std::optional<std::uint64_t> pin;  // of the hit that is being read

    void read_reply(NodeAnswer& out);
    void read_hits(NodeAnswer& out, od::document& document, od::array hits);
    void reserve(NodeAnswer& out);
    void read_hit(NodeAnswer& out, od::document& document, od::value item);
    void read_details(Hit& hit, od::document& document, od::object details);
    Rule& rule_at(std::size_t place, const char* raw);
    bool is_last(const Rule& rule, const char* raw) const;
    RankEntry read_rule(const Rule& rule, od::object entry);
    void read_distribution(NodeAnswer& out, od::object fields);
    void read_stats(NodeAnswer& out, od::object fields);
};

namespace {

// The largest number of hits that a node is believed, and of documents: its own numbers of them have 32 bits.
constexpr std::size_t kHitsMax = 1'000'000;
constexpr std::uint64_t kDocumentsMax = UINT32_MAX;

constexpr std::string_view kStampRule = "_miroir_order:";

[[noreturn]] void refuse(simdjson::error_code why) { throw simdjson::simdjson_error(why); }

std::uint64_t read_count(od::value value) {
    const std::uint64_t count = value.get_uint64();
    if (count > kDocumentsMax) refuse(simdjson::NUMBER_OUT_OF_RANGE);
    return count;
}

// A list of numbers, or of such lists.
void check_vector(od::array numbers) {
    for (auto item : numbers) {
        od::value value = item.value();
        if (value.type() == od::json_type::array) check_vector(value.get_array());
        else (void)double(value.get_double());
    }
}

std::string_view raw_text(od::value value) { return std::string_view(simdjson::to_json_string(value)); }

// The members of a hit up to there, without the comma.
std::string_view before_scores(std::string_view hit, const char* scores) {
    const char* const begin = hit.data() + 1;
    if (scores == nullptr) return hit.substr(1, hit.size() - 2);
    while (scores != begin && scores[-1] != ',') --scores;
    return {begin, scores == begin ? begin : scores - 1};
}

double exactness_weight(std::string_view match_type, double words) {
    const int type = match_type == "exactMatch" ? 2 : match_type == "matchesStart" ? 1 : 0;
    return type * kMatchTypeWeight + words;
}

void read_value(RankEntry& out, od::value value) {
    out.present = true;
    switch (value.type()) {
        case od::json_type::number: out.number = value.get_double(); break;
        case od::json_type::string:
            out.text = value.get_string();
            out.is_text = true;
            break;
        default: out.present = false;
    }
}

FacetField& field_of(std::vector<FacetField>& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &FacetField::name);
    if (found != fields.end()) return *found;
    return fields.emplace_back(FacetField{.name = name, .values = {}, .minimum = {}, .maximum = {}});
}

// Keys are compared as they stand in the bytes: unescaping them again on a second walk would outgrow the parser's
// buffer.
bool is_key(simdjson::simdjson_result<od::field>& field, std::string_view name) {
    return field.key().value().unsafe_is_equal(name);
}

// Names of rules and scores have no escapes: they are compared as they stand in the bytes, up to the closing quote.
// There is room to compare: the reply is padded.
bool begins(const char* raw, std::string_view name) {
    constexpr std::size_t kLongest = simdjson::SIMDJSON_PADDING / 2;
    return name.size() <= kLongest && std::memcmp(raw, name.data(), name.size()) == 0 && raw[name.size()] == '"';
}
template <std::size_t N>
bool is_name(const char* raw, const char (&name)[N]) {
    return std::memcmp(raw, name, N - 1) == 0 && raw[N - 1] == '"';
}

Rule rule_of(const char* raw) {
    using Shape = RankEntry::Shape;
    const char* end = raw;
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    Rule out{.name = {raw, end}, .blank = {}, .counts = Rule::Counts::Nothing, .semantic = false};
    RankEntry& blank = out.blank;
    blank.ascending = out.name.ends_with(":asc");
    if (out.name.starts_with("skipped")) blank.shape = Shape::Skipped;
    if (blank.ascending || out.name.ends_with(":desc")) {
        blank.shape = out.name.starts_with("_geoPoint(") ? Shape::Distance : Shape::Value;
        blank.present = false;
    }
    if (out.name == "exactness") blank.rule = RankEntry::Rule::Exactness;
    if (out.name == "proximity") blank.rule = RankEntry::Rule::Proximity;
    if (out.name == "words") out.counts = Rule::Counts::Words;
    if (out.name == "typo") out.counts = Rule::Counts::Typos;
    out.semantic = out.name == "vectorSort";
    if (out.semantic) blank.rule = RankEntry::Rule::Vector;
    if (out.name.starts_with(kStampRule)) blank.rule = RankEntry::Rule::Stamp;
    return out;
}

// Behind the last brace of the object that was just read to its end.
const char* end_of_object(od::document& document) {
    const char* end = document.current_location();
    while (end[-1] != '}') --end;
    return end;
}

// Down to the stamp, or to where the node ran out of time.
bool is_ranked(RankKey key) {
    return !key.empty() &&
           (key.back().rule == RankEntry::Rule::Stamp ||
            std::ranges::any_of(key, [](const RankEntry& entry) { return entry.shape == RankEntry::Shape::Skipped; }));
}

// Finds the member that a dotted name means, or the list on the way to it, and gives its raw text.
FoundValue find_raw(od::object object, std::string_view name) {
    for (auto found : object) {
        auto field = found;
        if (is_key(field, name)) return {.raw = raw_text(field.value())};
        for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
            if (!is_key(field, name.substr(0, dot))) continue;
            od::value inner = field.value();
            const std::string_view rest = name.substr(dot + 1);
            if (inner.type() == od::json_type::object) return find_raw(inner.get_object(), rest);
            if (inner.type() == od::json_type::array) return {.raw = raw_text(inner), .rest = rest};
            return {};
        }
    }
    return {};
}

}  // namespace

NodeAnswer::NodeAnswer() = default;
NodeAnswer::NodeAnswer(NodeAnswer&&) noexcept = default;
NodeAnswer& NodeAnswer::operator=(NodeAnswer&&) noexcept = default;
NodeAnswer::~NodeAnswer() = default;

Result<NodeAnswer> NodeAnswer::read(std::string body, const AnswerWish& wish) {
    NodeAnswer out;
    out.reader_ = std::make_unique<Reader>();
    out.reader_->body = std::move(body);
    out.reader_->wish = wish;
    out.reader_->distinct_field = wish.distinct_field;
    out.reader_->wish.distinct_field = out.reader_->distinct_field;
    try {
        out.reader_->read_reply(out);
    } catch (const simdjson::simdjson_error& error) {
        return fail(ErrorCode::MiroirNodeBadReply, std::string("the node's answer cannot be read: ") + error.what());
    }
    return out;
}

void NodeAnswer::Reader::read_reply(NodeAnswer& out) {
    od::document document = parser->iterate(json::lazy::padded(body));
    bool has_hits = false, has_total = false;
    for (auto member : document.get_object()) {
        const std::string_view key = member.unescaped_key();
        od::value value = member.value();
        if (key == "hits") {
            read_hits(out, document, value.get_array());
            has_hits = true;
        } else if (key == "estimatedTotalHits" || key == "totalHits") {
            out.total_ = read_count(value);
            has_total = true;
        } else if (key == "facetDistribution") {
            read_distribution(out, value.get_object());
        } else if (key == "facetStats") {
            read_stats(out, value.get_object());
        } else if (key == "semanticHitCount") {
            out.semantic_hit_count_ = read_count(value);
        } else if (key == "queryVector") {
            od::array numbers = value.get_array();
            check_vector(numbers);
            numbers.reset();
            out.query_vector_ = numbers.raw_json();
        }
    }
    const char* behind = nullptr;
    if (document.current_location().get(behind) == simdjson::SUCCESS) refuse(simdjson::TRAILING_CONTENT);
    if (!has_hits || !has_total || (wish.facets && !out.has_facets_)) refuse(simdjson::NO_SUCH_FIELD);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        out.hits_[i].key = RankKey(arena).subspan(begin, ends[i] - begin);
        begin = ends[i];
    }
}

void NodeAnswer::Reader::read_hits(NodeAnswer& out, od::document& document, od::array hits) {
    for (auto item : hits) {
        if (out.hits_.size() == std::min(wish.hits_max, kHitsMax)) refuse(simdjson::CAPACITY);
        read_hit(out, document, item.value());
        if (ends.size() == out.hits_.size()) continue;  // it was pinned
        ends.push_back(arena.size());
        if (ends.size() == 1) reserve(out);
    }
}

// The other hits will be much like the first one.
void NodeAnswer::Reader::reserve(NodeAnswer& out) {
    const std::size_t hits = std::min(kHitsMax, body.size() / out.hits_.front().bytes.size() + 1);
    out.hits_.reserve(hits);
    ends.reserve(hits);
    arena.reserve(std::min(body.size(), hits * arena.size()));
}

// The hit's bytes end where its last brace stands: walking it a second time would only find that.
void NodeAnswer::Reader::read_hit(NodeAnswer& out, od::document& document, od::value item) {
    Hit hit;
    bool scored = false;
    pin.reset();
    const std::size_t first_entry = arena.size();
    const char* const begin = item.raw_json_token().data();
    const char* scores = nullptr;  // where they begin, when nothing comes behind them
    od::object object = item.get_object();
    if (!wish.distinct_field.empty()) {
        hit.distinct = find_raw(object, wish.distinct_field);
        object.reset();
    }
    for (auto found : object) {
        auto field = found;
        const char* const key = field.key().value().raw();
        const bool scoring = *key == '_' && (is_name(key, "_rankingScore") || is_name(key, "_rankingScoreDetails"));
        if (!scoring) scores = nullptr;
        else if (scores == nullptr) scores = key - 1;
        if (*key != '_') continue;
        if (is_name(key, "_rankingScore")) hit.score = field.value().get_double(), scored = true;
        else if (scoring) read_details(hit, document, field.value().get_object());
        else if (is_name(key, "_formatted")) hit.formatted = true, (void)od::object(field.value().get_object());
        else if (is_name(key, "_matchesPosition")) (void)od::object(field.value().get_object());
        else if (is_name(key, "_geoDistance")) hit.distance = field.value().get_double();
    }
    hit.bytes = {begin, end_of_object(document)};
    hit.document = before_scores(hit.bytes, scores);
    if (wish.ranked && !(scored && (pin || is_ranked(std::span(arena).subspan(first_entry)))))
        refuse(simdjson::NO_SUCH_FIELD);
    if (pin) out.pins_.push_back({.position = *pin, .hit = hit});
    else out.hits_.push_back(hit);
}

// Nearly always the rules of the hit before, in the same order.
Rule& NodeAnswer::Reader::rule_at(std::size_t place, const char* raw) {
    if (place == rules.size()) rules.emplace_back();
    Rule& known = rules[place];
    if (known.name.data() == nullptr || !begins(raw, known.name)) known = rule_of(raw);
    return known;
}

bool NodeAnswer::Reader::is_last(const Rule& rule, const char* raw) const {
    const auto left = static_cast<std::size_t>(body.data() + body.size() - raw);
    return !rule.last_text.empty() && rule.last_text.size() <= left &&
           std::memcmp(raw, rule.last_text.data(), rule.last_text.size()) == 0;
}

void NodeAnswer::Reader::read_details(Hit& hit, od::document& document, od::object details) {
    std::size_t place = 0;
    for (auto found : details) {
        auto member = found;
        const char* const raw = member.key().value().raw();
        if (is_name(raw, "pin")) {
            pin = member.value()["position"].get_uint64();
            continue;
        }
        Rule& rule = rule_at(place++, raw);
        hit.semantic = hit.semantic || rule.semantic;
        if (!is_last(rule, raw)) {
            rule.last = read_rule(rule, member.value().get_object());
            rule.last_text = {raw, end_of_object(document)};
        }
        arena.push_back(rule.last);
    }
}

RankEntry NodeAnswer::Reader::read_rule(const Rule& rule, od::object entry) {
    using Shape = RankEntry::Shape;
    RankEntry out = rule.blank;
    const bool valued = out.shape == Shape::Value || out.shape == Shape::Distance;
    std::string_view match_type;
    double words = 0;
    for (auto found : entry) {
        auto member = found;
        const char* const key = member.key().value().raw();
        if (valued) {
            const bool wanted = out.shape == Shape::Value ? is_name(key, "value") : is_name(key, "distance");
            if (wanted) read_value(out, member.value());
            continue;
        }
        switch (*key) {
            case 's':
                if (is_name(key, "score")) {
                    out.fraction = member.value().get_double();
                    if (rule.counts != Rule::Counts::Typos) out.number = out.fraction;
                } else if (is_name(key, "similarity")) {
                    read_value(out, member.value());
                }
                break;
            case 'm':
                if (is_name(key, "matchingWords")) words = member.value().get_double();
                else if (is_name(key, "matchType")) match_type = member.value().get_string();
                else if (is_name(key, "maxTypoCount")) out.steps = 1 + double(member.value().get_double());
                else if (is_name(key, "maxMatchingWords") && rule.counts == Rule::Counts::Words)
                    out.steps = member.value().get_double();
                break;
            case 't':
                if (is_name(key, "typoCount") && rule.counts == Rule::Counts::Typos)
                    out.number = -double(member.value().get_double());
                break;
            default: break;
        }
    }
    if (rule.counts == Rule::Counts::Words) out.number = words;
    if (out.rule == RankEntry::Rule::Exactness) out.number = exactness_weight(match_type, words);
    return out;
}

void NodeAnswer::Reader::read_distribution(NodeAnswer& out, od::object fields) {
    out.has_facets_ = true;
    for (auto field : fields) {
        FacetField& facet = field_of(out.facets_, field.unescaped_key());
        for (auto value : field.value().get_object()) {
            const std::string_view name = value.unescaped_key();
            facet.values.push_back({.value = name, .count = read_count(value.value())});
        }
    }
}

void NodeAnswer::Reader::read_stats(NodeAnswer& out, od::object fields) {
    for (auto field : fields) {
        FacetField& facet = field_of(out.facets_, field.unescaped_key());
        for (auto bound : field.value().get_object()) {
            const std::string_view name = bound.unescaped_key();
            const double number = bound.value().get_double();
            if (name == "min") facet.minimum = number;
            if (name == "max") facet.maximum = number;
        }
    }
}

}  // namespace miroir::merge

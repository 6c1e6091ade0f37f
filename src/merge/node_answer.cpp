// The reply is walked once, front to back. Entries of all rank keys lie in one arena and are cut into spans at the end,
// when the arena no longer moves.
#include "merge/node_answer.h"

#include <algorithm>

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

}  // namespace

struct NodeAnswer::Reader {
    std::string body;
    ParserLoan parser;
    std::string_view distinct_field;
    std::vector<RankEntry> arena;
    std::vector<std::size_t> ends;  // of each hit's entries in the arena

    void read_reply(NodeAnswer& out);
    void read_hits(NodeAnswer& out, od::document& document, od::array hits);
    void reserve(NodeAnswer& out);
    void read_hit(NodeAnswer& out, od::document& document, od::value item);
    void read_details(Hit& hit, od::object details);
    RankEntry read_rule(std::string_view rule, od::object entry);
    void read_distribution(NodeAnswer& out, od::object fields);
    void read_stats(NodeAnswer& out, od::object fields);
};

namespace {

// The deepest nesting and the largest number of hits that a node is believed.
constexpr std::size_t kHitsMax = 1'000'000;

std::string_view raw_text(od::value value) { return std::string_view(simdjson::to_json_string(value)); }

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

// The name of a member, unescaped only where it has escapes: the names of rules and scores never do.
std::string_view name_of(simdjson::simdjson_result<od::field>& field) {
    const char* const begin = field.key().value().raw();
    const char* end = begin;
    while (*end != '"' && *end != '\\') ++end;
    return *end == '"' ? std::string_view(begin, end) : std::string_view(field.unescaped_key());
}

// Finds the member that a dotted name means and gives its raw text.
std::string_view find_raw(od::object object, std::string_view name) {
    for (auto found : object) {
        auto field = found;
        if (is_key(field, name)) return raw_text(field.value());
        for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
            if (!is_key(field, name.substr(0, dot))) continue;
            od::value inner = field.value();
            if (inner.type() == od::json_type::object) return find_raw(inner.get_object(), name.substr(dot + 1));
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

Result<NodeAnswer> NodeAnswer::read(std::string body, std::string_view distinct_field) {
    NodeAnswer out;
    out.reader_ = std::make_unique<Reader>();
    out.reader_->body = std::move(body);
    out.reader_->distinct_field = distinct_field;
    try {
        out.reader_->read_reply(out);
    } catch (const simdjson::simdjson_error& error) {
        return fail(ErrorCode::MiroirNodeBadReply, std::string("the node's answer cannot be read: ") + error.what());
    }
    return out;
}

void NodeAnswer::Reader::read_reply(NodeAnswer& out) {
    od::document document = parser->iterate(json::lazy::padded(body));
    bool has_hits = false;
    for (auto member : document.get_object()) {
        const std::string_view key = member.unescaped_key();
        od::value value = member.value();
        if (key == "hits") {
            read_hits(out, document, value.get_array());
            has_hits = true;
        } else if (key == "estimatedTotalHits" || key == "totalHits") {
            out.total_ = value.get_uint64();
        } else if (key == "facetDistribution") {
            read_distribution(out, value.get_object());
        } else if (key == "facetStats") {
            read_stats(out, value.get_object());
        } else if (key == "semanticHitCount") {
            out.semantic_hit_count_ = value.get_uint64();
        } else if (key == "queryVector") {
            out.query_vector_ = raw_text(value);
        }
    }
    if (!has_hits) throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        out.hits_[i].key = RankKey(arena).subspan(begin, ends[i] - begin);
        begin = ends[i];
    }
}

void NodeAnswer::Reader::read_hits(NodeAnswer& out, od::document& document, od::array hits) {
    for (auto item : hits) {
        if (out.hits_.size() == kHitsMax) throw simdjson::simdjson_error(simdjson::CAPACITY);
        read_hit(out, document, item.value());
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
    const char* const begin = item.raw_json_token().data();
    od::object object = item.get_object();
    if (!distinct_field.empty()) {
        hit.distinct = find_raw(object, distinct_field);
        object.reset();
    }
    for (auto found : object) {
        auto field = found;
        if (is_key(field, "_rankingScore")) hit.score = field.value().get_double();
        else if (is_key(field, "_rankingScoreDetails")) read_details(hit, field.value().get_object());
    }
    const char* end = document.current_location();
    while (end[-1] != '}') --end;
    hit.bytes = {begin, end};
    out.hits_.push_back(hit);
}

void NodeAnswer::Reader::read_details(Hit& hit, od::object details) {
    for (auto found : details) {
        auto rule = found;
        const std::string_view name = name_of(rule);
        if (name == "vectorSort") hit.semantic = true;
        arena.push_back(read_rule(name, rule.value().get_object()));
    }
}

RankEntry NodeAnswer::Reader::read_rule(std::string_view rule, od::object entry) {
    using Shape = RankEntry::Shape;
    RankEntry out;
    const bool directed = rule.ends_with(":asc") || rule.ends_with(":desc");
    out.ascending = rule.ends_with(":asc");
    if (rule.starts_with("skipped")) out.shape = Shape::Skipped;
    if (directed) out.shape = rule.starts_with("_geoPoint(") ? Shape::Distance : Shape::Value;
    if (directed) out.present = false;
    std::string_view match_type;
    double words = 0;
    for (auto found : entry) {
        auto member = found;
        const std::string_view key = name_of(member);
        if (out.shape == Shape::Distance) {
            if (key == "distance") read_value(out, member.value());
        } else if (directed) {
            if (key == "value") read_value(out, member.value());
        } else if (key == "score") {
            out.fraction = member.value().get_double();
            if (rule != "typo") out.number = out.fraction;
        } else if (key == "matchingWords") {
            words = member.value().get_double();
        } else if (key == "maxMatchingWords" && rule == "words") {
            out.steps = member.value().get_double();
        } else if (key == "maxTypoCount") {
            out.steps = 1 + double(member.value().get_double());
        } else if (key == "matchType") {
            match_type = member.value().get_string();
        } else if (rule == "typo") {
            if (key == "typoCount") out.number = -double(member.value().get_double());
        } else if (key == "similarity") {
            read_value(out, member.value());
        }
    }
    if (rule == "words") out.number = words;
    if (rule == "exactness") {
        out.rule = RankEntry::Rule::Exactness;
        out.number = exactness_weight(match_type, words);
    }
    if (rule == "proximity") out.rule = RankEntry::Rule::Proximity;
    return out;
}

void NodeAnswer::Reader::read_distribution(NodeAnswer& out, od::object fields) {
    out.has_facets_ = true;
    for (auto field : fields) {
        FacetField& facet = field_of(out.facets_, field.unescaped_key());
        for (auto value : field.value().get_object()) {
            const std::string_view name = value.unescaped_key();
            facet.values.push_back({.value = name, .count = value.value().get_uint64()});
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

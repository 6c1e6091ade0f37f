#include "protocol/query/rule_order.h"

#include <algorithm>
#include <map>

namespace miroir::protocol {
namespace {

using RuleKind = RankingRule::Kind;

std::string number(std::size_t n) { return std::to_string(n); }

std::string sort_name(const RuleSort& criterion) {
    return (criterion.by_place ? "_geo(..)" : criterion.field) + (criterion.ascending ? ":asc" : ":desc");
}

bool is_sort_field(RuleKind kind) { return kind == RuleKind::Asc || kind == RuleKind::Desc; }

}  // namespace

std::vector<RuleSort> rule_sorts(const std::vector<std::string>& sort) {
    std::vector<RuleSort> out;
    for (const std::string& text : sort) {
        const std::string name = text.substr(0, text.rfind(':'));
        out.push_back({.field = name,
                       .ascending = text.ends_with(":asc"),
                       .by_place = name.starts_with("_geoPoint(") && name.ends_with(')')});
    }
    return out;
}

// Walks the rules of the settings once and keeps what counts, noting down what it leaves out.
struct RuleOrder::Maker {
    const std::vector<RankingRule>& rules;
    const std::optional<std::vector<RuleSort>>& sort;
    RuleOrder& out;
    std::map<std::string, Source> sorted_fields;
    std::map<RuleKind, std::size_t> seen;
    std::optional<std::size_t> vector_rule;
    bool words_there = false;  // put in by us, or met
    std::optional<std::size_t> words_at;
    std::size_t notes = 0;

    void note(const std::string& text, std::string_view indent = "    ") {
        out.notes_ += std::string(indent) + number(++notes) + ". " + text + "\n";
    }
    std::string name(const Source& source) const {
        if (source.type == Source::Type::Sort) return sort_name((*sort)[source.other]);
        return to_text(rules[source.rule]);
    }
    static std::string position(const Source& source) {
        if (source.type == Source::Type::Rule) return "#" + number(source.rule) + " in ranking rules";
        return "#" + number(source.other) + " in `query.sort` (as `sort` is #" + number(source.rule) +
               " in ranking rules)";
    }
    static std::string position(std::size_t rule) { return position(Source{.rule = rule}); }
    void duplicate(const Source& earlier, const Source& removed) {
        note("Removed duplicate rule `" + name(earlier) + "` at position " + position(removed) +
             " as it already appears at position " + position(earlier));
    }

    void add_sort(std::size_t at) {
        if (const auto known = seen.find(RuleKind::Sort); known != seen.end()) {
            return duplicate({.rule = known->second}, {.rule = at});
        }
        if (!sort)
            return note("Removed rule `sort` at position " + position(at) + " because `query.sort` is empty", "   ");
        seen[RuleKind::Sort] = at;
        out.rules_.push_back(rules[at]);
        std::optional<std::size_t> geo;
        for (std::size_t i = 0; i < sort->size(); ++i) {
            const RuleSort& criterion = (*sort)[i];
            const Source source{.type = Source::Type::Sort, .rule = at, .other = i};
            if (criterion.by_place) {
                if (geo) {
                    duplicate({.type = Source::Type::Sort, .rule = at, .other = *geo}, source);
                    continue;
                }
                geo = i;
            } else if (const auto [known, added] = sorted_fields.try_emplace(criterion.field, source); !added) {
                duplicate(known->second, source);
                continue;
            }
            out.sort_.push_back(criterion);
        }
    }

    void add_field(std::size_t at) {
        const auto [known, added] = sorted_fields.try_emplace(rules[at].field, Source{.rule = at});
        if (added) out.rules_.push_back(rules[at]);
        else duplicate(known->second, {.rule = at});
    }

    // False: the rest of the rules does not count.
    bool add_vector(std::size_t at) {
        const std::string rule = "relevancy rule `" + to_text(rules[at]) + "` at position " + position(at);
        if (!vector_rule) {
            vector_rule = at;
            out.rules_.push_back(rules[at]);
            return true;
        }
        if (sorted_fields.empty()) {
            note("Removed " + rule +
                 " because the query is a vector search and `vector` was already inserted at position " +
                 position(*vector_rule));
            return true;
        }
        note("Truncated " + rule +
             " and later rules because the query is a vector search and `vector` was inserted at position " +
             position(*vector_rule));
        return false;
    }

    void add_words(std::size_t at, bool all_words) {
        const std::string removed = "Removed rule `words` at position " + position(at) + " because ";
        if (all_words) return note(removed + "`query.matchingWords` is set to `all`");
        if (words_at) return duplicate({.rule = *words_at}, {.rule = at});
        if (words_there) note(removed + "it was previously prepended");
        words_there = true;
        words_at = at;
        out.rules_.push_back(rules[at]);
    }

    void add_relevancy(std::size_t at, bool all_words) {
        if (rules[at].kind == RuleKind::Words) return add_words(at, all_words);
        if (!all_words && !words_there) {
            note("Prepended rule `words` before first relevancy rule `" + to_text(rules[at]) + "` at position " +
                 position(at));
            words_there = true;
            out.rules_.push_back({.kind = RuleKind::Words, .field = {}});
        }
        const auto [known, added] = seen.try_emplace(rules[at].kind, at);
        if (added) out.rules_.push_back(rules[at]);
        else duplicate({.rule = known->second}, {.rule = at});
    }
};

RuleOrder::RuleOrder(const std::vector<RankingRule>& rules, const std::optional<std::vector<RuleSort>>& sort,
                     bool all_words, QueryKind kind) {
    Maker maker{
        .rules = rules, .sort = sort, .out = *this, .sorted_fields = {}, .seen = {}, .vector_rule = {}, .words_at = {}};
    for (std::size_t at = 0; at < rules.size(); ++at) {
        if (rules[at].kind == RuleKind::Sort) {
            maker.add_sort(at);
        } else if (is_sort_field(rules[at].kind)) {
            maker.add_field(at);
        } else if (kind == QueryKind::Placeholder) {
            maker.note("Removed relevancy rule `" + to_text(rules[at]) + "` at position " + Maker::position(at) +
                       " because the query is a placeholder search (`q`: \"\")");
        } else if (kind == QueryKind::Vector) {
            if (!maker.add_vector(at)) break;
        } else {
            maker.add_relevancy(at, all_words);
        }
    }
    for (std::size_t at = 0; at < rules_.size(); ++at) {
        const RankingRule& rule = rules_[at];
        if (rule.kind == RuleKind::Sort) {
            for (std::size_t i = 0; i < sort_.size(); ++i) {
                const Kind way = sort_[i].by_place ? (sort_[i].ascending ? Kind::AscendingGeo : Kind::DescendingGeo)
                                                   : (sort_[i].ascending ? Kind::Ascending : Kind::Descending);
                steps_.push_back({.source = {.type = Source::Type::Sort, .rule = at, .other = i}, .kind = way});
            }
        } else if (is_sort_field(rule.kind)) {
            steps_.push_back(
                {.source = {.rule = at}, .kind = rule.kind == RuleKind::Asc ? Kind::Ascending : Kind::Descending});
        } else if (!steps_.empty() && steps_.back().kind == Kind::Relevancy) {
            Source& last = steps_.back().source;
            last = {.type = Source::Type::Rules, .rule = last.rule, .other = at};
        } else {
            steps_.push_back({.source = {.rule = at}, .kind = Kind::Relevancy});
        }
    }
}

std::string_view RuleOrder::reason(Kind one, Kind other) {
    const auto is_geo = [](Kind kind) { return kind == Kind::AscendingGeo || kind == Kind::DescendingGeo; };
    if (one == Kind::Relevancy || other == Kind::Relevancy) {
        return is_geo(one) || is_geo(other) ? "cannot compare a relevancy rule with a geosort rule"
                                            : "cannot compare a relevancy rule with a sort rule";
    }
    if (is_geo(one) != is_geo(other)) return "cannot compare a sort rule with a geosort rule";
    return is_geo(one) ? "cannot compare two geosort rules in opposite directions"
                       : "cannot compare two sort rules in opposite directions";
}

std::string RuleOrder::told(const Step& step, const Place& place) const {
    static constexpr std::string_view kKinds[] = {"relevancy", "ascending sort", "descending sort",
                                                  "ascending geo sort", "descending geo sort"};
    const Source& source = step.source;
    const std::string query = "`queries[" + number(place.query) + "]";
    const std::string rules = "`, `" + place.index + ".rankingRules[";
    std::string where;
    std::string names = "default";
    if (source.type == Source::Type::Sort) {
        where = query + ".sort[" + number(source.other) + "]" + rules + number(source.rule) + "]`";
        if (!sort_[source.other].by_place) names = "on field `" + sort_[source.other].field + "`";
    } else {
        const std::size_t last = source.type == Source::Type::Rules ? source.other : source.rule;
        const std::string range = number(source.rule) + (last == source.rule ? "" : "..=" + number(last));
        where = query + rules + range + "]`";
        names.clear();
        for (std::size_t at = source.rule; at <= last; ++at) {
            names += (names.empty() ? "" : ", ") + to_text(rules_[at]);
        }
    }
    return where + ": " + std::string(kKinds[static_cast<std::size_t>(step.kind)]) + " rule(s) " + names;
}

std::optional<Error> RuleOrder::clash(const Place& here, const RuleOrder& earlier, const Place& there) const {
    for (std::size_t i = 0; i < std::min(steps_.size(), earlier.steps_.size()); ++i) {
        const Step& mine = steps_[i];
        const Step& theirs = earlier.steps_[i];
        if (mine.kind == theirs.kind) continue;
        std::string text = "The results of queries #" + number(there.query) + " and #" + number(here.query) +
                           " are incompatible: \n  1. " + earlier.told(theirs, there) + "\n  2. " + told(mine, here) +
                           "\n  - " + std::string(reason(theirs.kind, mine.kind)) + "\n";
        const auto add_notes = [&](const std::string& notes, std::size_t query) {
            if (notes.empty()) return;
            text += "  - note: The ranking rules of query #" + number(query) +
                    " were modified during canonicalization:\n" + notes;
        };
        add_notes(earlier.notes_, there.query);
        add_notes(notes_, here.query);
        return Error{.code = ErrorCode::InvalidMultiSearchQueryRankingRules, .message = std::move(text)};
    }
    return std::nullopt;
}

}  // namespace miroir::protocol

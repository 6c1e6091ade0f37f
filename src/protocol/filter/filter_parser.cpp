// The grammar, from OR down to single conditions. Each level costs one of kMaxDepth, so the recursion is bounded.
#include <algorithm>
#include <utility>

#include "protocol/filter/filter_lexer.h"

namespace miroir::protocol {

namespace filter_grammar {

namespace {

constexpr std::size_t kMaxDepth = 150;

Filter compare(FilterToken field, FilterOp op, std::vector<FilterToken> values = {}) {
    Filter filter;
    filter.field = std::move(field);
    filter.op = op;
    filter.values = std::move(values);
    return filter;
}

Filter negated(Filter inner) {
    Filter filter{.type = Filter::Type::Not};
    filter.children.push_back(std::move(inner));
    return filter;
}

class Parser {
public:
    Parsed<Filter> disjunction(Span& in, std::size_t depth) {
        return joined(in, depth, "OR", Filter::Type::Or, &Parser::conjunction);
    }

private:
    using Level = Parsed<Filter> (Parser::*)(Span&, std::size_t);

    // inner (WORD inner)*: once the word is read, something must follow.
    Parsed<Filter> joined(Span& in, std::size_t depth, std::string_view joint, Filter::Type type, Level inner) {
        if (depth > kMaxDepth) return fault(FaultKind::DepthLimitReached, in);
        Span at = in;
        auto first = (this->*inner)(at, depth + 1);
        if (!first) return first;
        Filter all{.type = type};
        while (true) {
            Span next = at;
            skip_space(next);
            if (!exact_word(next, joint)) break;
            skip_space(next);
            auto more = cut((this->*inner)(next, depth + 1));
            if (!more) return more;
            if (all.children.empty()) all.children.push_back(std::move(*first));
            all.children.push_back(std::move(*more));
            at = next;
        }
        in = at;
        return all.children.empty() ? std::move(first) : Parsed<Filter>(std::move(all));
    }

    Parsed<Filter> conjunction(Span& in, std::size_t depth) {
        return joined(in, depth, "AND", Filter::Type::And, &Parser::negation);
    }

    Parsed<Filter> negation(Span& in, std::size_t depth) {
        if (depth > kMaxDepth) return fault(FaultKind::DepthLimitReached, in);
        Span at = in;
        skip_space(at);
        if (!exact_word(at, "NOT")) return primary(in, depth + 1);
        skip_space(at);
        auto inner = cut(negation(at, depth + 1));
        if (!inner) return inner;
        in = at;
        if (inner->type != Filter::Type::Not) return negated(std::move(*inner));
        Filter twice = std::move(inner->children.front());
        return twice;
    }

    Parsed<Filter> primary(Span& in, std::size_t depth) {
        if (depth > kMaxDepth) return fault(FaultKind::DepthLimitReached, in);
        auto found = any_primary(in, depth);
        if (!found && found.error().is_try()) return fault(FaultKind::InvalidPrimary, in);
        return found;
    }

    static bool decides(const Parsed<Filter>& found) { return found || !found.error().is_try(); }

    Parsed<Filter> any_primary(Span& in, std::size_t depth) {
        if (auto group = parentheses(in, depth); decides(group)) return group;
        if (auto geo = geo_radius(in); decides(geo)) return geo;
        if (auto geo = geo_bounding_box(in); decides(geo)) return geo;
        if (auto geo = geo_polygon(in); decides(geo)) return geo;

        Span at = in;
        auto field = value(at);
        if (!field && !field.error().is_try()) return std::unexpected(field.error());
        if (field) {
            if (auto found = condition(in, at, *field); decides(found)) return found;
        }
        if (auto vectors = vectors_exist(in); decides(vectors)) return vectors;
        if (field) {
            if (auto found = word_condition(in, at, *field); decides(found)) return found;
        }
        if (auto other = foreign(in, depth); decides(other)) return other;
        // A keyword in place of a field has a sentence of its own.
        if (!field && field.error().kind == FaultKind::ExpectedKeyword) {
            return final_fault(FaultKind::ExpectedKeyword, field.error().context);
        }
        return fault(FaultKind::Other, in);
    }

    Parsed<Filter> parentheses(Span& in, std::size_t depth) {
        Span at = in;
        skip_space(at);
        if (auto open = expect_char(at, '('); !open) return std::unexpected(open.error());
        skip_space(at);
        auto inner = cut(disjunction(at, depth + 1));
        if (!inner) return inner;
        skip_space(at);
        if (!expect_char(at, ')')) {
            return std::unexpected(Fault{
                .level = FaultLevel::Final, .kind = FaultKind::MissingClosingDelimiter, .context = in, .letter = ')'});
        }
        skip_space(at);
        in = at;
        return inner;
    }

    // IN, comparisons and IS: what is tried before `_vectors`. `after` stands behind the field.
    Parsed<Filter> condition(Span& in, const Span& after, const FilterToken& field) {
        if (auto list = in_list(in, after, field); decides(list)) return list;
        Span at = after;
        if (exact_word(at, "NOT")) {
            if (auto list = in_list(in, at, field); decides(list)) {
                return list ? Parsed<Filter>(negated(std::move(*list))) : list;
            }
        }
        if (auto comparison = operator_condition(in, after, field); decides(comparison)) return comparison;
        at = after;
        if (!take_tag(at, "IS") || !space1(at)) return fault(FaultKind::Other, after);
        const Span behind_is = at;
        const bool is_not = take_tag(at, "NOT") && space1(at);
        if (!is_not) at = behind_is;
        for (const auto& [tag, op] : {std::pair{"NULL", FilterOp::Null}, std::pair{"EMPTY", FilterOp::Empty}}) {
            if (!take_tag(at, tag)) continue;
            in = at;
            return is_not ? negated(compare(field, op)) : compare(field, op);
        }
        return fault(FaultKind::Other, after);
    }

    Parsed<Filter> operator_condition(Span& in, Span at, const FilterToken& field) {
        static constexpr std::pair<std::string_view, FilterOp> kOperators[] = {
            {"<=", FilterOp::LessOrEqual}, {">=", FilterOp::GreaterOrEqual}, {"!=", FilterOp::NotEqual},
            {"<", FilterOp::Less},         {">", FilterOp::Greater},         {"=", FilterOp::Equal},
        };
        for (const auto& [tag, op] : kOperators) {
            if (!take_tag(at, tag)) continue;
            auto operand = cut(value(at));
            if (!operand) return std::unexpected(operand.error());
            in = at;
            return compare(field, op, {std::move(*operand)});
        }
        return fault(FaultKind::Other, at);
    }

    // EXISTS, TO, CONTAINS, STARTS WITH: what is tried after `_vectors`.
    Parsed<Filter> word_condition(Span& in, const Span& after, const FilterToken& field) {
        Span at = after;
        if (take_tag(at, "EXISTS")) {
            in = at;
            return compare(field, FilterOp::Exists);
        }
        at = after;
        const bool is_not = take_tag(at, "NOT") && space1(at);
        if (is_not && take_tag(at, "EXISTS")) {
            in = at;
            return negated(compare(field, FilterOp::Exists));
        }
        if (auto between = range(in, after, field); decides(between)) return between;
        if (!is_not) at = after;
        for (const auto& [tag, op] :
             {std::pair{std::string_view("CONTAINS"), FilterOp::Contains}, {"STARTS WITH", FilterOp::StartsWith}}) {
            const Span keyword = at.head(std::min(tag.size(), at.text.size()));
            if (!take_tag(at, tag)) continue;
            auto operand = cut(value(at));
            if (!operand) return std::unexpected(operand.error());
            Filter found = compare(field, op, {std::move(*operand)});
            found.keyword = token_of(keyword);
            in = at;
            return is_not ? negated(std::move(found)) : std::move(found);
        }
        return fault(FaultKind::Other, after);
    }

    Parsed<Filter> range(Span& in, Span at, const FilterToken& field) {
        auto from = value(at);
        if (!from) return std::unexpected(from.error());
        if (!take_tag(at, "TO") || !space1(at)) return fault(FaultKind::Other, at);
        auto to = cut(value(at));
        if (!to) return std::unexpected(to.error());
        in = at;
        return compare(field, FilterOp::Between, {std::move(*from), std::move(*to)});
    }

    Parsed<Filter> in_list(Span& in, Span at, const FilterToken& field) {
        skip_space(at);
        if (auto word = exact_word(at, "IN"); !word) return std::unexpected(word.error());
        skip_space(at);
        if (!take_tag(at, "[")) return final_fault(FaultKind::InOpeningBracket, at);
        Filter filter{.type = Filter::Type::In};
        filter.field = field;
        if (auto list = cut(value_list(at, filter.values)); !list) return std::unexpected(list.error());
        Span end = at;
        skip_space(end);
        if (!take_tag(end, "]")) {
            return final_fault(at.empty() ? FaultKind::InClosingBracket : FaultKind::InExpectedValue, at);
        }
        skip_space(end);
        in = end;
        return filter;
    }

    static Parsed<void> value_list(Span& in, std::vector<FilterToken>& out) {
        Span at = in;
        while (true) {
            auto item = value(at);
            if (!item && !item.error().is_try()) return std::unexpected(item.error());
            if (!item) return {};
            out.push_back(std::move(*item));
            in = at;
            skip_space(at);
            if (!take_tag(at, ",")) return {};
            skip_space(at);
            in = at;  // a comma may also end the list
        }
    }

    // `_foreign(field, filter)`: messages about what is inside, and behind, show the text from here on.
    Parsed<Filter> foreign(Span& in, std::size_t depth) {
        Span at = in;
        skip_space(at);
        if (auto name = exact_word(at, "_foreign"); !name) return std::unexpected(name.error());
        origins_.push_back(*at.origin);
        origins_.back().shown = std::make_shared<const std::string>(in.text);
        at.origin = &origins_.back();
        auto found = cut_as(foreign_body(at, depth), FaultKind::Foreign);
        if (!found) return found;
        in = at;
        return found;
    }

    Parsed<Filter> foreign_body(Span& in, std::size_t depth) {
        if (auto open = expect_char(in, '('); !open) return std::unexpected(open.error());
        skip_space(in);
        auto field = value(in);
        if (!field) return std::unexpected(field.error());
        skip_space(in);
        if (!take_tag(in, ",")) return fault(FaultKind::Other, in);
        skip_space(in);
        auto inner = disjunction(in, depth);
        if (!inner) return inner;
        skip_space(in);
        if (auto close = expect_char(in, ')'); !close) return std::unexpected(close.error());
        Filter filter{.type = Filter::Type::Foreign};
        filter.field = std::move(*field);
        filter.children.push_back(std::move(*inner));
        return filter;
    }

    std::deque<Origin> origins_;
};

}  // namespace

}  // namespace filter_grammar

Result<std::optional<Filter>> parse_filter_expression(std::string_view expression, ErrorCode code) {
    using namespace filter_grammar;
    Origin origin{.whole = expression, .shown = std::make_shared<const std::string>(expression)};
    const Span whole{expression, &origin};
    if (is_blank_text(expression)) return std::nullopt;

    Parser parser;
    Span in = whole;
    auto filter = parser.disjunction(in, 0);
    if (filter && in.empty()) return std::move(*filter);
    if (filter) return fail(code, fault_text(Fault{.kind = FaultKind::ExpectedEof, .context = in}));
    Fault failed = filter.error();
    if (failed.level == FaultLevel::Incomplete) failed.context = whole;
    return fail(code, fault_text(failed));
}

}  // namespace miroir::protocol

// The geographic conditions, and `_vectors … EXISTS`: once their first word is read, every fault is final.
#include <algorithm>

#include "protocol/filter/filter_lexer.h"

namespace miroir::protocol::filter_grammar {

namespace {

// element ("," element)*: stops before a comma that no element follows.
template <class T, class Element>
Parsed<std::vector<T>> comma_list(Span& in, Element element) {
    Span at = in;
    std::vector<T> found;
    auto first = element(at);
    if (!first) return std::unexpected(first.error());
    found.push_back(std::move(*first));
    while (true) {
        Span next = at;
        if (!take_tag(next, ",")) break;
        auto more = element(next);
        if (!more && more.error().is_try()) break;
        if (!more) return std::unexpected(more.error());
        found.push_back(std::move(*more));
        at = next;
    }
    in = at;
    return found;
}

Parsed<Span> spaced_float(Span& in) {
    Span at = in;
    skip_space(at);
    auto number = float_word(at);
    if (!number) return number;
    skip_space(at);
    in = at;
    return number;
}

using Numbers = std::vector<Span>;

Parsed<Numbers> number_list(Span& in, char open, char close) {
    Span at = in;
    if (auto found = expect_char(at, open); !found) return std::unexpected(found.error());
    auto numbers = comma_list<Span>(at, spaced_float);
    if (!numbers) return numbers;
    if (auto found = expect_char(at, close); !found) return std::unexpected(found.error());
    in = at;
    return numbers;
}

Parsed<Numbers> spaced_pair(Span& in) {
    Span at = in;
    skip_space(at);
    auto numbers = number_list(at, '[', ']');
    if (!numbers) return numbers;
    skip_space(at);
    in = at;
    return numbers;
}

Parsed<std::vector<Numbers>> pair_list(Span& in, bool trailing_comma) {
    Span at = in;
    if (auto found = expect_char(at, '('); !found) return std::unexpected(found.error());
    auto pairs = comma_list<Numbers>(at, spaced_pair);
    if (!pairs) return pairs;
    if (trailing_comma) {
        Span after = at;
        skip_space(after);
        if (take_tag(after, ",")) {
            skip_space(after);
            at = after;
        }
    }
    if (auto found = expect_char(at, ')'); !found) return std::unexpected(found.error());
    in = at;
    return pairs;
}

Parsed<void> first_word(Span& in, std::string_view name) {
    Span at = in;
    skip_space(at);
    if (auto found = exact_word(at, name); !found) return std::unexpected(found.error());
    in = at;
    return {};
}

std::array<FilterToken, 2> point_of(const Numbers& pair) { return {token_of(pair[0]), token_of(pair[1])}; }

// A list of coordinates that is not a pair.
Parsed<void> refuse_no_pair(const std::vector<Numbers>& pairs) {
    for (const Numbers& pair : pairs) {
        if (pair.size() == 2) continue;
        return std::unexpected(Fault{.level = FaultLevel::Final,
                                     .kind = FaultKind::GeoCoordinatesNotPair,
                                     .context = pair.front(),
                                     .count = pair.size()});
    }
    return {};
}

}  // namespace

Parsed<Filter> geo_radius(Span& in) {
    Span at = in;
    if (auto name = first_word(at, "_geoRadius"); !name) return std::unexpected(name.error());
    auto numbers = cut_as(number_list(at, '(', ')'), FaultKind::GeoRadius);
    if (!numbers) return std::unexpected(numbers.error());
    if (numbers->size() < 3 || numbers->size() > 4) {
        return std::unexpected(Fault{.level = FaultLevel::Final,
                                     .kind = FaultKind::GeoRadiusArgumentCount,
                                     .context = at,
                                     .count = numbers->size()});
    }
    Filter filter{.type = Filter::Type::GeoRadius};
    filter.points.push_back(point_of(*numbers));
    filter.radius = token_of((*numbers)[2]);
    if (numbers->size() == 4) filter.resolution = token_of((*numbers)[3]);
    in = at;
    return filter;
}

Parsed<Filter> geo_bounding_box(Span& in) {
    Span at = in;
    if (auto name = first_word(at, "_geoBoundingBox"); !name) return std::unexpected(name.error());
    auto pairs = cut_as(pair_list(at, false), FaultKind::GeoBoundingBox);
    if (!pairs) return std::unexpected(pairs.error());
    if (pairs->size() != 2) return final_fault(FaultKind::GeoBoundingBox, at);
    if (auto all_pairs = refuse_no_pair(*pairs); !all_pairs) return std::unexpected(all_pairs.error());
    Filter filter{.type = Filter::Type::GeoBoundingBox};
    for (const Numbers& pair : *pairs) filter.points.push_back(point_of(pair));
    in = at;
    return filter;
}

Parsed<Filter> geo_polygon(Span& in) {
    Span at = in;
    if (auto name = first_word(at, "_geoPolygon"); !name) return std::unexpected(name.error());
    auto pairs = cut_as(pair_list(at, true), FaultKind::GeoPolygon);
    if (!pairs) return std::unexpected(pairs.error());
    if (pairs->size() < 3) {
        return std::unexpected(Fault{.level = FaultLevel::Final,
                                     .kind = FaultKind::GeoPolygonNotEnoughPoints,
                                     .context = pairs->back().back(),
                                     .count = pairs->size()});
    }
    if (auto all_pairs = refuse_no_pair(*pairs); !all_pairs) return std::unexpected(all_pairs.error());
    Filter filter{.type = Filter::Type::GeoPolygon};
    for (const Numbers& pair : *pairs) filter.points.push_back(point_of(pair));
    in = at;
    return filter;
}

Parsed<void> refuse_reserved_geo(Span in) {
    Span at = in;
    skip_space(at);
    std::string_view reserved;
    Span word = at;
    if (at.text.starts_with("_geoPoint")) reserved = "_geoPoint";
    else if (at.text.starts_with("_geoDistance")) reserved = "_geoDistance";
    else if (exact_word(word, "_geo")) reserved = "_geo";
    else return {};
    return std::unexpected(
        Fault{.level = FaultLevel::Final, .kind = FaultKind::ReservedGeo, .context = in, .name = reserved});
}

namespace {

Parsed<FilterToken> vector_name(Span& in, FaultKind kind) {
    auto name = vector_value(in);
    if (name) return name;
    const Fault& failed = name.error();
    const bool bad_quotes = failed.level == FaultLevel::Final && failed.kind == FaultKind::Char;
    return final_fault(bad_quotes ? FaultKind::VectorInvalidQuotes : kind, in);
}

// What may follow the embedder's name, and the word for it in a refusal.
Parsed<std::string_view> vector_part(Span& in, Filter& filter) {
    if (take_tag(in, ".fragments")) {
        if (!take_tag(in, ".")) return final_fault(FaultKind::VectorMissingFragment, in);
        auto name = vector_name(in, FaultKind::VectorInvalidFragment);
        if (!name) return std::unexpected(name.error());
        filter.part = VectorPart::Fragment;
        filter.fragment = std::move(*name);
        return "fragments";
    }
    static constexpr std::pair<std::string_view, VectorPart> kParts[] = {
        {".userProvided", VectorPart::UserProvided},
        {".documentTemplate", VectorPart::DocumentTemplate},
        {".regenerate", VectorPart::Regenerate},
    };
    for (const auto& [tag, part] : kParts) {
        if (!take_tag(in, tag)) continue;
        filter.part = part;
        return tag.substr(1);
    }
    return std::string_view{};
}

Parsed<void> refuse_more_parts(Span in, std::string_view before) {
    if (!take_tag(in, ".")) return {};
    Fault failed{.level = FaultLevel::Final, .kind = FaultKind::VectorUnknownSuffix, .name = before};
    Span at = in;
    if (auto word = vector_value(at)) {
        const bool is_quoted = in.text.starts_with('\'') || in.text.starts_with('"');
        if (is_quoted) in.drop(1);
        failed.context = in.head(word->original.size());
        failed.word = word->text;
    } else {
        // The point alone is shown; it stands one byte before.
        failed.context = {std::string_view(in.text.data() - 1, 1), in.origin};
        failed.word = ".";
    }
    return std::unexpected(failed);
}

Parsed<void> vector_path(Span& in, Filter& filter) {
    skip_space(in);
    const Span name = in.head(std::min<std::size_t>(in.text.size(), std::string_view("_vectors").size()));
    if (!take_tag(in, "_vectors")) return fault(FaultKind::Other, in);
    filter.field = token_of(name);
    if (space1(in)) return {};
    if (auto point = expect_char(in, '.'); !point) return point;
    if (in.text.starts_with(' ')) return final_fault(FaultKind::VectorMissingEmbedder, in.head(1));
    auto embedder = vector_name(in, FaultKind::VectorInvalidEmbedder);
    if (!embedder) return std::unexpected(embedder.error());
    filter.embedder = std::move(*embedder);
    auto part = vector_part(in, filter);
    if (!part) return std::unexpected(part.error());
    if (auto end = refuse_more_parts(in, *part); !end) return end;
    return cut_as(space1(in), FaultKind::VectorLeftover);
}

}  // namespace

Parsed<Filter> vectors_exist(Span& in) {
    Span at = in;
    Filter filter{.type = Filter::Type::VectorExists};
    if (auto path = vector_path(at, filter); !path) return std::unexpected(path.error());
    Span negated = at;
    if (take_tag(at, "EXISTS")) {
        in = at;
        return filter;
    }
    if (take_tag(negated, "NOT") && space1(negated) && take_tag(negated, "EXISTS")) {
        in = negated;
        Filter negation{.type = Filter::Type::Not};
        negation.children.push_back(std::move(filter));
        return negation;
    }
    return final_fault(FaultKind::VectorOperation, at);
}

}  // namespace miroir::protocol::filter_grammar

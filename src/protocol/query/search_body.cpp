// A search written as the body that asks for it.
#include <charconv>
#include <ranges>

#include "protocol/query/search_query.h"

namespace miroir::protocol {

namespace {

template <class T>
json::Value as_value(const T& value) {
    if constexpr (std::ranges::range<T> && !std::is_convertible_v<T, std::string>) {
        json::Array items;
        for (const auto& item : value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(item)>, float>) items.emplace_back(double{item});
            else items.emplace_back(item);
        }
        return items;
    } else {
        return value;
    }
}

class Body {
public:
    template <class T>
    void add(std::string_view name, const std::optional<T>& value) {
        if (value) out_.append(std::string(name), as_value(*value));
    }
    template <class T>
    void add(std::string_view name, const T& value, const T& ordinary) {
        if (value != ordinary) out_.append(std::string(name), as_value(value));
    }
    json::Object take() { return std::move(out_); }

private:
    json::Object out_;
};

void add_page(Body& body, const SearchQuery& query, const SearchQuery& ordinary) {
    body.add("q", query.q);
    body.add("offset", query.offset, ordinary.offset);
    body.add("limit", query.limit, ordinary.limit);
    body.add("page", query.page);
    body.add("hitsPerPage", query.hits_per_page);
    body.add("attributesToRetrieve", query.attributes_to_retrieve);
    body.add("attributesToCrop", query.attributes_to_crop);
    body.add("cropLength", query.crop_length, ordinary.crop_length);
    body.add("cropMarker", query.crop_marker, ordinary.crop_marker);
    body.add("attributesToHighlight", query.attributes_to_highlight);
    body.add("highlightPreTag", query.highlight_pre_tag, ordinary.highlight_pre_tag);
    body.add("highlightPostTag", query.highlight_post_tag, ordinary.highlight_post_tag);
    body.add("showMatchesPosition", query.show_matches_position, false);
}

void add_match(Body& body, const SearchQuery& query) {
    body.add("filter", query.filter);
    body.add("sort", query.sort);
    body.add("distinct", query.distinct);
    body.add("facets", query.facets);
    if (query.matching_strategy != MatchingStrategy::Last) {
        body.add("matchingStrategy", std::optional(std::string(matching_strategy_name(query.matching_strategy))));
    }
    body.add("attributesToSearchOn", query.attributes_to_search_on);
    body.add("rankingScoreThreshold", query.ranking_score_threshold);
    body.add("locales", query.locales);
}

// The shortest decimal of a float: 0.1 and not 0.10000000149011612.
double short_decimal(float number) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    double out = number;
    std::from_chars(text, end, out);
    return out;
}

}  // namespace

json::Object to_json(const SearchQuery& query) {
    const SearchQuery ordinary;
    Body body;
    add_page(body, query, ordinary);
    add_match(body, query);
    if (query.hybrid) {
        json::Object hybrid;
        hybrid.set("semanticRatio", short_decimal(query.hybrid->semantic_ratio));
        hybrid.set("embedder", query.hybrid->embedder);
        body.add("hybrid", std::optional(json::Value(std::move(hybrid))));
    }
    if (query.vector) {
        json::Array vector;
        for (const float number : *query.vector) vector.emplace_back(short_decimal(number));
        body.add("vector", std::optional(json::Value(std::move(vector))));
    }
    body.add("retrieveVectors", query.retrieve_vectors, false);
    body.add("media", query.media);
    if (query.personalize_user_context) {
        json::Object personalize;
        personalize.set("userContext", *query.personalize_user_context);
        body.add("personalize", std::optional(json::Value(std::move(personalize))));
    }
    body.add("useNetwork", query.use_network);
    body.add("showRankingScore", query.show_ranking_score, false);
    body.add("showRankingScoreDetails", query.show_ranking_score_details, false);
    body.add("showPerformanceDetails", query.show_performance_details, false);
    return body.take();
}

}  // namespace miroir::protocol

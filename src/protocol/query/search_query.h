// What a search may ask for: every parameter of the engine's search, similar and facet-search routes with its default.
// Plain values, checked for shape while they are parsed; what needs an index (unknown attributes, embedders) is not
// checked here. `filter` is the JSON as sent: see filter/filter.h for its meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

enum class MatchingStrategy : std::uint8_t { Last, All, Frequency };

struct HybridQuery {
    float semantic_ratio = 0.5F;
    std::string embedder;
    bool operator==(const HybridQuery&) const = default;
};

struct SearchQuery {
    std::optional<std::string> q;
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    std::optional<std::uint64_t> page;
    std::optional<std::uint64_t> hits_per_page;
    std::optional<std::set<std::string>> attributes_to_retrieve;
    std::optional<std::vector<std::string>> attributes_to_crop;
    std::uint64_t crop_length = 10;
    std::string crop_marker = "…";
    std::optional<std::set<std::string>> attributes_to_highlight;
    std::string highlight_pre_tag = "<em>";
    std::string highlight_post_tag = "</em>";
    bool show_matches_position = false;
    std::optional<json::Value> filter;
    std::optional<std::vector<std::string>> sort;
    std::optional<std::string> distinct;
    std::optional<std::vector<std::string>> facets;  // names or patterns
    MatchingStrategy matching_strategy = MatchingStrategy::Last;
    std::optional<std::vector<std::string>> attributes_to_search_on;
    std::optional<double> ranking_score_threshold;
    std::optional<std::vector<std::string>> locales;
    std::optional<HybridQuery> hybrid;
    std::optional<std::vector<float>> vector;
    bool retrieve_vectors = false;
    std::optional<json::Value> media;
    std::optional<std::string> personalize_user_context;
    std::optional<bool> use_network;
    bool show_ranking_score = false;
    bool show_ranking_score_details = false;
    bool show_performance_details = false;

    // page or hitsPerPage: totals are exhaustive and the reply speaks of pages.
    bool is_exhaustive() const { return page.has_value() || hits_per_page.has_value(); }
    bool operator==(const SearchQuery&) const = default;
};

struct FacetSearchQuery {
    std::string facet_name;
    std::optional<std::string> facet_query;
    std::optional<bool> exhaustive_facet_count;
    SearchQuery search;  // q, vector, media, hybrid, filter, matching_strategy, attributes_to_search_on,
                         // ranking_score_threshold, locales, use_network; the rest keeps its default
};

struct SimilarQuery {
    json::Value id;  // any JSON; see document_id_of() in documents_query.h
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
    std::optional<json::Value> filter;
    std::string embedder;
    std::optional<std::set<std::string>> attributes_to_retrieve;
    bool retrieve_vectors = false;
    bool show_ranking_score = false;
    bool show_ranking_score_details = false;
    bool show_performance_details = false;
    std::optional<double> ranking_score_threshold;
};

// POST and GET /indexes/{uid}/search. `raw_query` is what follows the question mark.
Result<SearchQuery> parse_search_query(const json::Value& body);
Result<SearchQuery> parse_search_parameters(std::string_view raw_query);
Result<FacetSearchQuery> parse_facet_search_query(const json::Value& body);
Result<SimilarQuery> parse_similar_query(const json::Value& body);
Result<SimilarQuery> parse_similar_parameters(std::string_view raw_query);

// What is refused without looking at an index, but after its existence: useNetwork and personalize without their
// feature, vector or media without hybrid, both together.
struct SearchFeatures {
    bool network = false;
    bool multimodal = false;
    bool personalization = false;  // a key for the re-ranker was given
};
Result<void> check_search_query(const SearchQuery& query, const SearchFeatures& features);
// Media need their feature; the engine asks once the embedder is found.
Result<void> check_media(const SearchQuery& query, const SearchFeatures& features);

// The body that asks for this query: members at their default are left out, the order is the engine's.
json::Object to_json(const SearchQuery& query);

// "a:asc,_geoPoint(1,2):desc" split as the engine splits it.
std::vector<std::string> split_sort_parameter(std::string_view text);

std::string_view matching_strategy_name(MatchingStrategy strategy);

}  // namespace miroir::protocol

// POST /multi-search: queries over several indexes, answered one by one or merged (federation).
#pragma once

#include <map>

#include "protocol/query/search_query.h"

namespace miroir::protocol {

struct FederationOptions {
    double weight = 1.0;
    std::optional<std::string> remote;
    std::optional<std::uint64_t> query_position;
};

struct MultiSearchQuery {
    std::string index_uid;
    SearchQuery search;  // offset and limit hold the defaults when not given
    // Given at all? Federation refuses them in a query.
    std::optional<std::uint64_t> given_offset;
    std::optional<std::uint64_t> given_limit;
    std::optional<bool> given_show_performance_details;
    std::optional<FederationOptions> federation_options;
};

struct Federation {
    std::uint64_t limit = 20;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> page;
    std::optional<std::uint64_t> hits_per_page;
    std::map<std::string, std::optional<std::vector<std::string>>> facets_by_index;
    struct MergeFacets {
        std::optional<std::uint64_t> max_values_per_facet;
    };
    std::optional<MergeFacets> merge_facets;
    std::optional<std::string> distinct;
    bool show_performance_details = false;
    std::optional<std::string> personalize_user_context;

    bool is_exhaustive() const { return page.has_value() || hits_per_page.has_value(); }
};

struct MultiSearch {
    std::vector<MultiSearchQuery> queries;
    std::optional<Federation> federation;
};

Result<MultiSearch> parse_multi_search(const json::Value& body);

// A refusal of one query: the engine says which, "Inside `.queries[1]`: …".
Error inside_query(std::size_t position, Error error);

// What federation refuses in one query (pagination, facets, personalize, performance details, distinct twice,
// remote with useNetwork), and federation options without federation. Not yet told "inside": use inside_query().
Result<void> check_federated_query(const Federation& federation, const MultiSearchQuery& query);
Result<void> check_plain_query(const MultiSearchQuery& query);

}  // namespace miroir::protocol

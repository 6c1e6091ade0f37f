#include "protocol/query/multi_search.h"

#include "json/write.h"
#include "protocol/keys/index_uid.h"
#include "protocol/query/search_fields.h"

namespace miroir::protocol {

namespace {

Result<void> read_index_uid(MultiSearchQuery& query, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, query.index_uid));
    if (!is_index_uid(query.index_uid)) return place.unexpected(invalid_index_uid_text(query.index_uid));
    return {};
}

Result<void> read_weight(FederationOptions& options, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, options.weight));
    if (options.weight < 0.0) {
        return place.unexpected("the value of `weight` is invalid, expected a positive float (>= 0.0).");
    }
    return {};
}

Result<void> read_facets_by_index(Federation& federation, const json::Value& value, const Place& place) {
    if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
    for (const json::Member& member : value.object()) {
        if (!is_index_uid(member.first)) {
            return place.unexpected("the key \"" + member.first +
                                    "\" could not be deserialized into the key type "
                                    "`meilisearch_types::index_uid::IndexUid`");
        }
        MIROIR_CHECK(read(member.second, place.key(member.first), federation.facets_by_index[member.first]));
    }
    return {};
}

FieldTable<MultiSearchQuery> query_table() {
    const auto get = [](MultiSearchQuery& query) -> SearchQuery& { return query.search; };
    auto table = FieldTable<MultiSearchQuery>()
                     .field("indexUid", ErrorCode::InvalidIndexUid, read_index_uid)
                     .required(ErrorCode::MissingIndexUid);
    table = page_rows(std::move(table), get, &MultiSearchQuery::given_offset, &MultiSearchQuery::given_limit)
                .field("filter", ErrorCode::InvalidSearchFilter,
                       reader_of<MultiSearchQuery>(get, &SearchQuery::filter, read_anything))
                .field("sort", ErrorCode::InvalidSearchSort, member_of(get, &SearchQuery::sort));
    table = vector_rows(match_rows(std::move(table), get), get);
    return show_rows(std::move(table), get, &MultiSearchQuery::given_show_performance_details)
        .field("federationOptions", ErrorCode::BadRequest, &MultiSearchQuery::federation_options);
}

}  // namespace

Result<void> read(const json::Value& value, const Place& place, FederationOptions& out) {
    static const auto table =
        FieldTable<FederationOptions>()
            .field("weight", ErrorCode::InvalidMultiSearchWeight, read_weight)
            .field("remote", ErrorCode::InvalidMultiSearchRemote, &FederationOptions::remote)
            .field("queryPosition", ErrorCode::InvalidMultiSearchQueryPosition, &FederationOptions::query_position);
    return table.read(value, place, out);
}

Result<void> read(const json::Value& value, const Place& place, Federation::MergeFacets& out) {
    static const auto table = FieldTable<Federation::MergeFacets>()
                                  .code(ErrorCode::InvalidMultiSearchMergeFacets)
                                  .field("maxValuesPerFacet", ErrorCode::InvalidMultiSearchMaxValuesPerFacet,
                                         &Federation::MergeFacets::max_values_per_facet);
    return table.read(value, place, out);
}

Result<void> read(const json::Value& value, const Place& place, Federation& out) {
    static const auto self = [](Federation& federation) -> Federation& { return federation; };
    static const auto table =
        FieldTable<Federation>()
            .field("limit", ErrorCode::InvalidSearchLimit, &Federation::limit)
            .field("offset", ErrorCode::InvalidSearchOffset, &Federation::offset)
            .field("page", ErrorCode::InvalidSearchPage, &Federation::page)
            .field("hitsPerPage", ErrorCode::InvalidSearchHitsPerPage, &Federation::hits_per_page)
            .field("facetsByIndex", ErrorCode::InvalidMultiSearchFacetsByIndex, read_facets_by_index)
            .field("mergeFacets", ErrorCode::InvalidMultiSearchMergeFacets, &Federation::merge_facets)
            .field("distinct", ErrorCode::InvalidSearchDistinct, &Federation::distinct)
            .field("showPerformanceDetails", ErrorCode::InvalidSearchShowPerformanceDetails,
                   &Federation::show_performance_details)
            .field("personalize", ErrorCode::InvalidSearchPersonalize,
                   reader_of<Federation>(self, &Federation::personalize_user_context, read_personalize));
    return table.read(value, place, out);
}

Result<void> read(const json::Value& value, const Place& place, MultiSearchQuery& out) {
    static const auto table = query_table();
    MIROIR_CHECK(table.read(value, place, out));
    out.search.offset = out.given_offset.value_or(out.search.offset);
    out.search.limit = out.given_limit.value_or(out.search.limit);
    out.search.show_performance_details = out.given_show_performance_details.value_or(false);
    return {};
}

Result<MultiSearch> parse_multi_search(const json::Value& body) {
    static const auto table = FieldTable<MultiSearch>()
                                  .field("queries", ErrorCode::BadRequest, &MultiSearch::queries)
                                  .required()
                                  .field("federation", ErrorCode::BadRequest, &MultiSearch::federation);
    return table.parse(body);
}

Error inside_query(std::size_t position, Error error) {
    error.message = "Inside `.queries[" + std::to_string(position) + "]`: " + error.message;
    return error;
}

namespace {

std::string_view given_page_member(const MultiSearchQuery& query) {
    if (query.given_offset) return "offset";
    if (query.given_limit) return "limit";
    if (query.search.page) return "page";
    return query.search.hits_per_page ? "hitsPerPage" : "";
}

std::string list_text(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) {
        if (!out.empty()) out += ", ";
        json::append_string(out, item);
    }
    return "[" + out + "]";
}

}  // namespace

Result<void> check_federated_query(const Federation& federation, const MultiSearchQuery& query) {
    if (const std::string_view member = given_page_member(query); !member.empty()) {
        return fail(ErrorCode::InvalidMultiSearchQueryPagination,
                    "Using pagination options is not allowed in federated queries.\n - Hint: remove `" +
                        std::string(member) +
                        "` from the query or remove `federation` from the request\n - Hint: pass `federation.limit` "
                        "and `federation.offset` for pagination in federated search");
    }
    if (query.search.facets && !query.search.facets->empty()) {
        return fail(ErrorCode::InvalidMultiSearchQueryFacets,
                    "Using facet options is not allowed in federated queries.\n - Hint: remove `facets` from the query "
                    "or remove `federation` from the request\n - Hint: pass `federation.facetsByIndex." +
                        query.index_uid + ": " + list_text(*query.search.facets) + "` for facets in federated search");
    }
    if (query.search.personalize_user_context) {
        return fail(ErrorCode::InvalidMultiSearchQueryPersonalization,
                    "Using `.personalize` is not allowed in federated queries.\n - Hint: remove `personalize` from the "
                    "query or remove `federation` from the request\n - Hint: pass `federation.personalize` for "
                    "personalization in federated search");
    }
    const bool has_remote = query.federation_options && query.federation_options->remote;
    if (has_remote && query.search.use_network == true) {
        return fail(ErrorCode::InvalidMultiSearchFederationOptions,
                    "Using `.useNetwork` is not allowed as the same time as `.federationOptions.remote`.\n  - Hint: to "
                    "perform an explicit query against a remote, remove `.useNetwork`.\n  - Hint: to automatically "
                    "perform queries against the entire network, remove `.federationOptions.remote`.");
    }
    if (query.given_show_performance_details) {
        return fail(ErrorCode::InvalidMultiSearchQueryShowPerformanceDetails,
                    "Using `.showPerformanceDetails` is not allowed in federated queries.\n - Hint: remove "
                    "`showPerformanceDetails` from the query or remove `federation` from the request");
    }
    if (!query.search.distinct || !federation.distinct) return {};
    return fail(ErrorCode::InvalidMultiSearchDistinct,
                "Using `distinct` options is not allowed in federated queries when it also appears in "
                "`.federation.distinct`.\n - Hint: remove `distinct` from the query or remove `federation` from the "
                "request\n  - Note: `distinct` at the query level is discouraged in federated search.");
}

Result<void> check_plain_query(const MultiSearchQuery& query) {
    if (!query.federation_options) return {};
    return fail(ErrorCode::InvalidMultiSearchFederationOptions,
                "Using `federationOptions` is not allowed in a non-federated search.\n - Hint: remove "
                "`federationOptions` from the query or add `federation` to the request.");
}

}  // namespace miroir::protocol

// Searches of all kinds. A tenant's filter is joined to the request's before anything else looks at it.
#include "node/api/read_context.h"
#include "node/api/routes.h"
#include "protocol/keys/index_uid.h"
#include "protocol/query/multi_search.h"
#include "protocol/query/search_query.h"

namespace miroir::node {

ReadContext read_context(Visit& visit) {
    Desk& desk = visit.desk;
    ReadContext context;
    context.find_index = [&desk](std::string_view uid) -> const Index* {
        const StoredIndex* const stored = desk.world().find(uid);
        return stored == nullptr ? nullptr : &stored->index;
    };
    context.request_uid = desk.draw_request_uid();
    context.draw_query_uid = [&desk] { return desk.draw_request_uid(); };
    context.elapsed_ms = [&desk, begun = visit.begun] {
        const auto spent = desk.env().clock.now() - begun;
        return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(spent).count());
    };
    const std::string_view metadata = visit.in.headers.get("meili-include-metadata");
    context.include_metadata = metadata == "true" || metadata == "1";
    context.proxy = visit.in.headers.get("meili-proxy-search") == "true";
    context.contains_filter = desk.feature("containsFilter");
    context.network = desk.feature("network");
    context.multimodal = desk.feature("multimodal");
    context.foreign_keys = desk.feature("foreignKeys");
    context.rules.now = desk.env().clock.wall();
    if (desk.feature("dynamicSearchRules")) context.rules.rules = &desk.world().shelf("rules");
    return context;
}

namespace {

void join(std::optional<json::Value>& filter, json::Value forced) {
    if (forced.is_null()) return;
    filter = protocol::join_filters(filter.value_or(json::Value()), std::move(forced));
}

Result<http::Reply> run_search(Visit& visit, protocol::SearchQuery query) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    join(query.filter, visit.grant.forced_filter(visit.index_uid()));
    MIROIR_CHECK(protocol::check_search_query(query, visit.desk.search_features()));
    MIROIR_TRY(const json::Value reply, search(visit.index_uid(), query, read_context(visit)));
    return ok(reply);
}

Result<http::Reply> post_search(Visit& visit) {
    MIROIR_TRY(protocol::SearchQuery query, protocol::parse_search_query(visit.body));
    return run_search(visit, std::move(query));
}

Result<http::Reply> get_search(Visit& visit) {
    MIROIR_TRY(protocol::SearchQuery query, protocol::parse_search_parameters(visit.in.raw_query));
    return run_search(visit, std::move(query));
}

Result<http::Reply> post_facet_search(Visit& visit) {
    MIROIR_TRY(protocol::FacetSearchQuery query, protocol::parse_facet_search_query(visit.body));
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    join(query.search.filter, visit.grant.forced_filter(visit.index_uid()));
    MIROIR_TRY(const json::Value reply, facet_search(visit.index_uid(), query, read_context(visit)));
    return ok(reply);
}

Result<http::Reply> run_similar(Visit& visit, protocol::SimilarQuery query) {
    MIROIR_CHECK(protocol::check_index_uid(visit.index_uid()));
    join(query.filter, visit.grant.forced_filter(visit.index_uid()));
    MIROIR_TRY(const json::Value reply, similar(visit.index_uid(), query, read_context(visit)));
    return ok(reply);
}

Result<http::Reply> post_similar(Visit& visit) {
    MIROIR_TRY(protocol::SimilarQuery query, protocol::parse_similar_query(visit.body));
    return run_similar(visit, std::move(query));
}

Result<http::Reply> get_similar(Visit& visit) {
    MIROIR_TRY(protocol::SimilarQuery query, protocol::parse_similar_parameters(visit.in.raw_query));
    return run_similar(visit, std::move(query));
}

Result<http::Reply> post_multi_search(Visit& visit) {
    MIROIR_TRY(protocol::MultiSearch request, protocol::parse_multi_search(visit.body));
    for (std::size_t i = 0; i < request.queries.size(); ++i) {
        protocol::MultiSearchQuery& query = request.queries[i];
        if (!visit.grant.allows(query.index_uid)) {
            Error refusal{.code = ErrorCode::InvalidApiKey, .message = "The provided API key is invalid."};
            return fail(protocol::inside_query(i, std::move(refusal)));
        }
        join(query.search.filter, visit.grant.forced_filter(query.index_uid));
    }
    MIROIR_TRY(const json::Value reply, multi_search(request, read_context(visit)));
    return ok(reply);
}

constexpr Route kRoutes[] = {
    {"POST", "/indexes/{index_uid}/search", "search", BodyKind::Json, post_search},
    {"GET", "/indexes/{index_uid}/search", "search", BodyKind::None, get_search},
    {"POST", "/indexes/{index_uid}/facet-search", "search", BodyKind::Json, post_facet_search},
    {"POST", "/indexes/{index_uid}/similar", "search", BodyKind::Json, post_similar},
    {"GET", "/indexes/{index_uid}/similar", "search", BodyKind::None, get_similar},
    {"POST", "/multi-search", "search", BodyKind::Json, post_multi_search},
};

}  // namespace

std::span<const Route> search_routes() { return kRoutes; }

}  // namespace miroir::node

// One search from its query to merged hits: planned over a cover, scattered, gathered, merged. Searches, multi-search,
// federation and similar documents all go through here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/read/cover_round.h"
#include "api/read/doubts.h"
#include "api/read/search_leg.h"
#include "api/routes.h"
#include "merge/search_reply.h"
#include "plan/search_plan.h"

namespace miroir::api {

struct SearchWish {
    plan::IndexPtr index;
    protocol::SearchQuery query;  // checked, with the tenant's filter
    http::Call call;
    plan::PlanOptions options{};
    std::optional<std::uint64_t> pin{};  // the seed that a session keeps
    Trail* trail = nullptr;
};

struct SearchOutcome {
    plan::SearchPlan plan;
    std::vector<merge::NodeAnswer> answers;    // the merged hits point into these
    std::vector<merge::NodeAnswer> documents;  // of the page, where keys came first
    merge::MergedHits merged;
    std::vector<ShardId> missing;
    bool mixed = false;                                     // of two versions of the settings, perhaps
    std::optional<http::Reply> refusal;                     // the query's own fault; nothing else is filled then
    std::size_t counted_from = 0;                           // the first of them whose facets count
    std::optional<std::vector<merge::NodeAnswer>> counted;  // whose facets count, when not those of `answers`
    std::optional<protocol::SearchQuery> counted_asked{};   // what gave these
    std::optional<std::vector<std::string>> candidates;  // stamps of the documents that count, when they were asked for
    Doubts doubts;
    std::string shown;                                      // the page's hits as the client sees them, unless apart
    std::optional<std::vector<merge::MergedFacet>> facets;  // once they are known
};

// Joins the tenant's filter and checks the query as the engine does before it searches.
Result<void> prepare(const Visit& visit, const plan::IndexEntry& index, protocol::SearchQuery& query);

env::Task<Result<SearchOutcome>> run_search(Desk& desk, SearchWish wish);

std::span<const merge::NodeAnswer> counted_answers(const SearchOutcome& outcome);
std::vector<merge::MergedFacet> facets_of_outcome(const SearchOutcome& outcome);

// The reply as JSON, and the headers that go with it.
std::string search_body(const Visit& visit, const SearchOutcome& outcome);
void add_search_headers(http::Reply& reply, const SearchOutcome& outcome, Doubts further = {});

bool wants_metadata(const Visit& visit);
json::Object metadata_of(const Visit& visit, const plan::IndexEntry& index, const std::optional<std::string>& q);
std::uint64_t elapsed_ms(const Visit& visit);
std::string draw_uuid_v7(Desk& desk);
// A node's refusal as an error, to be told from within something else.
Error error_of(const http::Reply& refusal);

// A search carried out, hit by hit: who gave it, and what put it before the next one.
env::Task<Result<json::Object>> executed(Desk& desk, SearchWish wish);

// The routes beside /search; see the files of the same name.
env::Task<Result<http::Reply>> facet_search(Visit visit);
env::Task<Result<http::Reply>> post_similar(Visit visit);
env::Task<Result<http::Reply>> get_similar(Visit visit);
env::Task<Result<http::Reply>> multi_search(Visit visit);

}  // namespace miroir::api

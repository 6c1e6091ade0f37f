// What the embedded node answers to reading requests, from a parsed request to the JSON of the reply. Pure: time and
// chance come from the caller, the indexes are only read. Errors carry the code and text a client sees.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"
#include "node/index/index.h"
#include "node/retrieve/pins.h"

namespace miroir::protocol {
struct SearchQuery;
struct MultiSearch;
struct FacetSearchQuery;
struct SimilarQuery;
struct DocumentsQuery;
struct DocumentQuery;
}  // namespace miroir::protocol

namespace miroir::node {

// What a reading request may use besides the index: switches of the node, and the caller's clock and chance.
struct ReadContext {
    std::function<const Index*(std::string_view uid)> find_index;  // nullptr: there is none
    std::string request_uid;                                       // a UUIDv7, one per client request
    std::function<std::string()> draw_query_uid;                   // a new UUIDv7, used for `metadata` only
    std::function<std::uint64_t()> elapsed_ms = [] { return std::uint64_t{0}; };
    bool include_metadata = false;  // header Meili-Include-Metadata
    bool proxy = false;             // header Meili-Proxy-Search
    bool contains_filter = false;   // experimental features
    bool network = false;
    bool multimodal = false;
    bool foreign_keys = false;
    RuleContext rules;
};

// POST /indexes/{uid}/search. A missing index is 404.
Result<json::Value> search(std::string_view uid, const protocol::SearchQuery& query, const ReadContext& context);
// POST /multi-search in both forms. A missing index is 400.
Result<json::Value> multi_search(const protocol::MultiSearch& request, const ReadContext& context);
Result<json::Value> facet_search(std::string_view uid, const protocol::FacetSearchQuery& query,
                                 const ReadContext& context);
Result<json::Value> similar(std::string_view uid, const protocol::SimilarQuery& query, const ReadContext& context);

// GET /indexes/{uid}/documents and POST …/documents/fetch; with `proxy` each document carries its sort values.
Result<json::Value> list_documents(std::string_view uid, const protocol::DocumentsQuery& query,
                                   const ReadContext& context);
// GET /indexes/{uid}/documents/{id}
Result<json::Value> get_document(std::string_view uid, std::string_view id, const protocol::DocumentQuery& query,
                                 const ReadContext& context);
// The documents that a write with a filter is about (delete, edit); refusals are those of the task.
Result<DocIds> documents_matching(const Index& index, const json::Value& filter, const ReadContext& context);

}  // namespace miroir::node

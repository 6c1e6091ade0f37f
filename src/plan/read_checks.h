// What an index's settings do not allow a read to ask, found on the client's own settings before any node is asked, in
// the engine's words: a node would refuse on derived settings, and tell of fields that clients never see.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/catalog.h"
#include "protocol/filter/filter.h"
#include "protocol/query/search_query.h"

namespace miroir::plan {

// "Index `uid`: …", as the engine opens what it finds while searching.
Error told_with_index(const IndexEntry& index, Error error);

// The filter parses, its features are on, and its attributes are filterable.
Result<void> check_filter(const IndexEntry& index, const std::optional<json::Value>& filter,
                          const protocol::FilterGates& gates, ErrorCode code, bool tell_index);

// The same in its two parts: what the text alone tells, and what the settings allow.
Result<void> check_filter_text(const std::optional<json::Value>& filter, const protocol::FilterGates& gates,
                               ErrorCode code);
Result<void> check_filter_fields(const IndexEntry& index, const std::optional<json::Value>& filter, ErrorCode code,
                                 bool tell_index);

// Words, vectors or both: what is asked for fits together and the embedder exists.
Result<void> check_kind(const IndexEntry& index, const protocol::SearchQuery& query);

Result<void> check_facets(const IndexEntry& index, const std::vector<std::string>& patterns);
Result<void> check_distinct(const IndexEntry& index, const std::string& field);
Result<void> check_facet_search(const IndexEntry& index, const std::string& field);

// Syntax first, permission second.
Result<void> check_sort_in_search(const IndexEntry& index, const std::vector<std::string>& sort);
Result<void> check_sort_syntax(const std::vector<std::string>& sort, ErrorCode code);
Result<void> check_sort_in_documents(const IndexEntry& index, const std::vector<std::string>& sort);

// All of a search, in the engine's order.
Result<void> check_search(const IndexEntry& index, const protocol::SearchQuery& query,
                          const protocol::FilterGates& gates);

}  // namespace miroir::plan

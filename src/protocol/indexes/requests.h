// What the index routes are told, read and refused as the engine does.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

struct IndexCreation {
    std::string uid;
    std::optional<std::string> primary_key;
};
Result<IndexCreation> parse_index_creation(const json::Value& body);

struct IndexChange {
    std::optional<std::string> primary_key;
    std::optional<std::string> uid;  // rename
};
Result<IndexChange> parse_index_change(const json::Value& body);

struct IndexSwap {
    std::array<std::string, 2> indexes;
    bool rename = false;
};
// `allowed`: may the caller touch this index?
Result<std::vector<IndexSwap>> parse_index_swaps(const json::Value& body,
                                                 const std::function<bool(std::string_view)>& allowed);

// {"results", "offset", "limit", "total"}: a page of all that there is. Only `offset` and `limit` are known parameters.
struct Window {
    std::uint64_t offset = 0;
    std::uint64_t limit = 20;
};
Result<Window> parse_window(std::string_view raw_query, ErrorCode offset_code, ErrorCode limit_code);
json::Value paged(std::vector<json::Value> all, Window window);

}  // namespace miroir::protocol

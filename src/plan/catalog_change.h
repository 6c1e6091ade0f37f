// What a task will do to the catalog once it succeeds: data, so that it can be kept beside the task and applied in the
// same commit that ends it, whatever happens in between.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "plan/catalog.h"

namespace miroir::plan {

struct CatalogChange {
    enum class Kind : std::uint8_t { Create, Delete, SetPrimaryKey, SetSettings, Swap, Touch, SetNodes };
    Kind kind = Kind::Touch;
    IndexUid uid;
    IndexUid other;                                   // Swap
    std::optional<std::string> primary_key;           // Create, SetPrimaryKey
    std::uint32_t shards = 0;                         // Create
    json::Value settings{};                           // SetSettings, in stored form
    std::map<NodeId, std::uint64_t> node_versions{};  // SetNodes
    std::string settings_print{};                     // SetNodes
    bool rename = false;                              // Swap: `uid` becomes `other`, which must not exist
};

json::Value to_json(const CatalogChange& change);
Result<CatalogChange> catalog_change_of(const json::Value& stored);

// The next catalog. Changes that no longer fit (the index is gone) change nothing.
Catalog apply(const Catalog& catalog, const CatalogChange& change, std::int64_t now_ns);

json::Value to_json(const IndexEntry& entry);  // everything, secrets in clear: for the store
Result<IndexEntry> index_entry_of(const json::Value& stored);

}  // namespace miroir::plan

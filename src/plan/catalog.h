// What Miroir knows of its indexes: one immutable snapshot, like the topology. The settings are the client's, in the
// engine's normal form; what the nodes are given is derived from them (node_settings.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "protocol/settings/settings.h"

namespace miroir::plan {

struct IndexEntry {
    IndexUid uid;
    std::uint32_t shards = 64;  // S, fixed when the index was made
    std::optional<std::string> primary_key;
    std::int64_t created_at_ns = 0;  // wall time
    std::int64_t updated_at_ns = 0;
    std::uint64_t settings_version = 0;  // grows with each committed change
    std::uint64_t epoch = 0;             // grows with each write or settings change
    protocol::Settings settings;
};

using IndexPtr = std::shared_ptr<const IndexEntry>;

struct Catalog {
    std::map<IndexUid, IndexPtr> indexes;

    IndexPtr find(const IndexUid& uid) const {
        const auto found = indexes.find(uid);
        return found == indexes.end() ? nullptr : found->second;
    }
};
using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace miroir::plan

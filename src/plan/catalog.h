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
    // Nodes whose settings are not, or not surely, those of settings_version: the version that they have, or one of
    // the marks below. All others have it.
    std::map<NodeId, std::uint64_t> node_versions{};
    std::string settings_print{};     // what nodes with it show, where that is not as expected (settings_print.h)
    std::uint64_t settings_turn = 0;  // grows with each change of who may answer; starts anew with the process

    static constexpr std::uint64_t kChanging = 0;          // between two versions
    static constexpr std::uint64_t kDrifted = UINT64_MAX;  // changed behind our back
    std::uint64_t version_on(const NodeId& node) const {
        const auto found = node_versions.find(node);
        return found == node_versions.end() ? settings_version : found->second;
    }
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

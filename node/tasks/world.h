// Everything a node holds: its indexes, its tasks, and the small things that are changed at once (keys, switches,
// webhooks …) as JSON by shelf and name. In memory; node/tasks/ledger.h makes it last.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "json/value.h"
#include "node/index/index.h"
#include "node/tasks/queue.h"
#include "protocol/tasks/dates.h"

namespace miroir::node {

struct StoredIndex {
    Index index;
    protocol::Instant created_at{};
    protocol::Instant updated_at{};
};

using Shelf = std::map<std::string, json::Value, std::less<>>;

struct World {
    std::map<std::string, StoredIndex, std::less<>> indexes;
    std::map<std::string, Shelf, std::less<>> shelves;
    TaskQueue queue;
    std::optional<protocol::Instant> last_update;  // of any index

    StoredIndex* find(std::string_view uid);
    const StoredIndex* find(std::string_view uid) const;
    StoredIndex& create(const std::string& uid, protocol::Instant now);
    const Shelf& shelf(std::string_view name) const;                             // an empty one when there is none
    void put(std::string_view shelf, std::string_view name, json::Value value);  // null removes
    void touch(StoredIndex& stored, protocol::Instant now);
};

Error no_such_index(std::string_view uid);

}  // namespace miroir::node

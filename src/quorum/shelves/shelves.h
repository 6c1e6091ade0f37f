// What clients keep here by name besides indexes and tasks: keys, switches of experimental features, webhooks, the
// network they describe, chat workspaces. One immutable snapshot, published to all executors like the catalog.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/lane.h"
#include "json/value.h"
#include "protocol/features.h"
#include "protocol/keys/authorise.h"
#include "tasks/store.h"

namespace miroir::quorum {

using Shelf = std::map<std::string, json::Value, std::less<>>;

struct Shelves {
    std::uint64_t version = 0;  // of this process: grows with each change
    std::map<std::string, Shelf, std::less<>> by_name;
    protocol::KeyRing ring;  // what stands on the shelf "keys", ready for use

    const Shelf& shelf(std::string_view name) const;
    bool feature(protocol::Feature feature) const;  // as the client has set it
};
using ShelvesPtr = std::shared_ptr<const Shelves>;

struct ShelfPut {
    std::string shelf;
    std::string name;
    json::Value value{};  // null: taken off
};

class ShelfBook {
public:
    using Publish = std::function<void(ShelvesPtr)>;

    static env::Task<Result<std::unique_ptr<ShelfBook>>> open(env::Executor& executor, tasks::Store& store,
                                                              std::optional<std::string> master_key, Publish publish);

    const ShelvesPtr& current() const { return current_; }
    // Durable and published when it returns. False, and nothing is done, when `version` is no longer the current one.
    env::Task<Result<bool>> put(std::uint64_t version, std::vector<ShelfPut> puts);

private:
    ShelfBook(env::Executor& executor, tasks::Store& store, Publish publish)
        : store_(store), publish_(std::move(publish)), lane_(executor) {}

    tasks::Store& store_;
    Publish publish_;
    env::Lane lane_;
    ShelvesPtr current_ = std::make_shared<const Shelves>();
};

}  // namespace miroir::quorum

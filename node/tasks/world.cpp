#include "node/tasks/world.h"

namespace miroir::node {

StoredIndex* World::find(std::string_view uid) {
    const auto found = indexes.find(uid);
    return found == indexes.end() ? nullptr : &found->second;
}

const StoredIndex* World::find(std::string_view uid) const {
    const auto found = indexes.find(uid);
    return found == indexes.end() ? nullptr : &found->second;
}

StoredIndex& World::create(const std::string& uid, protocol::Instant now) {
    StoredIndex& stored = indexes[uid];
    stored.created_at = now;
    touch(stored, now);
    return stored;
}

const Shelf& World::shelf(std::string_view name) const {
    static const Shelf kEmpty;
    const auto found = shelves.find(name);
    return found == shelves.end() ? kEmpty : found->second;
}

void World::put(std::string_view shelf, std::string_view name, json::Value value) {
    Shelf& place = shelves[std::string(shelf)];
    if (value.is_null()) {
        if (const auto found = place.find(name); found != place.end()) place.erase(found);
    } else {
        place.insert_or_assign(std::string(name), std::move(value));
    }
}

void World::touch(StoredIndex& stored, protocol::Instant now) {
    stored.updated_at = now;
    last_update = now;
}

Error no_such_index(std::string_view uid) {
    return {.code = ErrorCode::IndexNotFound, .message = "Index `" + std::string(uid) + "` not found."};
}

}  // namespace miroir::node

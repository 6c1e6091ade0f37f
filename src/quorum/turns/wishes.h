// What clients ask for and what waits for its turn, before it is known what that means for the nodes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "json/value.h"
#include "protocol/documents/payload.h"
#include "protocol/settings/settings.h"
#include "protocol/tasks/task.h"
#include "quorum/shelves/shelves.h"

namespace miroir::quorum {

struct Documents {
    std::shared_ptr<const std::string> bytes;  // what the payload points into
    protocol::Payload payload;
    std::optional<std::string> primary_key;  // as asked for
    bool update = false;
    bool skip_creation = false;
    bool may_create = true;  // the caller may bring the index into being
    std::optional<std::string> custom_metadata;
};

struct SettingsWish {
    protocol::SettingsPatch patch;
    bool is_reset = false;  // DELETE: of an index that is there
    bool may_create = false;
};

// What an index is told by PATCH /indexes/{uid}.
struct IndexWish {
    std::optional<std::string> primary_key;
    std::optional<IndexUid> name;
};

struct EditWish {
    json::Value body;      // as sent: function, context, filter
    std::string function;  // as the nodes run it
    json::Value details;   // of the task
    std::optional<std::string> custom_metadata;
};

struct RuleChange {
    std::uint64_t version = 0;  // of the shelves it was decided by
    std::vector<ShelfPut> puts;
    protocol::Task task;
    std::string method;
    std::optional<std::string> rule;  // its name; none: all of them
    std::optional<json::Value> body;
};

}  // namespace miroir::quorum

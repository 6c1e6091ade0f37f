// What a key may be allowed to do: the names of actions, what a name with a star stands for, and which of them make
// no sense for a key that is limited to some indexes.
#pragma once

#include <span>
#include <string_view>

namespace miroir::protocol {

std::span<const std::string_view> action_names();  // in the order in which the engine lists them
// What no name but `*` covers: editing documents by function.
inline constexpr std::string_view kEditDocuments = "documents.edit";

// Does the granted name (perhaps with a star) cover the action that a route asks for?
bool action_covers(std::string_view granted, std::string_view asked);
// No key limited to indexes may be created with it.
bool is_global_action(std::string_view action);
// Routes with this action look at the allowed indexes themselves, so a limited key may enter without naming one.
bool is_checked_by_route(std::string_view action);

}  // namespace miroir::protocol

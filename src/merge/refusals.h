// What the nodes of a cover refuse, as one node would: each knows only the fields of its own documents.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace miroir::merge {

// The body of a refusal of `attributesToSearchOn`, with the fields of all nodes that may be told; nothing when it is
// about something else. `displayed`: the client's settings; nodes display everything.
std::optional<std::string> joined_search_on_refusal(std::span<const std::string> bodies,
                                                    const std::optional<std::vector<std::string>>& displayed);

// Is it an error as the engine tells them? Whatever else a node says with such a status is a failure of the node.
bool is_error(std::string_view body);

}  // namespace miroir::merge

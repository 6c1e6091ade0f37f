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

}  // namespace miroir::merge

// What the nodes run when a client edits documents by a function: his text, and around it what keeps the members that
// are ours out of its reach. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace miroir::plan {

// The function as the nodes get it; nothing when it could reach our members all the same: it names them, is made up
// while it runs, or may end early and reaches members by computed names.
std::optional<std::string> guarded_function(std::string_view function);

// The place in the first line, "(line 1, position 90)", as it is in the client's own text.
std::string told_of_function(std::string message, std::string_view function);

}  // namespace miroir::plan

// What an error code means to the person who meets it, and the page that lists them all (docs/errors.md).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace miroir {

struct ErrorHelp {
    std::string_view explanation;
    std::string_view way_out;
};

// For our own codes (miroir_*); nullptr for the engine's, which its own documentation explains.
const ErrorHelp* error_help(ErrorCode code);

// The whole page in Markdown: our codes with explanation and way out, then the engine's as a table.
std::string error_reference();

}  // namespace miroir

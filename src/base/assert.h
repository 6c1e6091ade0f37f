// MIROIR_ASSERT: our own mistakes. On in production; ends the process with the place and the reason.
#pragma once

#include <string_view>

namespace miroir {
[[noreturn]] void assertion_failed(std::string_view condition, std::string_view file, int line);
}

#define MIROIR_ASSERT(condition) \
    (static_cast<bool>(condition) ? void(0) : ::miroir::assertion_failed(#condition, __FILE__, __LINE__))

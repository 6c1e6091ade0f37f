// The version of this program, in one place.
#pragma once

#include <string_view>

namespace miroir::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace miroir::app

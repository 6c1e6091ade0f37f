// When something may happen, as operators write it: windows of the day in UTC ("22:00-04:00, 12:00-13:00", past
// midnight too), and how often ("every 6h"). Pure.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace miroir::cluster {

struct Window {
    std::chrono::minutes from{0};  // of the day
    std::chrono::minutes to{0};
    bool operator==(const Window&) const = default;
};

Result<std::vector<Window>> parse_windows(std::string_view text);
// No windows: always. `wall` counts from 1970.
bool is_open(const std::vector<Window>& windows, std::chrono::nanoseconds wall);

Result<std::chrono::seconds> parse_schedule(std::string_view text);

}  // namespace miroir::cluster

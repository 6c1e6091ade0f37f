// Dates and durations as the engine writes and reads them. All times are UTC with nanoseconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace miroir::protocol {

using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;

std::string rfc3339(Instant instant);                     // 2026-01-02T03:04:05.123456789Z, zeros at the end left out
std::string iso_duration(std::chrono::nanoseconds span);  // PT0.123456789S

std::optional<Instant> parse_rfc3339(std::string_view text);
std::optional<Instant> parse_date(std::string_view text);                     // YYYY-MM-DD
std::optional<Instant> parse_date_time(std::string_view text, char between);  // YYYY-MM-DDxHH:MM:SS, taken as UTC

}  // namespace miroir::protocol

#include "cluster/schedule.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace miroir::cluster {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kDay{24 * 60};
constexpr std::size_t kMostWindows = 64;
constexpr seconds kRarest{366 * 86'400};

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

bool read_number(std::string_view text, std::uint32_t& out) {
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), out);
    return trouble == std::errc() && end == text.data() + text.size();
}

// "04:30"; "24:00" ends a day.
std::optional<minutes> time_of_day(std::string_view text) {
    std::uint32_t hours = 0;
    std::uint32_t rest = 0;
    if (text.size() != 5 || text[2] != ':' || !read_number(text.substr(0, 2), hours) ||
        !read_number(text.substr(3), rest) || rest > 59)
        return std::nullopt;
    const minutes out = std::chrono::hours(hours) + minutes(rest);
    return out > kDay ? std::nullopt : std::optional(out);
}

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::MiroirConfigInvalid, std::move(message)); }

}  // namespace

Result<std::vector<Window>> parse_windows(std::string_view text) {
    std::vector<Window> out;
    text = trimmed(text);
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view one = trimmed(text.substr(0, comma));
        text = trimmed(text.substr(std::min(comma + 1, text.size())));
        if (one.ends_with(" UTC")) one = trimmed(one.substr(0, one.size() - 4));
        const std::size_t dash = one.find('-');
        const auto from = dash == std::string_view::npos ? std::nullopt : time_of_day(trimmed(one.substr(0, dash)));
        const auto to = dash == std::string_view::npos ? std::nullopt : time_of_day(trimmed(one.substr(dash + 1)));
        if (!from || !to || *from == *to || out.size() == kMostWindows)
            return wrong("allowed: windows of the day in UTC as `HH:MM-HH:MM`, parted by commas");
        out.push_back({.from = *from, .to = *to});
    }
    return out;
}

bool is_open(const std::vector<Window>& windows, std::chrono::nanoseconds wall) {
    if (windows.empty()) return true;
    const minutes now = std::chrono::floor<minutes>(wall) % kDay;
    return std::ranges::any_of(windows, [now](const Window& window) {
        if (window.from < window.to) return window.from <= now && now < window.to;
        return window.from <= now || now < window.to;
    });
}

Result<seconds> parse_schedule(std::string_view text) {
    constexpr std::string_view kEvery = "every ";
    const auto refused = [] { return wrong("allowed: `every` and a number of s, m, h or d, as in `every 6h`"); };
    if (!text.starts_with(kEvery)) return refused();
    std::string_view rest = trimmed(text.substr(kEvery.size()));
    if (rest.size() < 2) return refused();
    std::uint32_t number = 0;
    if (!read_number(rest.substr(0, rest.size() - 1), number) || number == 0) return refused();
    seconds unit{0};
    switch (rest.back()) {
        case 's': unit = seconds(1); break;
        case 'm': unit = minutes(1); break;
        case 'h': unit = std::chrono::hours(1); break;
        case 'd': unit = kDay; break;
        default: return refused();
    }
    const seconds out = number * unit;
    if (out > kRarest) return refused();
    return out;
}

}  // namespace miroir::cluster

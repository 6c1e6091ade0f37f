#include "protocol/tasks/dates.h"

#include <cstdio>

namespace miroir::protocol {
namespace {

using std::chrono::nanoseconds;

std::string fraction_of(std::int64_t nanos) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%09lld", static_cast<long long>(nanos));
    std::string text = digits;
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

// Reads fixed-width numbers and literal characters from the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool number(std::size_t digits, int& out) {
        if (rest_.size() < digits) return false;
        out = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return false;
            out = out * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return true;
    }
    bool literal(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool any_of(std::string_view choices, char& out) {
        if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return false;
        out = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }
    // Digits after a point; more than nine are read and dropped.
    bool fraction(std::int64_t& nanos) {
        std::size_t count = 0;
        nanos = 0;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            if (count < 9) nanos = nanos * 10 + (rest_.front() - '0');
            ++count;
            rest_.remove_prefix(1);
        }
        for (std::size_t i = count; i < 9; ++i) nanos *= 10;
        return count > 0;
    }
    bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<Instant> read_day(Scanner& in) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (!in.number(4, year) || !in.literal('-') || !in.number(2, month) || !in.literal('-') || !in.number(2, day)) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return Instant(std::chrono::sys_days(date));
}

bool read_clock(Scanner& in, nanoseconds& out) {
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!in.number(2, hours) || !in.literal(':') || !in.number(2, minutes) || !in.literal(':') ||
        !in.number(2, seconds) || hours > 23 || minutes > 59 || seconds > 59) {
        return false;
    }
    out = std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
    return true;
}

}  // namespace

std::string rfc3339(Instant instant) {
    const auto days = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(instant - days);
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    std::string out = text;
    if (const std::int64_t nanos = clock.subseconds().count(); nanos != 0) out += "." + fraction_of(nanos);
    return out + "Z";
}

std::string iso_duration(nanoseconds span) {
    if (span < nanoseconds(0)) span = nanoseconds(0);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(span);
    std::string out = "PT" + std::to_string(seconds.count());
    if (const auto rest = span - seconds; rest.count() != 0) {
        std::string digits = fraction_of(rest.count());
        digits.resize((digits.size() + 2) / 3 * 3, '0');
        out += "." + digits;
    }
    return out + "S";
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    Scanner in(text);
    auto day = read_day(in);
    char between = 0;
    nanoseconds clock{};
    if (!day || !in.any_of("Tt ", between) || !read_clock(in, clock)) return std::nullopt;
    Instant out = *day + clock;
    if (in.literal('.')) {
        std::int64_t nanos = 0;
        if (!in.fraction(nanos)) return std::nullopt;
        out += nanoseconds(nanos);
    }
    char zone = 0;
    if (!in.any_of("Zz+-", zone)) return std::nullopt;
    if (zone == '+' || zone == '-') {
        int hours = 0;
        int minutes = 0;
        if (!in.number(2, hours) || !in.literal(':') || !in.number(2, minutes) || hours > 23 || minutes > 59) {
            return std::nullopt;
        }
        const nanoseconds offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
        out = zone == '+' ? out - offset : out + offset;
    }
    return in.done() ? std::optional(out) : std::nullopt;
}

std::optional<Instant> parse_date(std::string_view text) {
    Scanner in(text);
    auto day = read_day(in);
    return day && in.done() ? day : std::nullopt;
}

std::optional<Instant> parse_date_time(std::string_view text, char between) {
    Scanner in(text);
    auto day = read_day(in);
    nanoseconds clock{};
    if (!day || !in.literal(between) || !read_clock(in, clock) || !in.done()) return std::nullopt;
    return *day + clock;
}

}  // namespace miroir::protocol

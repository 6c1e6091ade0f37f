#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

namespace miroir::cli {
namespace {

constexpr std::size_t kWidth = 20;

std::string padded(std::int64_t number) {
    std::string out = std::to_string(number);
    return out.size() < 2 ? "0" + out : out;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string out = std::to_string(number);
    for (std::size_t at = out.size(); at > 3;) {
        at -= 3;
        out.insert(at, ",");
    }
    return out;
}

std::string clock_text(std::chrono::seconds seconds) {
    const std::int64_t all = seconds.count();
    const std::int64_t hours = all / 3600;
    const std::string rest = padded(all % 60);
    if (hours == 0) return std::to_string(all / 60) + ":" + rest;
    return std::to_string(hours) + ":" + padded(all / 60 % 60) + ":" + rest;
}

std::string progress_line(const Progress& progress) {
    const std::uint64_t done = std::min(progress.done, progress.all);
    const double share = progress.all == 0 ? 0 : static_cast<double>(done) / static_cast<double>(progress.all);
    const auto full = static_cast<std::size_t>(share * kWidth);
    char percent[16];
    std::snprintf(percent, sizeof percent, "%3d %%", static_cast<int>(share * 100));
    std::string out = "[" + std::string(full, '#') + std::string(kWidth - full, '-') + "] " + percent + "  " +
                      grouped(done) + " of " + grouped(progress.all) + " " + progress.unit;
    const double seconds = std::chrono::duration<double>(progress.spent).count();
    if (done > 0 && seconds > 0) {
        const double rate = static_cast<double>(done) / seconds;
        out += ", " + grouped(static_cast<std::uint64_t>(rate)) + "/s";
        const double left = static_cast<double>(progress.all - done) / rate;
        out += ", " + clock_text(std::chrono::seconds(static_cast<std::int64_t>(left + 0.5))) + " left";
    }
    if (!progress.note.empty()) out += "  " + progress.note;
    return out;
}

}  // namespace miroir::cli

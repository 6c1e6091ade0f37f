#include "env/log_targets.h"

#include <algorithm>
#include <array>
#include <utility>

namespace miroir::env {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return out;
}

}  // namespace

std::optional<LogLevel> log_level_of(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, LogLevel>, 13> kNames{{{"", LogLevel::Error},
                                                                                   {"off", LogLevel::Off},
                                                                                   {"error", LogLevel::Error},
                                                                                   {"warn", LogLevel::Warn},
                                                                                   {"info", LogLevel::Info},
                                                                                   {"debug", LogLevel::Debug},
                                                                                   {"trace", LogLevel::Trace},
                                                                                   {"0", LogLevel::Off},
                                                                                   {"1", LogLevel::Error},
                                                                                   {"2", LogLevel::Warn},
                                                                                   {"3", LogLevel::Info},
                                                                                   {"4", LogLevel::Debug},
                                                                                   {"5", LogLevel::Trace}}};
    const std::string wanted = lower(name);
    const auto found =
        std::ranges::find(kNames, std::string_view(wanted), &std::pair<std::string_view, LogLevel>::first);
    return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

std::optional<LogTargets> LogTargets::parse(std::string_view text) {
    LogTargets out(LogLevel::Off);  // what nobody speaks of is not wanted
    for (bool more = true; more;) {
        const std::string_view part = text.substr(0, text.find(','));
        more = part.size() < text.size();
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        const std::size_t sign = part.find('=');
        if (sign == std::string_view::npos) {
            if (const auto level = log_level_of(part)) out.rest_ = *level;
            else out.entries_.push_back({.name = std::string(part), .level = LogLevel::Trace});
            continue;
        }
        const auto level = log_level_of(part.substr(sign + 1));
        if (!level) return std::nullopt;
        out.entries_.push_back({.name = std::string(part.substr(0, sign)), .level = *level});
    }
    std::ranges::sort(out.entries_, [](const Entry& a, const Entry& b) {
        return a.name.size() != b.name.size() ? a.name.size() > b.name.size() : a.name < b.name;
    });
    return out;
}

bool LogTargets::wants(LogLevel level, std::string_view target) const {
    const auto found =
        std::ranges::find_if(entries_, [&](const Entry& entry) { return target.starts_with(entry.name); });
    const LogLevel from = found == entries_.end() ? rest_ : found->level;
    return from != LogLevel::Off && level >= from;
}

LogLevel LogTargets::lowest() const {
    LogLevel out = rest_;
    for (const Entry& entry : entries_) out = std::min(out, entry.level);
    return out;
}

}  // namespace miroir::env

// Which lines of the log somebody wants: `info`, `quorum=debug`, `warn,quorum=trace,webhooks=off`. A target speaks of
// all that begin with its name; the longest name decides. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/log.h"

namespace miroir::env {

class LogTargets {
public:
    // Everything from this level on.
    explicit LogTargets(LogLevel level = LogLevel::Info) : rest_(level) {}

    // nullopt: a level that is none, or too many '='.
    static std::optional<LogTargets> parse(std::string_view text);

    bool wants(LogLevel level, std::string_view target) const;
    // The lowest level that any target gets.
    LogLevel lowest() const;

private:
    struct Entry {
        std::string name;
        LogLevel level;
    };
    LogLevel rest_;
    std::vector<Entry> entries_;  // longest name first
};

std::optional<LogLevel> log_level_of(std::string_view name);  // without case; also 0 to 5, and nothing for `error`

}  // namespace miroir::env

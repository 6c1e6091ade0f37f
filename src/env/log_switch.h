// The log of a running process, as somebody may change it or listen to it: which lines are printed, and one listener at
// a time who gets those he wants. Thread-safe, but for the listener's own end.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "env/log_targets.h"

namespace miroir::env {

// Lines on their way to a listener: bounded, what does not fit is dropped and counted.
class LogTap {
public:
    enum class Form : std::uint8_t { Human, Json };

    LogTap(LogTargets targets, Form form, std::size_t bytes_max = 1u << 20)
        : targets_(std::move(targets)), form_(form), bytes_max_(bytes_max) {}

    bool wants(LogLevel level, std::string_view target) const { return targets_.wants(level, target); }
    LogLevel lowest() const { return targets_.lowest(); }
    Form form() const { return form_; }

    void put(std::string_view line);
    void close();  // no more lines

    struct Taken {
        std::string lines;
        std::uint64_t dropped = 0;  // since the last time
        bool closed = false;
    };
    Taken take();
    // Calls `job` once, from whatever thread, when there is something to take; at once if there is already.
    void on_news(std::function<void()> job);

private:
    void tell();

    const LogTargets targets_;
    const Form form_;
    const std::size_t bytes_max_;
    std::mutex mutex_;
    std::string lines_;
    std::uint64_t dropped_ = 0;
    bool closed_ = false;
    std::function<void()> job_;
};

class LogSwitch {
public:
    virtual void print_only(LogTargets targets) = 0;
    // nullptr: somebody listens already.
    virtual std::shared_ptr<LogTap> listen(LogTargets targets, LogTap::Form form) = 0;
    // Whoever listens hears no more; with `tap`, only if it is that one.
    virtual void end_listening(const LogTap* tap = nullptr) = 0;

protected:
    ~LogSwitch() = default;
};

}  // namespace miroir::env

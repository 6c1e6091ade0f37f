// env::Log as one JSON object a line on a file descriptor (stderr): timestamp, level, target, message, pod_id, fields;
// besides to a listener, in the form that he wants.
// Thread-safe; a line is written whole. Every registered secret of 8 bytes or more is replaced by *** wherever it
// appears in a text, also in the form it has inside JSON. A line that cannot be written is dropped and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "env/clock.h"
#include "env/log.h"
#include "env/log_switch.h"

namespace miroir::env {

class JsonLog final : public Log, public LogSwitch {
public:
    static constexpr int kStderr = 2;
    static constexpr std::size_t kMaxValueBytes = 4096;  // longer texts are cut, and say so

    // `pod_id` names this process among its peers: see host_name(). The clock must outlive the log.
    JsonLog(Clock& clock, LogLevel level, std::string pod_id, int fd = kStderr);

    // From the next line on; what was registered before stays.
    void redact(std::vector<std::string> secrets);

    bool enabled(LogLevel level) const override {
        return level != LogLevel::Off && level >= lowest_.load(std::memory_order_relaxed);
    }
    void write(LogLevel level, std::string_view target, std::string_view message, LogFields fields) override;

    void print_only(LogTargets targets) override;
    std::shared_ptr<LogTap> listen(LogTargets targets, LogTap::Form form) override;
    void end_listening(const LogTap* tap) override;

    // The line without its newline: what write() would print. For tests and for readers of the format.
    std::string line(LogLevel level, std::string_view target, std::string_view message, LogFields fields) const;
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
    // Who gets what; swapped whole.
    struct Readers {
        LogTargets printed;
        std::shared_ptr<LogTap> tap;
    };
    std::shared_ptr<const Readers> readers() const;
    void publish(Readers readers);
    void print(LogLevel level, std::string_view target, std::string_view message, LogFields fields);
    std::string shown(std::string_view text) const;  // without secrets, cut
    std::string human_line(LogLevel level, std::string_view target, std::string_view message, LogFields fields) const;
    std::string listened_line(LogLevel level, std::string_view target, std::string_view message,
                              LogFields fields) const;
    void append_text(std::string& line, std::string_view text) const;
    void append_field(std::string& line, const LogField& field) const;

    Clock& clock_;
    std::atomic<LogLevel> lowest_;  // that anybody wants
    const std::string pod_id_;
    const int fd_;
    using Secrets = std::vector<std::string>;  // plain and as they look inside JSON, longest first
    std::shared_ptr<const Secrets> secrets() const;

    std::mutex switch_mutex_;           // held while readers change
    mutable std::mutex readers_mutex_;  // held for the copy of one pointer
    std::shared_ptr<const Readers> readers_;
    mutable std::mutex secrets_mutex_;  // held for the copy of one pointer
    std::shared_ptr<const Secrets> secrets_ = std::make_shared<const Secrets>();
    std::mutex mutex_;
    bool line_broken_ = false;  // the last line was written in part only
    std::atomic<std::uint64_t> dropped_ = 0;
};

// POD_NAME when set, else the machine's host name.
std::string host_name();

std::string_view log_level_name(LogLevel level);  // "INFO"

}  // namespace miroir::env

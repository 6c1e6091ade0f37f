#include "env/real/json_log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace miroir::env {
namespace {

constexpr std::size_t kShortestSecret = 8;  // shorter ones are words: replacing them would garble the log
constexpr std::string_view kHidden = "***";
constexpr std::string_view kCut = "...[cut]";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    std::size_t length = 0;
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) length = 2;
    else if (lead >= 0xE0 && lead <= 0xEF) length = 3;
    else if (lead >= 0xF0 && lead <= 0xF4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return 0;
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool refused = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                         (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
    return refused ? 0 : length;
}

void append_escaped(std::string& out, std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    while (!text.empty()) {
        const char c = text[0];
        std::size_t used = 1;
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += "\\u00";
            out += kHex[static_cast<unsigned char>(c) >> 4U];
            out += kHex[static_cast<unsigned char>(c) & 0xFU];
        } else if (const std::size_t length = utf8_length(text); length == 0) {
            out += "\\ufffd";
        } else {
            out += text.substr(0, length);
            used = length;
        }
        text.remove_prefix(used);
    }
}

void append_digits(std::string& out, std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

// 2026-01-31T23:59:59.000123Z
void append_time(std::string& out, WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::microseconds>(time - day));
    append_digits(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, clock.hours().count(), 2);
    out += ':';
    append_digits(out, clock.minutes().count(), 2);
    out += ':';
    append_digits(out, clock.seconds().count(), 2);
    out += '.';
    append_digits(out, clock.subseconds().count(), 6);
    out += 'Z';
}

void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    out.append(buffer.data(), end);
}

std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && is_continuation(text[limit])) --limit;
    return text.substr(0, limit);
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
    switch (level) {
        case LogLevel::Trace: return "TRACE";
        case LogLevel::Debug: return "DEBUG";
        case LogLevel::Info: return "INFO";
        case LogLevel::Warn: return "WARN";
        case LogLevel::Error: return "ERROR";
        case LogLevel::Off: return "OFF";
    }
    return "OFF";
}

std::string host_name() {
    if (const char* pod = std::getenv("POD_NAME"); pod != nullptr && *pod != '\0') return pod;
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "unknown";
    return name.data();
}

JsonLog::JsonLog(Clock& clock, LogLevel level, std::string pod_id, int fd)
    : clock_(clock),
      lowest_(level),
      pod_id_(std::move(pod_id)),
      fd_(fd),
      readers_(std::make_shared<const Readers>(Readers{.printed = LogTargets(level), .tap = nullptr})) {}

std::shared_ptr<const JsonLog::Readers> JsonLog::readers() const {
    const std::scoped_lock lock(readers_mutex_);
    return readers_;
}

void JsonLog::publish(Readers readers) {
    const LogLevel printed = readers.printed.lowest();
    lowest_ = readers.tap ? std::min(printed, readers.tap->lowest()) : printed;
    const auto anew = std::make_shared<const Readers>(std::move(readers));
    const std::scoped_lock lock(readers_mutex_);
    readers_ = anew;
}

void JsonLog::print_only(LogTargets targets) {
    const std::scoped_lock lock(switch_mutex_);
    publish({.printed = std::move(targets), .tap = readers()->tap});
}

std::shared_ptr<LogTap> JsonLog::listen(LogTargets targets, LogTap::Form form) {
    const std::scoped_lock lock(switch_mutex_);
    const std::shared_ptr<const Readers> now = readers();
    if (now->tap) return nullptr;
    auto tap = std::make_shared<LogTap>(std::move(targets), form);
    publish({.printed = now->printed, .tap = tap});
    return tap;
}

void JsonLog::end_listening(const LogTap* tap) {
    const std::scoped_lock lock(switch_mutex_);
    const std::shared_ptr<const Readers> now = readers();
    if (!now->tap || (tap != nullptr && now->tap.get() != tap)) return;
    publish({.printed = now->printed, .tap = nullptr});
    now->tap->close();
}

std::shared_ptr<const JsonLog::Secrets> JsonLog::secrets() const {
    const std::scoped_lock lock(secrets_mutex_);
    return secrets_;
}

void JsonLog::redact(std::vector<std::string> secrets) {
    Secrets all = *this->secrets();
    for (std::string& secret : secrets) {
        if (secret.size() < kShortestSecret) continue;
        std::string escaped;
        append_escaped(escaped, secret);
        if (escaped != secret) all.push_back(std::move(escaped));
        all.push_back(std::move(secret));
    }
    // Longest first, so that a key which is the beginning of another does not leave the other's tail behind.
    std::ranges::sort(all,
                      [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    const std::scoped_lock lock(secrets_mutex_);
    secrets_ = std::make_shared<const Secrets>(std::move(all));
}

std::string JsonLog::shown(std::string_view text) const {
    std::string hidden(text);
    const std::shared_ptr<const Secrets> secrets = this->secrets();
    for (const std::string& secret : *secrets) {
        if (hidden.find(secret) == std::string::npos) continue;
        std::string after;
        std::size_t from = 0;
        for (std::size_t at = hidden.find(secret); at != std::string::npos; at = hidden.find(secret, from)) {
            after.append(hidden, from, at - from).append(kHidden);
            from = at + secret.size();
        }
        after.append(hidden, from);
        hidden = std::move(after);
    }
    if (hidden.size() <= kMaxValueBytes) return hidden;
    return std::string(cut(hidden, kMaxValueBytes)).append(kCut);  // cut last: half a secret must not slip through
}

void JsonLog::append_text(std::string& line, std::string_view text) const {
    line += '"';
    append_escaped(line, shown(text));
    line += '"';
}

void JsonLog::append_field(std::string& line, const LogField& field) const {
    append_text(line, field.name);
    line += ':';
    std::visit(
        [&](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::string_view>) append_text(line, value);
            else if constexpr (std::is_same_v<T, bool>) line += value ? "true" : "false";
            else if constexpr (std::is_same_v<T, double>) append_number(line, value);
            else line += std::to_string(value);
        },
        field.value);
}

std::string JsonLog::line(LogLevel level, std::string_view target, std::string_view message, LogFields fields) const {
    std::string line = R"({"timestamp":")";
    append_time(line, clock_.wall());
    line.append(R"(","level":")").append(log_level_name(level)).append(R"(","target":)");
    append_text(line, target);
    line += R"(,"message":)";
    append_text(line, message);
    line += R"(,"pod_id":)";
    append_text(line, pod_id_);
    if (fields.size() != 0) {
        line += R"(,"fields":{)";
        bool first = true;
        for (const LogField& field : fields) {
            if (!first) line += ',';
            first = false;
            append_field(line, field);
        }
        line += '}';
    }
    line += '}';
    return line;
}

// 2026-01-31T23:59:59.000123Z  INFO front_door: request method=GET status=200
std::string JsonLog::human_line(LogLevel level, std::string_view target, std::string_view message,
                                LogFields fields) const {
    std::string line;
    append_time(line, clock_.wall());
    const std::string_view name = log_level_name(level);
    line.append(6 - name.size(), ' ').append(name).append(" ").append(target).append(": ").append(shown(message));
    for (const LogField& field : fields) {
        line.append(" ").append(field.name).append("=");
        if (const auto* text = std::get_if<std::string_view>(&field.value)) {
            line += shown(*text);
        } else {
            std::string value;
            append_field(value, field);
            line.append(value, value.find(':') + 1);
        }
    }
    std::ranges::replace(line, '\n', ' ');  // an event is a line
    return line;
}

std::string JsonLog::listened_line(LogLevel level, std::string_view target, std::string_view message,
                                   LogFields fields) const {
    std::string line = R"({"timestamp":")";
    append_time(line, clock_.wall());
    line.append(R"(","level":")").append(log_level_name(level)).append(R"(","fields":{"message":)");
    append_text(line, message);
    for (const LogField& field : fields) {
        line += ',';
        append_field(line, field);
    }
    line += R"(},"target":)";
    append_text(line, target);
    line += '}';
    return line;
}

void JsonLog::write(LogLevel level, std::string_view target, std::string_view message, LogFields fields) {
    if (!enabled(level)) return;
    const std::shared_ptr<const Readers> readers = this->readers();
    if (readers->printed.wants(level, target)) print(level, target, message, fields);
    if (!readers->tap || !readers->tap->wants(level, target)) return;
    std::string text = readers->tap->form() == LogTap::Form::Json ? listened_line(level, target, message, fields)
                                                                  : human_line(level, target, message, fields);
    readers->tap->put(text += '\n');
}

void JsonLog::print(LogLevel level, std::string_view target, std::string_view message, LogFields fields) {
    std::string text = line(level, target, message, fields);
    text += '\n';
    const std::scoped_lock lock(mutex_);
    if (line_broken_) text.insert(text.begin(), '\n');
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t written = ::write(fd_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            line_broken_ = line_broken_ || rest.size() < text.size();
            dropped_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    line_broken_ = false;
}

}  // namespace miroir::env

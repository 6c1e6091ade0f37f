// One line of JSON an event: a fixed sentence and named fields. Never a key, a token, a document or a query's text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace miroir::env {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };

struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
    LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    LogField(std::string_view n, bool v) : name(n), value(v) {}
    LogField(std::string_view n, double v) : name(n), value(v) {}
    template <class T>
        requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
    LogField(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
};
using LogFields = std::initializer_list<LogField>;

class Log {
public:
    virtual bool enabled(LogLevel level) const = 0;
    // Thread-safe. The fields are copied before it returns.
    virtual void write(LogLevel level, std::string_view target, std::string_view message, LogFields fields) = 0;

    void info(std::string_view target, std::string_view message, LogFields fields = {}) {
        if (enabled(LogLevel::Info)) write(LogLevel::Info, target, message, fields);
    }
    void warn(std::string_view target, std::string_view message, LogFields fields = {}) {
        if (enabled(LogLevel::Warn)) write(LogLevel::Warn, target, message, fields);
    }
    void error(std::string_view target, std::string_view message, LogFields fields = {}) {
        if (enabled(LogLevel::Error)) write(LogLevel::Error, target, message, fields);
    }
    void debug(std::string_view target, std::string_view message, LogFields fields = {}) {
        if (enabled(LogLevel::Debug)) write(LogLevel::Debug, target, message, fields);
    }

protected:
    ~Log() = default;
};

}  // namespace miroir::env

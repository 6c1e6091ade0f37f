#include "node/faults/fault_table.h"

#include <array>
#include <charconv>

namespace miroir::node {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"delay",     "status", "lost",       "truncated",
                                                    "malformed", "hang",   "task-fails", "read-only"};

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
    return fail(ErrorCode::BadRequest,
                "The fault `" + std::string(text) + "` cannot be read: " + std::string(why) + ".");
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::chrono::nanoseconds> span_of(std::string_view text) {
    std::chrono::nanoseconds unit = std::chrono::seconds(1);
    if (text.ends_with("us")) {
        unit = std::chrono::microseconds(1);
        text.remove_suffix(2);
    } else if (text.ends_with("ms")) {
        unit = std::chrono::milliseconds(1);
        text.remove_suffix(2);
    } else if (text.ends_with("s")) {
        text.remove_suffix(1);
    } else {
        return std::nullopt;
    }
    const auto count = number_of<std::uint32_t>(text);
    return count ? std::optional(unit * *count) : std::nullopt;
}

std::string_view take(std::string_view& text, char until) {
    const std::size_t at = text.find(until);
    const std::string_view head = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    return head;
}

// Segment by segment: `*` is any one, `**` at the end is the rest.
bool matches_path(std::string_view pattern, std::string_view path) {
    while (!pattern.empty()) {
        const std::string_view wanted = take(pattern, '/');
        if (wanted == "**" && pattern.empty()) return true;
        const bool ended = path.empty();
        const std::string_view given = take(path, '/');
        if (wanted != given && (wanted != "*" || ended || given.empty())) return false;
    }
    return path.empty();
}

Result<void> read_main(Fault& fault, std::string_view value, std::string_view text) {
    using Kind = Fault::Kind;
    if (fault.kind == Kind::Delay) {
        const std::size_t dots = value.find("..");
        const auto low = span_of(value.substr(0, dots));
        const auto high = dots == std::string_view::npos ? low : span_of(value.substr(dots + 2));
        if (!low || !high || *high < *low) return refuse(text, "a delay is written 50ms, 1s or 50ms..200ms");
        fault.delay_min = *low;
        fault.delay_max = *high;
    } else if (fault.kind == Kind::Status) {
        const auto status = number_of<int>(value);
        if (!status || *status < 400 || *status > 599) return refuse(text, "a status is a number from 400 to 599");
        fault.status = *status;
    } else if (fault.kind == Kind::TaskFails && !value.empty()) {
        fault.task_type = protocol::task_type_of(value);
        if (!fault.task_type) return refuse(text, "there is no such type of task");
    }
    return {};
}

Result<void> read_option(Fault& fault, std::string_view option, std::string_view text) {
    std::string_view value = option;
    const std::string_view name = take(value, '=');
    if (name == "share") {
        const auto share = number_of<double>(value);
        if (!share || *share < 0 || *share > 1) return refuse(text, "a share is a number from 0 to 1");
        fault.share = *share;
    } else if (name == "times") {
        fault.times = number_of<std::uint64_t>(value);
        if (!fault.times) return refuse(text, "times is a whole number");
    } else if (name == "retry-after") {
        fault.retry_after = number_of<int>(value);
        if (!fault.retry_after) return refuse(text, "retry-after is a whole number of seconds");
    } else if (name == "path") {
        fault.path = std::string(value);
    } else if (name == "method") {
        fault.method = std::string(value);
    } else {
        return refuse(text, "there is no option `" + std::string(name) + "`");
    }
    return {};
}

}  // namespace

Result<Fault> parse_fault(std::string_view text) {
    std::string_view rest = text;
    std::string_view value = take(rest, ':');
    const std::string_view name = take(value, '=');
    Fault fault;
    std::size_t kind = 0;
    while (kind < kNames.size() && kNames[kind] != name) ++kind;
    if (kind == kNames.size()) return refuse(text, "there is no fault `" + std::string(name) + "`");
    fault.kind = static_cast<Fault::Kind>(kind);
    MIROIR_CHECK(read_main(fault, value, text));
    while (!rest.empty()) MIROIR_CHECK(read_option(fault, take(rest, ':'), text));
    return fault;
}

json::Value fault_view(const Fault& fault) {
    json::Object out;
    out.append("kind", kNames[static_cast<std::size_t>(fault.kind)]);
    if (fault.kind == Fault::Kind::Delay) {
        out.append("delayMinMs", std::chrono::duration<double, std::milli>(fault.delay_min).count());
        out.append("delayMaxMs", std::chrono::duration<double, std::milli>(fault.delay_max).count());
    }
    if (fault.kind == Fault::Kind::Status) out.append("status", fault.status);
    if (fault.retry_after) out.append("retryAfter", *fault.retry_after);
    out.append("share", fault.share);
    if (!fault.method.empty()) out.append("method", fault.method);
    if (!fault.path.empty()) out.append("path", fault.path);
    if (fault.task_type) out.append("taskType", protocol::task_type_name(*fault.task_type));
    if (fault.times) out.append("times", *fault.times);
    return out;
}

bool FaultTable::strikes(Fault& fault, env::Random& random) {
    if (fault.times && *fault.times == 0) return false;
    if (fault.share < 1.0 && !env::chance(random, fault.share)) return false;
    if (fault.times) --*fault.times;
    return true;
}

Misfortune FaultTable::draw(std::string_view method, std::string_view path, env::Random& random) {
    using Kind = Fault::Kind;
    Misfortune out;
    std::array<bool, kNames.size()> drawn{};
    for (Fault& fault : faults_) {
        if (fault.kind == Kind::TaskFails || fault.kind == Kind::ReadOnly) continue;
        if (!fault.method.empty() && fault.method != method) continue;
        if (!fault.path.empty() && !matches_path(fault.path, path)) continue;
        bool& taken = drawn[static_cast<std::size_t>(fault.kind)];
        if (taken || !strikes(fault, random)) continue;
        taken = true;
        switch (fault.kind) {
            case Kind::Delay: {
                const auto width = static_cast<std::uint64_t>((fault.delay_max - fault.delay_min).count());
                out.delay = fault.delay_min;
                if (width != 0) out.delay += std::chrono::nanoseconds(env::draw_below(random, width + 1));
                break;
            }
            case Kind::Status:
                out.status = fault.status;
                out.retry_after = fault.retry_after;
                break;
            case Kind::Lost: out.lost = true; break;
            case Kind::Truncated: out.truncated = true; break;
            case Kind::Malformed: out.malformed = true; break;
            case Kind::Hang: out.hang = true; break;
            default: break;
        }
    }
    return out;
}

std::optional<Error> FaultTable::draw_for_task(const protocol::Task& task, env::Random& random) {
    for (Fault& fault : faults_) {
        if (fault.kind != Fault::Kind::TaskFails) continue;
        if (fault.task_type && *fault.task_type != task.type) continue;
        if (!strikes(fault, random)) continue;
        return Error{.code = ErrorCode::Internal, .message = "The task was told to fail."};
    }
    return std::nullopt;
}

bool FaultTable::read_only() const {
    for (const Fault& fault : faults_) {
        if (fault.kind == Fault::Kind::ReadOnly) return true;
    }
    return false;
}

}  // namespace miroir::node

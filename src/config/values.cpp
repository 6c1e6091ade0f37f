#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace miroir::config {
namespace {

template <class... F>
struct Overload : F... {
    using F::operator()...;
};

constexpr std::array<std::pair<std::string_view, env::LogLevel>, 6> kLevels{{
    {"off", env::LogLevel::Off},
    {"error", env::LogLevel::Error},
    {"warn", env::LogLevel::Warn},
    {"info", env::LogLevel::Info},
    {"debug", env::LogLevel::Debug},
    {"trace", env::LogLevel::Trace},
}};
constexpr std::array<std::pair<std::string_view, Mode>, 2> kModes{{
    {"development", Mode::Development},
    {"production", Mode::Production},
}};

constexpr std::array<std::pair<std::string_view, SettingsStrategy>, 2> kStrategies{{
    {"two_phase", SettingsStrategy::TwoPhase},
    {"sequential", SettingsStrategy::Sequential},
}};

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

template <class Enum, std::size_t N>
std::string names(const std::array<std::pair<std::string_view, Enum>, N>& table) {
    std::string out;
    for (const auto& [name, value] : table) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

template <class Enum, std::size_t N>
std::string name_of(const std::array<std::pair<std::string_view, Enum>, N>& table, Enum wanted) {
    for (const auto& [name, value] : table) {
        if (value == wanted) return std::string(name);
    }
    return {};
}

template <class Enum, std::size_t N>
std::optional<std::string> choose(const std::array<std::pair<std::string_view, Enum>, N>& table, std::string_view text,
                                  Enum& out) {
    for (const auto& [name, value] : table) {
        if (name == lower(text)) {
            out = value;
            return std::nullopt;
        }
    }
    return "allowed: " + names(table);
}

bool in_seconds(const KeyFacts& facts) { return facts.path.ends_with("_s"); }

std::string number_text(double value) {
    std::array<char, 32> buffer{};
    return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

std::string range(const KeyFacts& facts) { return std::to_string(facts.min) + " to " + std::to_string(facts.max); }

template <class Number>
std::optional<std::string> assign_number(Number& out, const KeyFacts& facts, std::string_view text,
                                         std::string_view unit) {
    const auto value = parse_number(text);
    const std::uint64_t max = std::min<std::uint64_t>(facts.max, std::numeric_limits<Number>::max());
    if (!value || *value < facts.min || *value > max) {
        return "allowed: a whole number" + std::string(unit) + " from " + std::to_string(facts.min) + " to " +
               std::to_string(max);
    }
    out = static_cast<Number>(*value);
    return std::nullopt;
}

std::string choices(const KeyFacts& facts) {
    return std::string(facts.one_of) + (facts.or_number ? " or a number from " + range(facts) : "");
}

bool is_word_of(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(", "), list.size());
        if (list.substr(0, end) == word) return true;
        list.remove_prefix(std::min(list.size(), end + 2));
    }
    return false;
}

std::optional<std::string> assign_choice(std::string& out, const KeyFacts& facts, std::string_view text) {
    const std::string word = lower(text);
    const auto number = facts.or_number ? parse_number(word) : std::nullopt;
    if (!is_word_of(facts.one_of, word) && !(number && *number >= facts.min && *number <= facts.max))
        return "allowed: " + choices(facts);
    out = word;
    return std::nullopt;
}

std::optional<std::string> assign_text(std::string& out, const KeyFacts& facts, std::string_view text) {
    const bool control =
        std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (control) return "contains a control character, perhaps a line end at its end; allowed: one line of text";
    if (facts.secret && !facts.whole_header && text.contains(' '))
        return "a key cannot contain spaces, since it travels in a header";
    out = text;
    return std::nullopt;
}

bool is_host(std::string_view host) {
    return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_' || c == ':' || c == '%';
    });
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    text = trimmed(text);
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string_view number = text.substr(0, end);
    std::string_view unit = text.substr(end);
    while (unit.starts_with(' ')) unit.remove_prefix(1);
    if (number.empty() || number.starts_with('.') || number.ends_with('.')) return std::nullopt;
    long double value = 0;
    long double scale = 1;
    bool fraction = false;
    for (const char c : number) {
        if (c == '.' && fraction) return std::nullopt;
        if (c == '.') {
            fraction = true;
            continue;
        }
        value = value * 10 + (c - '0');
        if (fraction) scale *= 10;
    }
    long double factor = 1;
    const std::string prefixes = "kmgtpe";
    if (const std::size_t power = unit.empty() ? std::string::npos : prefixes.find(lower(unit.substr(0, 1)));
        power != std::string::npos) {
        unit.remove_prefix(1);
        const bool binary = unit.starts_with('i') || unit.starts_with('I');
        if (binary) unit.remove_prefix(1);
        factor = std::pow(binary ? 1024.0L : 1000.0L, static_cast<long double>(power + 1));
    }
    const std::string spelled = lower(unit);
    const bool bits = unit == "b" || spelled == "bit" || spelled == "bits";
    if (!bits && !unit.empty() && unit != "B") return std::nullopt;
    const long double bytes = std::ceil(value / scale * factor / (bits ? 8 : 1) - 1e-9L);
    if (bytes >= 18446744073709551616.0L) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text) {
    const std::string complaint = "allowed: HOST:PORT, for instance 0.0.0.0:7700, localhost:7700 or [::1]:7700";
    std::string_view host;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find("]:");
        if (close == std::string_view::npos) return std::unexpected(complaint);
        host = text.substr(1, close - 1);
        port = text.substr(close + 2);
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) return std::unexpected(complaint);
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (host.contains(':')) return std::unexpected(complaint);
    }
    const auto number = parse_number(port);
    if (!is_host(host) || !number || *number > 65'535) return std::unexpected(complaint);
    return Endpoint{.host = std::string(host), .port = static_cast<std::uint16_t>(*number)};
}

std::string endpoint_text(const Endpoint& endpoint) {
    const bool six = endpoint.host.contains(':');
    return (six ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::expected<std::string, std::string> normal_address(std::string_view text) {
    const std::string complaint = "allowed: http://HOST:PORT or https://HOST:PORT and nothing behind it";
    const std::string small = lower(text);
    std::string_view rest = small;
    const bool tls = rest.starts_with("https://");
    if (!tls && !rest.starts_with("http://")) return std::unexpected(complaint);
    rest.remove_prefix(tls ? 8 : 7);
    if (rest.contains('@'))
        return std::unexpected("user and password do not belong into an address; set node_master_key");
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const bool has_port = rest.starts_with('[') ? rest.contains("]:") : rest.contains(':');
    const auto endpoint = parse_endpoint(has_port ? std::string(rest) : std::string(rest) + (tls ? ":443" : ":80"));
    if (!endpoint || endpoint->port == 0) return std::unexpected(complaint);
    return (tls ? "https://" : "http://") + endpoint_text(*endpoint);
}

std::optional<std::string> assign(const Target& target, const KeyFacts& facts, std::string_view text) {
    if (!facts.secret) text = trimmed(text);
    return std::visit(
        Overload{
            [&](std::string* out) {
                return facts.one_of.empty() ? assign_text(*out, facts, text) : assign_choice(*out, facts, text);
            },
            [&](std::uint16_t* out) { return assign_number(*out, facts, text, ""); },
            [&](std::uint32_t* out) { return assign_number(*out, facts, text, ""); },
            [&](std::uint64_t* out) -> std::optional<std::string> {
                const auto size = parse_size(text);
                if (!size || *size < facts.min || *size > facts.max) {
                    return "allowed: a size from " + range(facts) + " bytes, for instance 100 MB or 95 MiB";
                }
                *out = *size;
                return std::nullopt;
            },
            [&](double* out) -> std::optional<std::string> {
                double value = 0;
                const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
                const bool read = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
                if (!read || value < facts.smallest || value > static_cast<double>(facts.max)) {
                    return "allowed: a number from " + number_text(facts.smallest) + " to " + std::to_string(facts.max);
                }
                *out = value;
                return std::nullopt;
            },
            [&](bool* out) -> std::optional<std::string> {
                const std::string word = lower(text);
                if (word != "true" && word != "false") return "allowed: true, false";
                *out = word == "true";
                return std::nullopt;
            },
            [&](milliseconds* out) {
                std::uint64_t value = 0;
                auto complaint =
                    assign_number(value, facts, text, in_seconds(facts) ? " of seconds" : " of milliseconds");
                if (!complaint) *out = milliseconds(static_cast<std::int64_t>(value) * (in_seconds(facts) ? 1000 : 1));
                return complaint;
            },
            [&](Endpoint* out) -> std::optional<std::string> {
                auto endpoint = parse_endpoint(text);
                if (!endpoint) return endpoint.error();
                *out = *std::move(endpoint);
                return std::nullopt;
            },
            [&](env::LogLevel* out) { return choose(kLevels, text, *out); },
            [&](Mode* out) { return choose(kModes, text, *out); },
            [&](SettingsStrategy* out) { return choose(kStrategies, text, *out); },
        },
        target);
}

std::string show(const Target& target, const KeyFacts& facts) {
    return std::visit(
        Overload{
            [](const std::string* value) { return *value; },
            [](const double* value) { return number_text(*value); },
            [](const bool* value) { return std::string(*value ? "true" : "false"); },
            [&](const milliseconds* value) { return std::to_string(value->count() / (in_seconds(facts) ? 1000 : 1)); },
            [](const Endpoint* value) { return endpoint_text(*value); },
            [](const env::LogLevel* value) { return name_of(kLevels, *value); },
            [](const Mode* value) { return name_of(kModes, *value); },
            [](const SettingsStrategy* value) { return name_of(kStrategies, *value); },
            [](const auto* value) { return std::to_string(*value); },
        },
        target);
}

std::string type_name(const Target& target, const KeyFacts& facts) {
    return std::visit(
        Overload{
            [&](const std::string*) {
                if (!facts.one_of.empty()) return std::string("choice");
                return std::string(facts.secret ? "secret" : facts.path.ends_with("_path") ? "file" : "text");
            },
            [](const std::uint64_t*) { return std::string("size"); },
            [](const double*) { return std::string("number"); },
            [](const bool*) { return std::string("switch"); },
            [&](const milliseconds*) { return std::string(in_seconds(facts) ? "seconds" : "milliseconds"); },
            [](const Endpoint*) { return std::string("host:port"); },
            [](const env::LogLevel*) { return std::string("choice"); },
            [](const Mode*) { return std::string("choice"); },
            [](const SettingsStrategy*) { return std::string("choice"); },
            [](const auto*) { return std::string("whole number"); },
        },
        target);
}

std::string allowed(const Target& target, const KeyFacts& facts) {
    return std::visit(
        Overload{
            [&](const std::string*) { return choices(facts); },
            [](const Endpoint*) { return std::string(); },
            [&](const double*) { return number_text(facts.smallest) + " to " + std::to_string(facts.max); },
            [](const bool*) { return std::string("true, false"); },
            [](const env::LogLevel*) { return names(kLevels); },
            [](const Mode*) { return names(kModes); },
            [](const SettingsStrategy*) { return names(kStrategies); },
            [&](const std::uint16_t*) { return std::to_string(facts.min) + " to 65535"; },
            [&](const auto*) { return range(facts); },
        },
        target);
}

}  // namespace miroir::config

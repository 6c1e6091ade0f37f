#include <algorithm>
#include <array>
#include <set>

#include "config/key_table.h"
#include "config/settings.h"

namespace miroir::config {
namespace {

constexpr std::array<std::string_view, 3> kUnsupported = {"MEILI_SSL_OCSP_PATH", "MEILI_SSL_RESUMPTION",
                                                          "MEILI_SSL_TICKETS"};

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Kubernetes describes each service to each container: a service called "miroir" or "miroir-server" makes variables
// MIROIR_SERVICE_HOST, MIROIR_SERVER_PORT=tcp://…, MIROIR_PORT_7700_TCP_ADDR. They are not addressed to us.
bool describes_a_service(std::string_view name, std::string_view value) {
    if (value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://")) return true;
    if (name.contains("_SERVICE_HOST") || name.contains("_SERVICE_PORT")) return true;
    for (const std::string_view protocol :
         {"_TCP_ADDR", "_TCP_PORT", "_TCP_PROTO", "_UDP_ADDR", "_UDP_PORT", "_UDP_PROTO"}) {
        const std::size_t at = name.find(protocol);
        if (at == std::string_view::npos) continue;
        if (is_number(name.substr(0, at).substr(name.substr(0, at).rfind('_') + 1))) return true;
    }
    return false;
}

void unknown_variable(Source& source, const std::string& name) {
    std::vector<std::string> known = {"MIROIR_NODES", "MIROIR_CONFIG"};
    for (const auto& key : keys()) known.push_back(variable_of(key.path));
    if (const auto meant = nearest(name, known)) {
        source.problems.push_back({.source = source.name,
                                   .line = 0,
                                   .key = name,
                                   .found = {},
                                   .message = "unknown variable; did you mean " + *meant + "?"});
    } else {
        source.warnings.push_back(name +
                                  " is set but means nothing to Miroir; `miroir config reference` lists all keys");
    }
}

}  // namespace

void refuse_contradictions(Source& source) {
    for (const Setting& part : source.settings) {
        const auto* key = find_key(part.path);
        if (key == nullptr || key->part_of.empty()) continue;
        const auto whole = std::ranges::find(source.settings, key->part_of, &Setting::path);
        if (whole == source.settings.end()) continue;
        source.problems.push_back(
            {.source = source.name,
             .line = part.line,
             .key = part.shown_as,
             .found = {},
             .message = "stands beside " + whole->shown_as + ", which says the same; keep one of them"});
    }
}

void split_nodes(Source& source, std::string_view text, const std::string& shown_as, std::size_t first) {
    std::size_t index = first;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view entry = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (entry.starts_with(' ')) entry.remove_prefix(1);
        while (entry.ends_with(' ')) entry.remove_suffix(1);
        if (entry.empty()) continue;
        const std::size_t equals = entry.find('=');
        if (equals == std::string_view::npos || equals == 0 || equals + 1 == entry.size()) {
            source.problems.push_back({.source = source.name,
                                       .line = 0,
                                       .key = shown_as,
                                       .found = {},
                                       .message = "allowed: NAME=http://HOST:PORT, or NAME@GROUP=http://HOST:PORT"});
            continue;
        }
        const std::string_view name = entry.substr(0, equals);
        const std::size_t at = name.find('@');
        const std::string path = "nodes[" + std::to_string(index++) + "].";
        source.settings.push_back({.path = path + "id", .text = std::string(name.substr(0, at)), .shown_as = shown_as});
        source.settings.push_back(
            {.path = path + "address", .text = std::string(entry.substr(equals + 1)), .shown_as = shown_as});
        if (at == std::string_view::npos) continue;
        source.settings.push_back(
            {.path = path + "replica_group", .text = std::string(name.substr(at + 1)), .shown_as = shown_as});
    }
}

Source read_environment(const std::vector<std::pair<std::string, std::string>>& variables) {
    Source source{.name = "environment", .settings = {}, .problems = {}, .warnings = {}};
    const auto value_of = [&](std::string_view name) -> const std::string* {
        const auto found =
            std::ranges::find(variables, name, [](const auto& variable) { return std::string_view(variable.first); });
        return found == variables.end() || describes_a_service(found->first, found->second) ? nullptr : &found->second;
    };
    std::set<std::string> known = {"MIROIR_NODES", "MIROIR_CONFIG"};
    for (const auto& key : keys()) {
        const std::string ours = variable_of(key.path);
        known.insert(ours);
        // An empty variable says nothing: that is how compose files and shells leave one out.
        if (const std::string* value = value_of(ours); value != nullptr && !value->empty()) {
            source.settings.push_back({.path = std::string(key.path), .text = *value, .shown_as = ours});
        } else if (const std::string* meili = key.meili.empty() ? nullptr : value_of(key.meili);
                   meili != nullptr && !meili->empty()) {
            source.settings.push_back(
                {.path = std::string(key.path), .text = *meili, .shown_as = std::string(key.meili)});
        }
    }
    if (const std::string* nodes = value_of("MIROIR_NODES")) split_nodes(source, *nodes, "MIROIR_NODES", 0);
    for (const auto& [name, value] : variables) {
        if (name.starts_with("MIROIR_") && !known.contains(name) && !describes_a_service(name, value))
            unknown_variable(source, name);
        if (std::ranges::find(kUnsupported, name) != kUnsupported.end() && !value.empty()) {
            source.warnings.push_back(name + " is set, but Miroir has nothing like it; it is ignored");
        }
    }
    refuse_contradictions(source);
    return source;
}

Source read_flags(const std::vector<std::pair<std::string, std::string>>& flags) {
    Source source{.name = "flags", .settings = {}, .problems = {}, .warnings = {}};
    std::size_t nodes = 0;
    for (const auto& [path, text] : flags) {
        if (path == "nodes") {
            split_nodes(source, text, "--node", nodes);
            nodes = static_cast<std::size_t>(
                std::ranges::count_if(source.settings, [](const Setting& s) { return s.path.ends_with("].id"); }));
        } else if (const auto* key = find_key(path); key != nullptr && !key->secret) {
            source.settings.push_back({.path = path, .text = text, .shown_as = flag_of(path)});
        } else {
            source.problems.push_back(
                {.source = source.name, .line = 0, .key = path, .found = {}, .message = "unknown flag"});
        }
    }
    refuse_contradictions(source);
    return source;
}

}  // namespace miroir::config

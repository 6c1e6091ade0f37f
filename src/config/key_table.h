// The one table of configuration keys. Parsing, checking, flags, `config print` and docs/config.md all follow it, so
// a key exists exactly when it has a row here. Rows never change at run time.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.h"

namespace miroir::config {

// The place a key's value is kept in; its type decides how the text is read and shown.
using Target = std::variant<std::string*, std::uint16_t*, std::uint32_t*, std::uint64_t*, double*, bool*, milliseconds*,
                            Endpoint*, env::LogLevel*, Mode*, SettingsStrategy*>;

struct KeyFacts {
    std::string_view path;         // "server.max_body_bytes"; of a node: "id"
    std::string_view explanation;  // one or two sentences
    std::uint64_t min = 0;         // of numbers and times, in the key's own unit
    std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
    std::string_view meili = {};    // the variable of Meilisearch with the same meaning
    std::string_view part_of = {};  // the key that sets this one and more at once; a source may name only one of them
    std::string_view one_of = {};   // of a text: the words it may be, "error, partial"
    bool or_number = false;         // of such a text: or a whole number from min to max
    double smallest = 0.01;         // of a number with a fraction
    bool secret = false;            // never shown; no flag, because command lines are public
    bool whole_header = false;      // a secret that is a header as it stands, scheme and all
    bool required = false;          // of a node: has no default
};

template <class Owner>
struct Key : KeyFacts {
    Target (*target)(Owner&) = nullptr;
};

std::span<const Key<Config>> keys();
std::span<const Key<Node>> node_keys();

// The section "server", "health", …: does any key begin so?
bool is_section(std::string_view path);
const Key<Config>* find_key(std::string_view path);
const Key<Node>* find_node_key(std::string_view name);
// The known name nearest to a mistyped one, if it is near enough to be what was meant.
std::optional<std::string> nearest(std::string_view wrong, std::span<const std::string> known);
std::vector<std::string> all_paths();       // keys and "nodes"
std::vector<std::string> all_node_names();  // id, address, …

std::string variable_of(std::string_view path);  // "MIROIR_SERVER_MAX_BODY_BYTES"
std::string flag_of(std::string_view path);      // "--server-max-body-bytes"

}  // namespace miroir::config

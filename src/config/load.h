// Finds the values: defaults, then the YAML file, then the environment, then flags; each later one wins. Everything
// is checked, and every problem of every source is told at once. Pure but for reading the file it is told of or finds.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"

namespace miroir::config {

// One thing that is wrong, in parts; text() puts them into one line.
struct Problem {
    std::string source;   // "miroir.yaml", "environment", "flags"
    int line = 0;         // of the file, from 1; 0: none
    std::string key;      // "server.max_body_bytes", "MIROIR_SHARDS", "--shards"
    std::string found;    // empty when nothing can be shown (secrets never are)
    std::string message;  // what is wrong, what is allowed, what to do

    std::string text() const;  // miroir.yaml:12: shards: found 0; a number from 1 to 256 is allowed
    bool operator==(const Problem&) const = default;
};

struct Sources {
    std::optional<std::string> file;   // --config; otherwise the first of default_files() that exists
    bool search_default_files = true;  // false: no file unless named
    std::vector<std::pair<std::string, std::string>> environment;  // see process_environment()
    std::vector<std::pair<std::string, std::string>> flags;        // key path ("http_addr") and text, in order
    bool need_nodes = true;  // a cluster without nodes cannot serve; `miroir dev` brings its own
};

struct Loaded {
    Config config;
    std::string file;                   // the file that was read, or empty
    std::vector<std::string> warnings;  // accepted, but surely worth a line in the log
};

std::expected<Loaded, std::vector<Problem>> load(const Sources& sources);

// miroir.yaml, config/miroir.yaml, /etc/miroir/config.yaml
std::vector<std::string> default_files();
// MIROIR_* and MEILI_* of this process.
std::vector<std::pair<std::string, std::string>> process_environment();

// The rules between keys (unique nodes, replicas per group, …) for a configuration made by code, as `miroir dev` does.
std::vector<Problem> check(const Config& config, bool need_nodes = true);

// The secrets of a configuration, for the log's redaction.
std::vector<std::string> secrets(const Config& config);

// The whole effective configuration as YAML that load() accepts, but for secrets: a set one is only mentioned.
std::string print(const Config& config);
// docs/config.md: every key with its type, default, environment name, flag and explanation.
std::string reference();

// A flag a command-line parser should offer. `--http-addr HOST:PORT`; its value goes to Sources::flags under `key`.
struct Flag {
    std::string name;     // "--http-addr"
    std::string key;      // "http_addr"
    std::string metavar;  // "HOST:PORT"; empty: a switch (value "true")
    std::string help;
    bool repeatable = false;
};
std::vector<Flag> flags();
// Calls `add` once for every flag, in the order of the reference page.
void register_flags(const std::function<void(const Flag&)>& add);

}  // namespace miroir::config

// One source of configuration taken apart: what it says, key by key, before anything is checked against types.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"

namespace miroir::config {

struct Setting {
    std::string path;  // "server.port", "nodes[2].id"
    std::string text;
    std::string shown_as;  // how the source calls it: "server.port", "MIROIR_SERVER_PORT", "--server-port"
    int line = 0;
};

struct Source {
    std::string name;  // "miroir.yaml", "environment", "flags"
    std::vector<Setting> settings;
    std::vector<Problem> problems;
    std::vector<std::string> warnings;
};

// What a YAML text says. Unknown, repeated and misplaced keys are problems, with their lines.
Source read_yaml(const std::string& name, const std::string& text);
// What the environment says. A variable of ours that looks mistyped is a problem, an unknown one a warning.
Source read_environment(const std::vector<std::pair<std::string, std::string>>& variables);
Source read_flags(const std::vector<std::pair<std::string, std::string>>& flags);

// A key and a key that it is part of, both from one source, are a problem: which of them holds would be luck.
void refuse_contradictions(Source& source);

// "a=http://h:7700, b@1=http://i:7700" (name, group, address) as settings nodes[0].id …; `first` counts on.
void split_nodes(Source& source, std::string_view text, const std::string& shown_as, std::size_t first);

}  // namespace miroir::config

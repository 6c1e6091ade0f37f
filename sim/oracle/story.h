// A case of the oracle as data: what is written to an index, how it is spread, and one question. Printed when it fails,
// and read again to be played alone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::sim {

struct Write {
    std::string method = "POST";
    std::string path;  // below /indexes/i
    json::Value body;
};

struct Question {
    std::string method = "POST";
    std::string path;
    json::Value body;
};

struct Story {
    std::uint32_t nodes = 3;
    std::uint32_t replicas = 1;
    std::uint32_t shards = 8;
    bool keys_first = false;  // all pages have their documents fetched apart, as deep ones do
    json::Object settings;
    std::vector<Write> writes;  // what follows them
};

json::Value to_json(const Story& story, const Question& question);
Result<std::pair<Story, Question>> story_of(const json::Value& printed);

}  // namespace miroir::sim

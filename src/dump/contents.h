// What a dump holds besides documents, read and checked whole before anything is changed by it: every line of it
// parses, nothing is missing, and the archive ends as it should.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dump/archive.h"
#include "json/value.h"
#include "protocol/keys/api_key.h"
#include "protocol/settings/settings.h"
#include "protocol/tasks/task.h"

namespace miroir::dump {

struct IndexContents {
    std::string uid;
    std::optional<std::string> primary_key;
    protocol::Instant created_at{};
    protocol::Instant updated_at{};
    protocol::SettingsPatch settings;
    std::uint64_t documents = 0;
};

struct Contents {
    std::string engine_version;
    std::string date;
    std::map<std::string, IndexContents> indexes;  // by their folder
    std::vector<protocol::ApiKey> keys;
    std::vector<protocol::Task> tasks;
    json::Value features{};  // an object, or null where the dump has none; so are the next
    json::Value network{};
    json::Value webhooks{};
    std::map<std::string, json::Value> chats;
    std::vector<std::string> left_out;  // what is in the dump and cannot be kept here, for the log
};

// MiroirInvalidRequest tells what is wrong with the dump.
Result<Contents> read_contents(env::FileIn& file);

// "indexes/<folder>/documents.jsonl" → folder; empty: something else.
std::string documents_folder(const std::string& name);

}  // namespace miroir::dump

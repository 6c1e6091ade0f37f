// An API key: how it is made, changed, shown, and why it is refused. The key text derives from its uid and the master
// key alone, so two servers with one master key agree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/fields/read.h"
#include "protocol/tasks/dates.h"

namespace miroir::protocol {

struct ApiKey {
    std::optional<std::string> name{};
    std::optional<std::string> description{};
    std::string uid{};  // lower case, hyphenated
    std::vector<std::string> actions{};
    std::vector<std::string> indexes{};  // patterns
    std::optional<Instant> expires_at{};
    Instant created_at{};
    Instant updated_at{};
};

// HMAC-SHA-256 of the uid under the master key, in lower-case hex.
std::string derive_key(std::string_view master_key, std::string_view uid);

// POST /keys. The uid is empty when none was asked for; the dates of creation are the caller's to set.
Result<ApiKey> parse_new_key(const json::Value& body, Instant now);

struct KeyChange {
    Setting<std::string> name;
    Setting<std::string> description;
};
Result<KeyChange> parse_key_change(const json::Value& body);  // PATCH /keys/{}: all else is immutable
void apply(const KeyChange& change, ApiKey& key, Instant now);

// As shown; without a master key the key text is left out as null.
json::Value key_view(const ApiKey& key, const std::optional<std::string>& master_key);
json::Value key_record(const ApiKey& key);
Result<ApiKey> key_of_record(const json::Value& record);

// The four that every fresh server has, newest first in lists; uids are still to be given.
std::vector<ApiKey> default_keys(Instant now);

bool grants_action(const ApiKey& key, std::string_view action);
bool grants_index(const ApiKey& key, std::string_view index_uid);
bool is_limited_to_indexes(const ApiKey& key);
bool is_expired(const ApiKey& key, Instant now);

}  // namespace miroir::protocol

#include "protocol/keys/api_key.h"

#include <algorithm>

#include "json/members.h"
#include "protocol/fields/fields.h"
#include "protocol/keys/action.h"
#include "protocol/keys/index_uid.h"
#include "protocol/keys/signature.h"
#include "protocol/keys/uuid.h"

namespace miroir::protocol {
namespace {

struct KeyBody {
    ApiKey key;
    std::string expires_at;
};

Result<void> read_uid(KeyBody& out, const json::Value& value, const Place& place) {
    std::optional<std::string> text;
    MIROIR_CHECK(read(value, place, text));
    if (!text) return {};
    auto uid = parse_uuid(*text);
    if (!uid) return place.unexpected(uid.error());
    out.key.uid = std::move(*uid);
    return {};
}

Result<void> read_actions(KeyBody& out, const json::Value& value, const Place& place) {
    MIROIR_TRY(const json::Array items, read_list(value, place));
    for (std::size_t i = 0; i < items.size(); ++i) {
        MIROIR_TRY(const std::size_t at, read_word(items[i], place.at(i), action_names()));
        out.key.actions.emplace_back(action_names()[at]);
    }
    return {};
}

Result<void> read_indexes(KeyBody& out, const json::Value& value, const Place& place) {
    std::vector<std::string> patterns;
    MIROIR_CHECK(read(value, place, patterns));
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        if (!is_index_pattern(patterns[i])) return place.at(i).unexpected(invalid_index_pattern_text(patterns[i]));
    }
    out.key.indexes = std::move(patterns);
    return {};
}

std::optional<Instant> parse_expiry(std::string_view text) {
    if (auto at = parse_rfc3339(text)) return at;
    if (auto at = parse_date_time(text, 'T')) return at;
    if (auto at = parse_date_time(text, ' ')) return at;
    return parse_date(text);
}

FieldTable<KeyBody>::Reader read_expiry(Instant now) {
    return [now](KeyBody& out, const json::Value& value, const Place& place) -> Result<void> {
        std::optional<std::string> text;
        MIROIR_CHECK(read(value, place, text));
        if (!text) return {};
        out.key.expires_at = parse_expiry(*text);
        if (out.key.expires_at && *out.key.expires_at > now) return {};
        return place.unexpected("`" + *text +
                                "` is not a valid date. It should follow the RFC 3339 format to represents a date or "
                                "datetime in the future or specified as a null value. e.g. 'YYYY-MM-DD' or "
                                "'YYYY-MM-DD HH:MM:SS'.\n");
    };
}

std::vector<std::string> texts_in(const json::Value& record, std::string_view name) {
    std::vector<std::string> out;
    const json::Value* found = record.find(name);
    if (found == nullptr || !found->is_array()) return out;
    for (const json::Value& item : found->array()) {
        if (item.is_string()) out.push_back(item.string());
    }
    return out;
}

json::Value list_of(const std::vector<std::string>& texts) {
    json::Array out;
    for (const std::string& text : texts) out.emplace_back(text);
    return out;
}

json::Value or_null(const std::optional<std::string>& text) { return text ? json::Value(*text) : json::Value(); }

}  // namespace

std::string derive_key(std::string_view master_key, std::string_view uid) {
    return hex_text(hmac(Digest::Sha256, master_key, uid));
}

Result<ApiKey> parse_new_key(const json::Value& body, Instant now) {
    const auto table = FieldTable<KeyBody>()
                           .field("description", ErrorCode::InvalidApiKeyDescription,
                                  [](KeyBody& b) -> auto& { return b.key.description; })
                           .field("name", ErrorCode::InvalidApiKeyName, [](KeyBody& b) -> auto& { return b.key.name; })
                           .field("uid", ErrorCode::InvalidApiKeyUid, read_uid)
                           .field("actions", ErrorCode::InvalidApiKeyActions, read_actions)
                           .required(ErrorCode::MissingApiKeyActions)
                           .field("indexes", ErrorCode::InvalidApiKeyIndexes, read_indexes)
                           .required(ErrorCode::MissingApiKeyIndexes)
                           .field("expiresAt", ErrorCode::InvalidApiKeyExpiresAt, read_expiry(now))
                           .required(ErrorCode::MissingApiKeyExpiresAt);
    MIROIR_TRY(KeyBody parsed, table.parse(body));
    if (is_limited_to_indexes(parsed.key)) {
        const auto global = std::ranges::find_if(parsed.key.actions, is_global_action);
        if (global != parsed.key.actions.end()) {
            return fail(ErrorCode::IndexScopedApiKeyWithGlobalAction,
                        "cannot create index-scoped API key with global action `\"" + *global +
                            "\"`\n  - Hint: remove action `\"" + *global +
                            "\"` from the action list, or remove `indexes` to make the key global");
        }
    }
    return std::move(parsed.key);
}

Result<KeyChange> parse_key_change(const json::Value& body) {
    const auto refuse = [](std::string_view key, std::span<const std::string_view> known,
                           const Place& place) -> Result<void> {
        static constexpr std::pair<std::string_view, ErrorCode> kImmutable[] = {
            {"uid", ErrorCode::ImmutableApiKeyUid},
            {"actions", ErrorCode::ImmutableApiKeyActions},
            {"indexes", ErrorCode::ImmutableApiKeyIndexes},
            {"expiresAt", ErrorCode::ImmutableApiKeyExpiresAt},
            {"createdAt", ErrorCode::ImmutableApiKeyCreatedAt},
            {"updatedAt", ErrorCode::ImmutableApiKeyUpdatedAt},
            {"key", ErrorCode::ImmutableApiKeyKey},
        };
        for (const auto& [name, code] : kImmutable) {
            if (name == key) {
                return fail(code, "Immutable field `" + std::string(key) + "`: expected one of " + quoted_list(known));
            }
        }
        return place.unknown_key(key, known);
    };
    static const auto table = FieldTable<KeyChange>()
                                  .field("description", ErrorCode::InvalidApiKeyDescription, &KeyChange::description)
                                  .field("name", ErrorCode::InvalidApiKeyName, &KeyChange::name)
                                  .unknown(refuse);
    return table.parse(body);
}

void apply(const KeyChange& change, ApiKey& key, Instant now) {
    if (change.name.is_set()) key.name = change.name.value;
    if (change.name.is_reset()) key.name.reset();
    if (change.description.is_set()) key.description = change.description.value;
    if (change.description.is_reset()) key.description.reset();
    key.updated_at = now;
}

json::Value key_record(const ApiKey& key) {
    json::Object out;
    out.append("name", or_null(key.name));
    out.append("description", or_null(key.description));
    out.append("uid", key.uid);
    out.append("actions", list_of(key.actions));
    out.append("indexes", list_of(key.indexes));
    out.append("expiresAt", key.expires_at ? json::Value(rfc3339(*key.expires_at)) : json::Value());
    out.append("createdAt", rfc3339(key.created_at));
    out.append("updatedAt", rfc3339(key.updated_at));
    return out;
}

json::Value key_view(const ApiKey& key, const std::optional<std::string>& master_key) {
    const json::Value record = key_record(key);
    json::Object out;
    for (const json::Member& member : record.object()) {
        if (member.first == "uid") {
            out.append("key", master_key ? json::Value(derive_key(*master_key, key.uid)) : json::Value(""));
        }
        out.append(member.first, member.second);
    }
    return out;
}

Result<ApiKey> key_of_record(const json::Value& record) {
    const auto created = parse_rfc3339(text_at(record, "createdAt"));
    const auto updated = parse_rfc3339(text_at(record, "updatedAt"));
    if (!created || !updated) return fail(ErrorCode::InvalidStoreFile, "A stored API key cannot be read.");
    ApiKey key{.uid = text_at(record, "uid"),
               .actions = texts_in(record, "actions"),
               .indexes = texts_in(record, "indexes"),
               .expires_at = parse_rfc3339(text_at(record, "expiresAt")),
               .created_at = *created,
               .updated_at = *updated};
    if (const json::Value* name = record.find("name"); name != nullptr && name->is_string()) key.name = name->string();
    if (const json::Value* text = record.find("description"); text != nullptr && text->is_string()) {
        key.description = text->string();
    }
    return key;
}

std::vector<ApiKey> default_keys(Instant now) {
    struct Row {
        std::string_view name;
        std::string_view description;
        std::vector<std::string> actions;
    };
    const Row rows[] = {
        {"Default Search API Key", "Use it to search from the frontend", {"search"}},
        {"Default Admin API Key",
         "Use it for anything that is not a search operation. Caution! Do not expose it on a public frontend",
         {"*"}},
        {"Default Read-Only Admin API Key",
         "Use it to read information across the whole database. Caution! Do not expose this key on a public frontend",
         {"*.get", "keys.get"}},
        {"Default Chat API Key", "Use it to chat and search from the frontend", {"chatCompletions", "search"}},
    };
    std::vector<ApiKey> out;
    std::chrono::nanoseconds age{0};
    for (const Row& row : rows) {
        out.push_back({.name = std::string(row.name),
                       .description = std::string(row.description),
                       .actions = row.actions,
                       .indexes = {"*"},
                       .created_at = now - age,
                       .updated_at = now - age});
        age += std::chrono::microseconds(1);
    }
    return out;
}

bool grants_action(const ApiKey& key, std::string_view action) {
    return std::ranges::any_of(key.actions, [&](const std::string& name) { return action_covers(name, action); });
}

bool grants_index(const ApiKey& key, std::string_view index_uid) {
    return std::ranges::any_of(key.indexes, [&](const std::string& name) { return index_matches(name, index_uid); });
}

bool is_limited_to_indexes(const ApiKey& key) { return std::ranges::find(key.indexes, "*") == key.indexes.end(); }

bool is_expired(const ApiKey& key, Instant now) { return key.expires_at && now >= *key.expires_at; }

}  // namespace miroir::protocol

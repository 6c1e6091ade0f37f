#include "protocol/keys/authorise.h"

#include <algorithm>

#include "protocol/keys/action.h"
#include "protocol/keys/index_uid.h"
#include "protocol/keys/signature.h"

namespace miroir::protocol {
namespace {

std::unexpected<Error> invalid_key() { return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid."); }

std::string list_text(const std::vector<std::string>& names) {
    std::string out = "[";
    for (const std::string& name : names) out += (out.size() > 1 ? ", \"" : "\"") + name + "\"";
    return out + "]";
}

SearchRules rules_of(const ApiKey& key) {
    SearchRules out;
    for (const std::string& pattern : key.indexes) out.rules.push_back({.pattern = pattern, .filter = {}});
    return out;
}

bool takes_tenant_tokens(std::string_view action) { return action == "search" || action == "chatCompletions"; }

// The token's rules when it is a good tenant token; nullopt when it is none.
Result<std::optional<TenantToken>> admit_tenant(const KeyRing& ring, const Ask& ask, std::string_view token) {
    if (!takes_tenant_tokens(ask.action)) return std::optional<TenantToken>();
    MIROIR_TRY(std::optional<TenantToken> tenant, read_tenant_token(token));
    if (!tenant || !ring.master_key) return std::optional<TenantToken>();
    MIROIR_CHECK(check_signature(token, derive_key(*ring.master_key, tenant->key_uid)));
    const auto now = std::chrono::floor<std::chrono::seconds>(ask.now).time_since_epoch().count();
    if (tenant->expires && now > *tenant->expires) {
        return fail(ErrorCode::InvalidApiKey, "Tenant token expired. Was valid up to `" +
                                                  std::to_string(*tenant->expires) + "` and we're now `" +
                                                  std::to_string(now) + "`.");
    }
    return tenant;
}

Result<void> check_index(const Grant& grant, std::string_view index_uid) {
    if (grant.token() && !grant.token()->allows(index_uid)) {
        return fail(ErrorCode::InvalidApiKey, "The provided tenant token cannot acces the index `" +
                                                  std::string(index_uid) + "`, allowed indexes are " +
                                                  list_text(grant.token()->names()) + ".");
    }
    if (grant.key()->allows(index_uid)) return {};
    if (grant.is_tenant()) {
        return fail(
            ErrorCode::InvalidApiKey,
            "The API key used to generate this tenant token cannot acces the index `" + std::string(index_uid) + "`.");
    }
    return fail(ErrorCode::InvalidApiKey, "The API key cannot acces the index `" + std::string(index_uid) +
                                              "`, authorized indexes are " + list_text(grant.key()->names()) + ".");
}

bool admits(const ApiKey& key, const Ask& ask) {
    if (!grants_action(key, ask.action) || is_expired(key, ask.now) || key.indexes.empty()) return false;
    if (!is_limited_to_indexes(key)) return true;
    return ask.index_uid ? grants_index(key, *ask.index_uid) : is_checked_by_route(ask.action);
}

Result<Grant> admit(const KeyRing& ring, const Ask& ask, std::string_view token) {
    const bool about_keys = ask.action.starts_with("keys.");
    if (ring.master_key ? same_secret(*ring.master_key, token) : !about_keys) return Grant();
    MIROIR_TRY(std::optional<TenantToken> tenant, admit_tenant(ring, ask, token));
    const ApiKey* key = tenant ? ring.find_by_uid(tenant->key_uid) : ring.find_by_text(token);
    if (key == nullptr) return invalid_key();
    Grant grant(rules_of(*key), tenant ? std::optional(std::move(tenant->rules)) : std::nullopt,
                grants_action(*key, "indexes.create"));
    if (ask.index_uid) MIROIR_CHECK(check_index(grant, *ask.index_uid));
    if (!admits(*key, ask)) return invalid_key();
    return grant;
}

bool is_plain(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

json::Array as_list(json::Value filter) {
    if (filter.is_array()) return std::move(filter.array());
    return json::Array{std::move(filter)};
}

}  // namespace

bool Grant::allows(std::string_view index_uid) const {
    return (!key_ || key_->allows(index_uid)) && (!token_ || token_->allows(index_uid));
}

bool Grant::allows_all() const {
    const auto all = [](const std::optional<SearchRules>& rules) {
        if (!rules) return true;
        for (const auto& rule : rules->rules) {
            if (rule.pattern == "*") return true;
        }
        return false;
    };
    return all(key_) && all(token_);
}

json::Value Grant::forced_filter(std::string_view index_uid) const {
    if (!token_) return {};
    const SearchRules::Rule* rule = token_->rule_of(index_uid);
    return rule == nullptr ? json::Value() : rule->filter;
}

void KeyRing::put(const std::string& uid, ApiKey key) {
    keys.insert_or_assign(uid, std::move(key));
    if (master_key) texts.insert_or_assign(uid, derive_key(*master_key, uid));
}

void KeyRing::erase(const std::string& uid) {
    keys.erase(uid);
    texts.erase(uid);
}

const ApiKey* KeyRing::find_by_uid(std::string_view uid) const {
    const auto found = keys.find(std::string(uid));
    return found == keys.end() ? nullptr : &found->second;
}

const ApiKey* KeyRing::find_by_text(std::string_view key) const {
    const std::string* found = nullptr;
    for (const auto& [uid, text] : texts) {  // all of them, whichever it is
        if (same_secret(text, key)) found = &uid;
    }
    return found == nullptr ? nullptr : find_by_uid(*found);
}

Result<Grant> authorise(const KeyRing& ring, const Ask& ask) {
    std::string_view token;
    if (ask.has_authorization) {
        const std::size_t space = ask.authorization.find(' ');
        const bool plain = std::ranges::all_of(ask.authorization, is_plain);  // other bytes: as if there were no header
        if (!plain || ask.authorization.substr(0, space) != "Bearer") {
            return fail(ErrorCode::MissingAuthorizationHeader,
                        "The Authorization header is missing. It must use the bearer authorization method.");
        }
        if (space == std::string_view::npos) return invalid_key();
        token = ask.authorization.substr(space + 1);
    }
    auto grant = admit(ring, ask, token);
    if (grant) return grant;
    if (!ring.master_key) {
        return fail(ErrorCode::MissingMasterKey,
                    "Meilisearch is running without a master key. To access this API endpoint, you must have set a "
                    "master key at launch.");
    }
    if (!ask.has_authorization) {
        return fail(ErrorCode::MissingAuthorizationHeader,
                    "The Authorization header is missing. It must use the bearer authorization method.");
    }
    return grant;
}

json::Value join_filters(json::Value of_user, json::Value of_rule) {
    if (of_user.is_null()) return of_rule;
    if (of_rule.is_null()) return of_user;
    json::Array out = as_list(std::move(of_user));
    for (json::Value& clause : as_list(std::move(of_rule))) out.push_back(std::move(clause));
    return out;
}

}  // namespace miroir::protocol

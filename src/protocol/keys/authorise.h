// Who may do what: a pure decision over the presented token, the action that the route asks for, the index in its
// path and the stored keys. Refusals are the engine's, word for word.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/keys/api_key.h"
#include "protocol/keys/tenant_token.h"

namespace miroir::protocol {

// What an admitted request may touch. The master key, and everyone where there is none, may touch everything.
class Grant {
public:
    Grant() = default;  // everything
    Grant(SearchRules key_indexes, std::optional<SearchRules> token, bool creates_indexes)
        : key_(std::move(key_indexes)), token_(std::move(token)), creates_(creates_indexes) {}

    bool allows(std::string_view index_uid) const;
    bool allows_all() const;
    // A write may bring the index into being.
    bool may_create(std::string_view index_uid) const { return creates_ && allows(index_uid); }
    bool is_tenant() const { return token_.has_value(); }
    const std::optional<SearchRules>& token() const { return token_; }
    const std::optional<SearchRules>& key() const { return key_; }
    // The filter that a tenant's rule adds to every search of this index; null when there is none.
    json::Value forced_filter(std::string_view index_uid) const;

private:
    std::optional<SearchRules> key_;  // nullopt: everything
    std::optional<SearchRules> token_;
    bool creates_ = true;
};

struct KeyRing {
    std::optional<std::string> master_key;
    std::map<std::string, ApiKey> keys{};        // by uid
    std::map<std::string, std::string> texts{};  // by uid: deriving one costs more than most requests

    void put(const std::string& uid, ApiKey key);  // once the master key is known
    void erase(const std::string& uid);
    const ApiKey* find_by_uid(std::string_view uid) const;
    const ApiKey* find_by_text(std::string_view key) const;  // the key text
};

struct Ask {
    std::string_view authorization;  // the header's value
    bool has_authorization = false;
    std::string_view action;
    std::optional<std::string_view> index_uid{};  // when the path names one
    Instant now{};
};

Result<Grant> authorise(const KeyRing& ring, const Ask& ask);

// A search's filter and the tenant's: both must hold. Either may be null.
json::Value join_filters(json::Value of_user, json::Value of_rule);

}  // namespace miroir::protocol

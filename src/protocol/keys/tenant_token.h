// Tenant tokens: JSON web tokens signed with the text of an API key, which narrow what a search may see.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

// Which indexes a token (or key) may search, and the filter that each search carries.
struct SearchRules {
    struct Rule {
        std::string pattern;
        json::Value filter;  // null: none
    };
    std::vector<Rule> rules;

    bool allows(std::string_view index_uid) const;
    // The rule of an index: an exact name before patterns, then the longest pattern.
    const Rule* rule_of(std::string_view index_uid) const;
    std::vector<std::string> names() const;  // sorted
};

struct TenantToken {
    std::string key_uid;
    SearchRules rules;
    std::optional<std::int64_t> expires;  // seconds since 1970
};

// Reads the claims without believing them. nullopt: this is no token at all, perhaps a key.
Result<std::optional<TenantToken>> read_tenant_token(std::string_view text);
// Is the token signed with this key? InvalidSignature otherwise.
Result<void> check_signature(std::string_view token, std::string_view key);

}  // namespace miroir::protocol

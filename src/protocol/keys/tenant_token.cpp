#include "protocol/keys/tenant_token.h"

#include <algorithm>

#include "json/parse.h"
#include "protocol/keys/index_uid.h"
#include "protocol/keys/signature.h"
#include "protocol/keys/uuid.h"

namespace miroir::protocol {
namespace {

struct Parts {
    std::string_view signed_text;
    std::string_view header;
    std::string_view claims;
    std::string_view signature;
};

std::optional<Parts> split(std::string_view token) {
    const std::size_t last = token.rfind('.');
    if (last == std::string_view::npos) return std::nullopt;
    const std::string_view signed_text = token.substr(0, last);
    const std::size_t first = signed_text.find('.');
    if (first == std::string_view::npos || signed_text.find('.', first + 1) != std::string_view::npos)
        return std::nullopt;
    return Parts{.signed_text = signed_text,
                 .header = signed_text.substr(0, first),
                 .claims = signed_text.substr(first + 1),
                 .signature = token.substr(last + 1)};
}

std::unexpected<Error> undecodable(std::string why) {
    return fail(ErrorCode::InvalidApiKey, "Could not decode tenant token, " + std::move(why) + ".");
}

std::unexpected<Error> bad_json(std::string why, std::size_t length) {
    return undecodable("JSON error: " + std::move(why) + " at line 1 column " + std::to_string(length));
}

bool is_filter_rule(const json::Value& rule) { return rule.is_null() || rule.is_object(); }

std::optional<SearchRules> read_rules(const json::Value& value) {
    SearchRules out;
    if (value.is_array()) {
        for (const json::Value& item : value.array()) {
            if (!item.is_string() || !is_index_pattern(item.string())) return std::nullopt;
            out.rules.push_back({.pattern = item.string(), .filter = {}});
        }
        return out;
    }
    if (!value.is_object()) return std::nullopt;
    for (const json::Member& member : value.object()) {
        if (!is_index_pattern(member.first) || !is_filter_rule(member.second)) return std::nullopt;
        const json::Value* filter = member.second.find("filter");
        out.rules.push_back({.pattern = member.first, .filter = filter != nullptr ? *filter : json::Value()});
    }
    return out;
}

Result<TenantToken> read_claims(const json::Value& claims, std::size_t length) {
    TenantToken token;
    if (!claims.is_object()) return bad_json("invalid type, expected struct Claims", length);
    const json::Value* rules = claims.find("searchRules");
    if (rules != nullptr) {
        auto parsed = read_rules(*rules);
        if (!parsed) return bad_json("data did not match any variant of untagged enum SearchRules", length);
        token.rules = std::move(*parsed);
    }
    if (const json::Value* uid = claims.find("apiKeyUid"); uid != nullptr) {
        if (!uid->is_string()) return bad_json("invalid type, expected a formatted UUID string", length);
        auto parsed = parse_uuid(uid->string());
        if (!parsed) return bad_json("UUID parsing failed: " + parsed.error(), length);
        token.key_uid = std::move(*parsed);
    }
    if (const json::Value* expires = claims.find("exp"); expires != nullptr && !expires->is_null()) {
        if (!expires->is_integer()) return bad_json("invalid type, expected i64", length);
        token.expires = expires->is_unsigned() ? static_cast<std::int64_t>(expires->unsigned_integer())
                                               : expires->negative_integer();
    }
    if (rules == nullptr) return bad_json("missing field `searchRules`", length);
    if (claims.find("apiKeyUid") == nullptr) return bad_json("missing field `apiKeyUid`", length);
    return token;
}

std::optional<Digest> digest_of(std::string_view encoded_header) {
    const auto text = base64url_decode(encoded_header);
    const auto header = text ? json::parse(*text) : std::unexpected(json::ParseError{});
    if (!header || !header->is_object()) return std::nullopt;
    const json::Value* algorithm = header->find("alg");
    if (algorithm == nullptr || !algorithm->is_string()) return std::nullopt;
    if (algorithm->string() == "HS256") return Digest::Sha256;
    if (algorithm->string() == "HS384") return Digest::Sha384;
    if (algorithm->string() == "HS512") return Digest::Sha512;
    return std::nullopt;
}

}  // namespace

bool SearchRules::allows(std::string_view index_uid) const {
    return std::ranges::any_of(rules, [&](const Rule& rule) { return index_matches(rule.pattern, index_uid); });
}

const SearchRules::Rule* SearchRules::rule_of(std::string_view index_uid) const {
    const Rule* best = nullptr;
    for (const Rule& rule : rules) {
        if (rule.pattern == index_uid) return &rule;
        if (!index_matches(rule.pattern, index_uid)) continue;
        if (best == nullptr || rule.pattern.size() > best->pattern.size()) best = &rule;
    }
    return best;
}

std::vector<std::string> SearchRules::names() const {
    std::vector<std::string> out;
    for (const Rule& rule : rules) out.push_back(rule.pattern);
    std::ranges::sort(out);
    return out;
}

Result<std::optional<TenantToken>> read_tenant_token(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return std::optional<TenantToken>();
    const auto header = base64url_decode(parts->header);
    if (!header) return undecodable("Base64 error: Invalid input");
    if (const auto parsed = json::parse(*header); !parsed || !parsed->is_object()) {
        return undecodable("JSON error: " + (parsed ? std::string("invalid header") : parsed.error().message));
    }
    const auto claims = base64url_decode(parts->claims);
    if (!claims) return undecodable("Base64 error: Invalid input");
    const auto parsed = json::parse(*claims);
    if (!parsed) return undecodable("JSON error: " + parsed.error().message);
    MIROIR_TRY(TenantToken token, read_claims(*parsed, claims->size()));
    return std::optional(std::move(token));
}

Result<void> check_signature(std::string_view token, std::string_view key) {
    const auto parts = split(token);
    const auto digest = parts ? digest_of(parts->header) : std::nullopt;
    if (!digest) return undecodable("InvalidAlgorithm");
    const auto signature = base64url_decode(parts->signature);
    if (!signature || !same_secret(*signature, hmac(*digest, key, parts->signed_text))) {
        return undecodable("InvalidSignature");
    }
    return {};
}

}  // namespace miroir::protocol

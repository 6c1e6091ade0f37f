#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/keys/action.h"
#include "protocol/keys/authorise.h"
#include "protocol/keys/signature.h"
#include "protocol/keys/uuid.h"

namespace miroir::protocol {
namespace {

constexpr std::string_view kUid = "4c2f6a10-5b7d-4e3a-9a51-0d8f2b6c0001";
const Instant kNow = *parse_rfc3339("2026-01-01T00:00:00Z");

Result<ApiKey> made(std::string_view body) { return parse_new_key(*json::parse(body), kNow); }

TEST(Key, DerivesFromMasterKeyAndUid) {
    EXPECT_EQ(derive_key("masterKey", kUid), "530f6574095be18c24d4eca1100b138909cd5b58189f284b8a8574e158629b08");
}

TEST(Key, ExpiryTakesFourFormsAndMustLieAhead) {
    const auto expiry = [](std::string_view text) {
        return made("{\"actions\":[\"search\"],\"indexes\":[\"*\"],\"expiresAt\":\"" + std::string(text) + "\"}");
    };
    for (const char* good : {"2098-01-02", "2098-01-02 00:00:00", "2098-01-02T00:00:00", "2098-01-02T00:00:00Z"}) {
        ASSERT_TRUE(expiry(good)) << good;
        EXPECT_EQ(rfc3339(*expiry(good)->expires_at), "2098-01-02T00:00:00Z");
    }
    EXPECT_EQ(expiry("2001-01-01T00:00:00Z").error().code, ErrorCode::InvalidApiKeyExpiresAt);
}

TEST(Key, AGlobalActionNeedsAllIndexes) {
    const auto refused = made("{\"actions\":[\"indexes.*\",\"version\"],\"indexes\":[\"films\"],\"expiresAt\":null}");
    EXPECT_EQ(refused.error().code, ErrorCode::IndexScopedApiKeyWithGlobalAction);
    EXPECT_NE(refused.error().message.find("`\"version\"`"), std::string::npos);
    EXPECT_TRUE(made("{\"actions\":[\"*.get\"],\"indexes\":[\"films\"],\"expiresAt\":null}"));
}

TEST(Action, StarsCoverWhatTheEngineSays) {
    EXPECT_TRUE(action_covers("*", kEditDocuments));
    EXPECT_FALSE(action_covers("documents.*", kEditDocuments));
    EXPECT_TRUE(action_covers("documents.*", "documents.add"));
    EXPECT_TRUE(action_covers("*.get", "export"));
    EXPECT_FALSE(action_covers("*.get", "keys.get"));
    EXPECT_FALSE(action_covers("chats.*", "chatsSettings.get"));
}

TEST(Uuid, WordsItsFaults) {
    EXPECT_EQ(parse_uuid("4C2F6A105B7D4E3A9A510D8F2B6C0001").value(), kUid);
    EXPECT_EQ(parse_uuid("one").error(), "invalid character: found `o` at 0");
    EXPECT_EQ(parse_uuid("abc").error(), "invalid length: expected length 32 for simple format, found 3");
}

KeyRing ring_with(std::vector<std::string> actions, std::vector<std::string> indexes) {
    KeyRing ring{.master_key = "masterKey"};
    ring.put(std::string(kUid),
             {.uid = std::string(kUid), .actions = std::move(actions), .indexes = std::move(indexes)});
    return ring;
}

Result<Grant> asked(const KeyRing& ring, std::string token, std::string_view action,
                    std::optional<std::string_view> index = std::nullopt) {
    token = "Bearer " + token;
    return authorise(
        ring, {.authorization = token, .has_authorization = true, .action = action, .index_uid = index, .now = kNow});
}

TEST(Authorise, MasterKeyMayEverythingAndNoKeyNothing) {
    const KeyRing ring = ring_with({"search"}, {"*"});
    EXPECT_TRUE(asked(ring, "masterKey", "keys.create"));
    EXPECT_EQ(authorise(ring, {.action = "search"}).error().code, ErrorCode::MissingAuthorizationHeader);
    EXPECT_EQ(asked(ring, "masterkey", "search").error().code, ErrorCode::InvalidApiKey);
    EXPECT_EQ(asked(ring, "\xff\xfe", "search").error().code, ErrorCode::MissingAuthorizationHeader);
    EXPECT_TRUE(authorise(KeyRing{}, {.action = "search"}));
    EXPECT_EQ(authorise(KeyRing{}, {.action = "keys.get"}).error().code, ErrorCode::MissingMasterKey);
}

TEST(Authorise, AKeyIsHeldToItsActionsAndIndexes) {
    const KeyRing ring = ring_with({"search", "tasks.get", "version"}, {"films*"});
    const std::string key = derive_key("masterKey", kUid);
    EXPECT_TRUE(asked(ring, key, "search", "films2"));
    EXPECT_EQ(asked(ring, key, "search", "books").error().message,
              "The API key cannot acces the index `books`, authorized indexes are [\"films*\"].");
    EXPECT_FALSE(asked(ring, key, "documents.add", "films"));
    EXPECT_TRUE(asked(ring, key, "tasks.get"));
    EXPECT_FALSE(asked(ring, key, "version"));  // needs all indexes
}

std::string base64url(std::string_view bytes) {
    static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6) out += kDigits[bits >> (count - 6) & 63];
    }
    if (count > 0) out += kDigits[bits << (6 - count) & 63];
    return out;
}

std::string token(std::string_view claims, std::string_view key) {
    const std::string text = base64url("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + base64url(claims);
    return text + "." + base64url(hmac(Digest::Sha256, key, text));
}

TEST(Tenant, RulesNarrowAndFiltersAreForced) {
    const KeyRing ring = ring_with({"search"}, {"*"});
    const std::string key = derive_key("masterKey", kUid);
    const std::string uid = "\"apiKeyUid\":\"" + std::string(kUid) + "\"";
    const std::string good = token("{" + uid + ",\"searchRules\":{\"*\":null,\"fil*\":{\"filter\":\"a = 1\"}}}", key);
    const auto grant = asked(ring, good, "search", "films");
    ASSERT_TRUE(grant);
    EXPECT_EQ(json::to_text(grant->forced_filter("films")), "\"a = 1\"");
    EXPECT_TRUE(grant->forced_filter("books").is_null());
    EXPECT_FALSE(asked(ring, good, "documents.get", "films"));  // tenants only search

    EXPECT_EQ(asked(ring, token("{" + uid + ",\"searchRules\":[\"films\"]}", key), "search", "books").error().message,
              "The provided tenant token cannot acces the index `books`, allowed indexes are [\"films\"].");
    EXPECT_EQ(asked(ring, token("{" + uid + ",\"searchRules\":[\"*\"],\"exp\":5}", key), "search", "a").error().message,
              "Tenant token expired. Was valid up to `5` and we're now `1767225600`.");
    EXPECT_EQ(asked(ring, token("{" + uid + ",\"searchRules\":[\"*\"]}", "forged"), "search", "a").error().message,
              "Could not decode tenant token, InvalidSignature.");
    EXPECT_EQ(asked(ring, token("{\"searchRules\":[\"*\"]}", key), "search", "a").error().message,
              "Could not decode tenant token, JSON error: missing field `apiKeyUid` at line 1 column 21.");
}

TEST(Tenant, FiltersAreJoinedNotPasted) {
    json::Array rule;
    rule.emplace_back(json::Array{"c = 3", "d = 4"});
    const json::Value joined = join_filters("a = 1 OR b = 2", std::move(rule));
    EXPECT_EQ(json::to_text(joined), "[\"a = 1 OR b = 2\",[\"c = 3\",\"d = 4\"]]");
    EXPECT_TRUE(join_filters({}, {}).is_null());
}

}  // namespace
}  // namespace miroir::protocol

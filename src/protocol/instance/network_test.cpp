#include "protocol/instance/network.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::protocol {
namespace {

// What PATCH /network makes of a network: the member of its view, or the refusal.
class Patched {
public:
    std::string operator()(std::string_view body, std::string_view member) {
        const Result<NetworkBody> read = parse_network(json::parse(body).value());
        if (!read) return read.error().message;
        Result<json::Value> merged = merged_network(network_, *read);
        if (!merged) return merged.error().message;
        network_ = *std::move(merged);
        return json::to_text(*network_view(network_).find(member));
    }
    const json::Value& network() const { return network_; }

private:
    json::Value network_ = fresh_network();
};

TEST(Network, KeepsShardsAsTheEngineDoes) {
    Patched patched;
    EXPECT_EQ(patched(R"({"shards":{"s":{"remotes":["b","a","a"]},"r":{"addRemotes":["x"]}}})", "shards"),
              R"({"r":{"remotes":["x"]},"s":{"remotes":["a","b"]}})");
    EXPECT_EQ(patched(R"({"remotes":{"a":null,"x":null}})", "shards"), R"({"s":{"remotes":["b"]}})");
    EXPECT_EQ(patched(R"({"remotes":null})", "shards"), R"({"s":{"remotes":["b"]}})");
    EXPECT_EQ(patched(R"({"shards":{"s":{"remotes":["m"],"addRemotes":["n"],"removeRemotes":["m"]}}})", "shards"),
              R"({"s":{"remotes":["n"]}})");
    EXPECT_EQ(patched(R"({"shards":{"s":{"remotes":null,"addRemotes":["o"]},"t":null}})", "shards"),
              R"({"s":{"remotes":["n","o"]}})");
    EXPECT_EQ(patched(R"({"self":"o"})", "shards"), R"({"s":{"remotes":["n","o"]}})");
    EXPECT_EQ(patched(R"({"shards":{"s":{"removeRemotes":["n","o"]},"u":{}}})", "shards"), "{}");
    EXPECT_EQ(patched(R"({"shards":{"s":{"remotes":["a"]}}})", "shards"), R"({"s":{"remotes":["a"]}})");
    EXPECT_EQ(patched(R"({"shards":null})", "shards"), "{}");
}

TEST(Network, RefusesAsTheEngineDoes) {
    Patched patched;
    EXPECT_EQ(patched(R"({"shards":{"s":{"bad":1}}})", "shards"),
              "Unknown field `bad` inside `.shards.s`: expected one of `remotes`, `addRemotes`, `removeRemotes`");
    EXPECT_EQ(patched(R"({"previousShards":{"s":3}})", "shards"),
              "Invalid value type at `.previousShards.s`: expected an object, but found a positive integer: `3`");
    EXPECT_EQ(patched(R"({"previousShards":{"s":{"remotes":["a"]}}})", "shards"), "{}");
    EXPECT_EQ(patched(R"({"leader":"x","previousRemotes":{}})", "shards"),
              "Meilisearch Enterprise Edition is required to set `network.leader`");
    EXPECT_EQ(patched(R"({"remotes":{"q":{"url":"nope"}}})", "remotes"),
              "Invalid `.remotes.q.url` (`nope`): relative URL without a base");
    EXPECT_EQ(patched(R"({"remotes":{"q":{"url":"ftp://x"}}})", "self"), "null");
    EXPECT_EQ(patched(R"({"remotes":{"q":{"url":"http://a:99999"}}})", "remotes"),
              "Invalid `.remotes.q.url` (`http://a:99999`): invalid port number");
}

TEST(Network, IsTheSameBehindADumpButForTheNameOfWhoMadeIt) {
    Patched patched;
    patched(R"({"self":"a","remotes":{"a":{"url":"http://a.example"}},"shards":{"s":{"remotes":["a"]}}})", "self");
    json::Value expected = network_view(patched.network());
    expected["self"] = nullptr;
    EXPECT_EQ(json::to_text(network_view(network_from_dump(network_view(patched.network())))), json::to_text(expected));
    EXPECT_EQ(network_from_dump(json::parse(R"({"remotes":{},"version":"short","shards":[],"self":3})").value()),
              fresh_network());
    const json::Value old =
        json::parse(R"({"self":null,"remotes":{},"version":"01a201900467-7c33-b7fc-7cfd20c11c4e"})").value();
    EXPECT_EQ(json::to_text(*network_view(old).find("shards")), "{}") << "kept before shards were";
}

}  // namespace
}  // namespace miroir::protocol

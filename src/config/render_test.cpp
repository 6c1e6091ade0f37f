#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "config/key_table.h"
#include "config/load.h"
#include "config/settings.h"
#include "config/values.h"

extern const char* const kSourceDir;  // made by cmake/room.cmake

namespace miroir::config {
namespace {

std::string file_text(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

TEST(ConfigReference, ThePageInTheRepositoryIsTheGeneratedOne) {
    EXPECT_EQ(file_text(std::string(kSourceDir) + "/docs/config.md"), reference())
        << "docs/config.md is stale: miroir config reference > docs/config.md";
}

TEST(ConfigReference, EveryKeyIsExplained) {
    std::set<std::string> variables = {"MIROIR_NODES", "MIROIR_CONFIG"};
    std::set<std::string> flag_names = {"--node", "--config", "--help"};
    for (const Key<Config>& key : keys()) {
        EXPECT_TRUE(key.explanation.ends_with('.')) << key.path;
        EXPECT_TRUE(variables.insert(variable_of(key.path)).second)
            << key.path << " shares its variable with another key";
        EXPECT_TRUE(flag_names.insert(flag_of(key.path)).second) << key.path << " shares its flag with another key";
        if (!key.part_of.empty()) EXPECT_NE(find_key(key.part_of), nullptr) << key.path;
    }
}

TEST(ConfigReference, EveryDefaultIsInsideItsOwnBounds) {
    Config config;
    for (const Key<Config>& key : keys()) {
        Target target = key.target(config);
        EXPECT_EQ(assign(target, key, show(target, key)), std::nullopt) << key.path;
    }
    EXPECT_EQ(config, Config{}) << "showing and reading back changed a default";
}

Config unusual() {
    Config config;
    config.mode = Mode::Production;
    config.log_level = env::LogLevel::Trace;
    config.http_addr = {.host = "::1", .port = 1};
    config.metrics_addr = {.host = "localhost", .port = 2};
    config.shards = 3;
    config.replication_factor = 1;
    config.nodes = {{.id = "null", .address = "http://h:1", .replica_group = 0, .zone = "a \"b\" \\c", .weight = 0.1},
                    {.id = "1e3", .address = "https://h", .replica_group = 0, .zone = "", .weight = 3}};
    config.server.max_body_bytes = 123'456;
    config.connection_pool_per_node.idle_timeout = milliseconds(7000);
    config.tls = {.cert_path = "/c: x", .key_path = "/k#", .client_ca_path = "/a", .require_client_cert = true};
    return config;
}

TEST(ConfigPrint, WhatIsPrintedReadsBackAsItWas) {
    const Config config = unusual();
    const Source source = read_yaml("printed", print(config));
    ASSERT_TRUE(source.problems.empty()) << source.problems[0].text() << "\n" << print(config);
    Config again;
    again.nodes.resize(2);
    for (const Setting& setting : source.settings) {
        if (setting.path.starts_with("nodes[")) {
            const Key<Node>* key = find_node_key(setting.path.substr(9));
            ASSERT_NE(key, nullptr) << setting.path;
            EXPECT_EQ(assign(key->target(again.nodes[setting.path[6] == '0' ? 0 : 1]), *key, setting.text),
                      std::nullopt);
        } else {
            const Key<Config>* key = find_key(setting.path);
            EXPECT_EQ(assign(key->target(again), *key, setting.text), std::nullopt);
        }
    }
    EXPECT_EQ(again, config);
}

TEST(ConfigPrint, NeverShowsASecret) {
    Config config = unusual();
    config.master_key = "CANARY-master";
    config.node_master_key = "CANARY-node";
    config.admin_api_key = "CANARY-admin";
    const std::string text = print(config);
    EXPECT_EQ(text.find("CANARY"), std::string::npos);
    EXPECT_NE(text.find("# master_key: set, not shown"), std::string::npos);
    EXPECT_NE(text.find("  # api_key: set, not shown"), std::string::npos);
}

TEST(ConfigFlags, SecretsHaveNone) {
    std::set<std::string> names;
    for (const Flag& flag : flags()) names.insert(flag.name);
    EXPECT_TRUE(names.contains("--http-addr"));
    EXPECT_TRUE(names.contains("--node"));
    for (const Key<Config>& key : keys()) EXPECT_EQ(names.contains(flag_of(key.path)), !key.secret) << key.path;
}

TEST(ConfigFlags, ASwitchHasNoValueAndAChoiceNamesItsWords) {
    for (const Flag& flag : flags()) {
        if (flag.key == "tls.require_client_cert") EXPECT_EQ(flag.metavar, "");
        if (flag.key == "env") EXPECT_EQ(flag.metavar, "development|production");
        if (flag.key == "http_addr") EXPECT_EQ(flag.metavar, "HOST:PORT");
    }
}

TEST(ConfigValues, SizesReadAsMeilisearchReadsThem) {
    const std::vector<std::pair<std::string, std::optional<std::uint64_t>>> cases = {
        {"100 MB", 100'000'000},
        {"100MB", 100'000'000},
        {"100000000", 100'000'000},
        {"1 KiB", 1024},
        {"1kB", 1000},
        {"1 kb", 125},
        {"8b", 1},
        {"9 bits", 2},
        {"1Mib", 131'072},
        {"1.5 MiB", 1'572'864},
        {"10 m", 10'000'000},
        {"10Mi", 10'485'760},
        {" 7 B ", 7},
        {"16777216TiB", std::nullopt},
        {"", std::nullopt},
        {"MB", std::nullopt},
        {"1.", std::nullopt},
        {".5kB", std::nullopt},
        {"1.2.3kB", std::nullopt},
        {"-1", std::nullopt},
        {"1 XB", std::nullopt},
        {"1 MBB", std::nullopt},
        {"1e3", std::nullopt},
    };
    for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(ConfigValues, EndpointsReadAndShow) {
    for (const std::string text : {"0.0.0.0:7700", "localhost:0", "[::1]:65535", "a-b.c_d:1"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint_text(*endpoint), text);
    }
    for (const std::string text :
         {"", ":1", "h", "h:", "h:65536", "h:-1", "h:1x", "::1:7700", "[::1]", "[::1]7700", "h /:1", "http://h:1"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

TEST(ConfigValues, AddressesOfNodesHaveOneForm) {
    EXPECT_EQ(normal_address("http://Host"), "http://host:80");
    EXPECT_EQ(normal_address("HTTPS://host/"), "https://host:443");
    EXPECT_EQ(normal_address("http://[FE80::1]:7700"), "http://[fe80::1]:7700");
    for (const std::string text :
         {"", "host:7700", "ftp://h:1", "http://", "http://h:0", "http://h:1/x", "http://h:1?x", "http://u:p@h:1"}) {
        EXPECT_FALSE(normal_address(text)) << text;
    }
}

}  // namespace
}  // namespace miroir::config

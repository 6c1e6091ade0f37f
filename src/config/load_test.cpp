#include "config/load.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "config/settings.h"

namespace miroir::config {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kCanary = "CANARY-5c1d9e-never-shown";

// A file that lives as long as the test.
class TempFile {
public:
    explicit TempFile(const std::string& text) {
        std::string pattern = (std::filesystem::temp_directory_path() / "miroir-config-XXXXXX").string();
        const int fd = ::mkstemp(pattern.data());
        path = pattern;
        std::ofstream(path) << text;
        ::close(fd);
    }
    ~TempFile() { std::filesystem::remove(path); }
    std::string path;
};

std::expected<Loaded, std::vector<Problem>> load_text(const std::string& yaml, Pairs environment = {},
                                                      Pairs flags = {}) {
    const TempFile file(yaml);
    Sources sources{
        .file = file.path, .environment = std::move(environment), .flags = std::move(flags), .need_nodes = false};
    return load(sources);
}

// "line key: message" of every problem, so that a case is one comparison.
std::vector<std::string> problems_of(const std::string& yaml, Pairs environment = {}, Pairs flags = {}) {
    std::vector<std::string> out;
    const auto loaded = load_text(yaml, std::move(environment), std::move(flags));
    if (loaded) return out;
    for (const Problem& problem : loaded.error()) {
        std::string found = problem.found.empty() ? "" : " found " + problem.found;
        out.push_back(std::to_string(problem.line) + " " + problem.key + found + ": " + problem.message);
    }
    return out;
}

std::string only_problem(const std::string& yaml, Pairs environment = {}, Pairs flags = {}) {
    const auto problems = problems_of(yaml, std::move(environment), std::move(flags));
    if (problems.size() == 1) return problems[0];
    std::string all = std::to_string(problems.size()) + " problems";
    for (const std::string& problem : problems) all += "\n" + problem;
    return all;
}

TEST(ConfigLoad, DefaultsAreValid) {
    EXPECT_TRUE(check(Config{}, false).empty());
    const auto loaded = load({.search_default_files = false, .need_nodes = false});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config, Config{});
}

TEST(ConfigLoad, NoNodesIsToldWhenTheyAreNeeded) {
    const auto loaded = load({.search_default_files = false});
    ASSERT_FALSE(loaded);
    ASSERT_EQ(loaded.error().size(), 1U);
    EXPECT_EQ(loaded.error()[0].key, "nodes");
}

TEST(ConfigLoad, ReadsAFileWithEveryKindOfValue) {
    const auto loaded = load_text(R"(
env: production
log_level: WARN
http_addr: "[::1]:7701"
master_key: 0123456789012345
shards: 16
replication_factor: 1
server:
  max_body_bytes: 1.5 MiB
  idle_timeout_ms: 1500
tls: {cert_path: /c.pem, key_path: /k.pem, client_ca_path: /a.pem, require_client_cert: true}
connection_pool_per_node:
  idle_timeout_s: 3
health:
nodes:
  - id: a
    address: http://10.0.0.1:7700
    zone: east
    weight: 2.5
)");
    ASSERT_TRUE(loaded) << loaded.error()[0].text();
    const Config& config = loaded->config;
    EXPECT_EQ(config.mode, Mode::Production);
    EXPECT_EQ(config.log_level, env::LogLevel::Warn);
    EXPECT_EQ(config.http_addr, (Endpoint{"::1", 7701}));
    EXPECT_EQ(config.master_key, "0123456789012345");
    EXPECT_EQ(config.shards, 16U);
    EXPECT_EQ(config.server.max_body_bytes, 1'572'864U);
    EXPECT_EQ(config.server.idle_timeout, milliseconds(1500));
    EXPECT_TRUE(config.tls.require_client_cert);
    EXPECT_EQ(config.connection_pool_per_node.idle_timeout, milliseconds(3000));
    ASSERT_EQ(config.nodes.size(), 1U);
    EXPECT_EQ(config.nodes[0], (Node{.id = "a", .address = "http://10.0.0.1:7700", .zone = "east", .weight = 2.5}));
}

TEST(ConfigLoad, LaterSourcesWin) {
    const std::string yaml = "shards: 10\nserver: {threads: 1}\nmaster_key: from-the-file\nlog_level: error\n";
    const Pairs environment = {{"MIROIR_SHARDS", "20"},
                               {"MEILI_MASTER_KEY", "from-meili"},
                               {"MEILI_LOG_LEVEL", "DEBUG"},
                               {"MIROIR_LOG_LEVEL", "trace"}};
    const auto loaded = load_text(yaml, environment, {{"shards", "30"}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config.shards, 30U);
    EXPECT_EQ(loaded->config.server.threads, 1U);
    EXPECT_EQ(loaded->config.master_key, "from-meili");
    EXPECT_EQ(loaded->config.log_level, env::LogLevel::Trace) << "our variable wins over Meilisearch's";
}

TEST(ConfigLoad, VariablesOfManyWordsWork) {
    const auto loaded = load_text("", {{"MIROIR_NODE_MASTER_KEY", "n"},
                                       {"MIROIR_ADMIN_API_KEY", "a"},
                                       {"MIROIR_CONNECTION_POOL_PER_NODE_IDLE_TIMEOUT_S", "2"},
                                       {"MEILI_HTTP_PAYLOAD_SIZE_LIMIT", "2 kB"},
                                       {"MEILI_HTTP_ADDR", "localhost:7799"},
                                       {"MEILI_SSL_CERT_PATH", "/c"},
                                       {"MEILI_SSL_KEY_PATH", "/k"},
                                       {"MEILI_SSL_AUTH_PATH", "/a"},
                                       {"MEILI_SSL_REQUIRE_AUTH", "true"},
                                       {"MEILI_DB_PATH", "/not/ours"}});
    ASSERT_TRUE(loaded) << loaded.error()[0].text();
    EXPECT_EQ(loaded->config.node_master_key, "n");
    EXPECT_EQ(loaded->config.admin_api_key, "a");
    EXPECT_EQ(loaded->config.connection_pool_per_node.idle_timeout, milliseconds(2000));
    EXPECT_EQ(loaded->config.server.max_body_bytes, 2000U);
    EXPECT_EQ(loaded->config.http_addr, (Endpoint{"localhost", 7799}));
    EXPECT_EQ(loaded->config.tls,
              (Tls{.cert_path = "/c", .key_path = "/k", .client_ca_path = "/a", .require_client_cert = true}));
}

TEST(ConfigLoad, NodesComeFromTheEnvironmentAndFromFlags) {
    const std::string yaml = "replication_factor: 1\nreplica_groups: 2\nnodes: [{id: file, address: http://f:1}]\n";
    const auto from_environment = load_text(yaml, {{"MIROIR_NODES", "a=http://a:7700, b@1=http://b:7700,"}});
    ASSERT_TRUE(from_environment) << from_environment.error()[0].text();
    ASSERT_EQ(from_environment->config.nodes.size(), 2U) << "replaces the list of the file";
    EXPECT_EQ(from_environment->config.nodes[1], (Node{.id = "b", .address = "http://b:7700", .replica_group = 1}));

    const auto from_flags = load_text(yaml, {}, {{"nodes", "x=http://x:1"}, {"nodes", "y@1=http://y:1"}});
    ASSERT_TRUE(from_flags);
    ASSERT_EQ(from_flags->config.nodes.size(), 2U);
    EXPECT_EQ(from_flags->config.nodes[1].id, "y");
}

TEST(ConfigLoad, AddressesAreKeptInOneForm) {
    const auto loaded = load_text("replication_factor: 1\nnodes: [{id: A, address: 'HTTPS://Node.Example/'}]\n");
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->config.nodes[0].address, "https://node.example:443");
    EXPECT_EQ(loaded->config.nodes[0].id, "A");
}

TEST(ConfigLoad, UnknownKeysAreRefusedWithAGuess) {
    EXPECT_EQ(only_problem("shards: 3\nshard: 4\n"), "2 shard: unknown key; did you mean `shards`?");
    EXPECT_EQ(only_problem("max_body_bytes: 4\n"),
              "1 max_body_bytes: unknown key; did you mean `server.max_body_bytes`?");
    EXPECT_EQ(only_problem("server:\n  trheads: 4\n"), "2 server.trheads: unknown key; did you mean `server.threads`?");
    EXPECT_EQ(only_problem("something_else: 1\n"),
              "1 something_else: unknown key; `miroir config reference` lists all keys");
    EXPECT_EQ(only_problem("nodes:\n- id: a\n  address: http://a:1\n  grp: 1\n  wieght: 2\n").substr(0, 10),
              "2 problems");
    EXPECT_EQ(only_problem("miroir:\n  shards: 3\n"),
              "1 miroir: unknown key; keys stand at the top here: take `miroir:` away");
    EXPECT_EQ(only_problem("", {{"MIROIR_MASTERKEY", "x"}}),
              "0 MIROIR_MASTERKEY: unknown variable; did you mean MIROIR_MASTER_KEY?");
}

TEST(ConfigLoad, SaysWhatWasFoundAndWhatIsAllowed) {
    EXPECT_EQ(only_problem("\nshards: 0\n"), "2 shards found 0: allowed: a whole number from 1 to 512");
    EXPECT_EQ(only_problem("shards: many\n"), "1 shards found many: allowed: a whole number from 1 to 512");
    EXPECT_EQ(only_problem("log_level: verbose\n"),
              "1 log_level found verbose: allowed: off, error, warn, info, debug, trace");
    EXPECT_EQ(only_problem("health: {unhealthy_threshold: 0}\n"),
              "1 health.unhealthy_threshold found 0: allowed: a whole number from 1 to 1000");
    EXPECT_EQ(only_problem("http_addr: '7700'\n"),
              "1 http_addr found 7700: allowed: HOST:PORT, for instance 0.0.0.0:7700, localhost:7700 or [::1]:7700");
    EXPECT_EQ(only_problem("tls: {require_client_cert: yes}\n"),
              "1 tls.require_client_cert found yes: allowed: true, false");
    EXPECT_EQ(only_problem("", {{"MIROIR_SERVER_IDLE_TIMEOUT_MS", "1s"}}),
              "0 MIROIR_SERVER_IDLE_TIMEOUT_MS found 1s: allowed: a whole number of milliseconds from 1 to 3600000");
    EXPECT_EQ(only_problem("", {}, {{"shards", "-1"}}), "0 --shards found -1: allowed: a whole number from 1 to 512");
}

TEST(ConfigLoad, TellsAllProblemsOfAFileAtOnceWithTheirLines) {
    const auto problems =
        problems_of("shards: 0\nlog_levl: x\nserver:\n  port: 0\n  bind: []\nnodes:\n  - id: a\n    weight: -1\n");
    EXPECT_EQ(problems, (std::vector<std::string>{
                            "2 log_levl: unknown key; did you mean `log_level`?",
                            "5 server.bind: has a section or a list; allowed: a single value",
                            "7 nodes[0]: has no `address`; every node needs one",
                            "1 shards found 0: allowed: a whole number from 1 to 512",
                            "4 server.port found 0: allowed: a whole number from 1 to 65535",
                            "8 nodes[0].weight found -1: allowed: a number from 0.01 to 1000",
                        }));
}

TEST(ConfigLoad, AProblemIsOneLineForAHuman) {
    const Problem problem{
        .source = "miroir.yaml", .line = 12, .key = "shards", .found = "0", .message = "allowed: more"};
    EXPECT_EQ(problem.text(), "miroir.yaml:12: shards: found `0`; allowed: more");
    EXPECT_EQ((Problem{.source = "flags", .key = "--x", .message = "unknown flag"}).text(), "flags: --x: unknown flag");
}

TEST(ConfigLoad, BrokenShapesAreTold) {
    EXPECT_EQ(only_problem("shards: 3\nshards: 4\n"), "2 shards: this key stands twice; keep one of them");
    EXPECT_EQ(only_problem("server: 5\n"),
              "1 server: this is a section; allowed: its keys, indented, on the lines below");
    EXPECT_EQ(only_problem("master_key:\n"), "1 master_key: has no value; give one or take the line away");
    EXPECT_EQ(only_problem("- a\n").substr(0, 24), "1 : the file is a list o");
    EXPECT_EQ(only_problem("nodes: {a: b}\n").substr(0, 23), "1 nodes: allowed: a lis");
    EXPECT_EQ(only_problem("shards: 1\n---\nshards: 2\n"), "2 : a second document begins here; allowed: one");
    EXPECT_NE(only_problem("a: b: c\n").find("this is not YAML"), std::string::npos);
}

TEST(ConfigLoad, OneSourceSaysAThingOnce) {
    EXPECT_EQ(only_problem("http_addr: a:1\nserver: {port: 2}\n"),
              "2 server.port: stands beside http_addr, which says the same; keep one of them");
    EXPECT_EQ(only_problem("", {{"MEILI_HTTP_ADDR", "a:1"}, {"MIROIR_SERVER_PORT", "2"}}),
              "0 MIROIR_SERVER_PORT: stands beside MEILI_HTTP_ADDR, which says the same; keep one of them");
    const auto loaded = load_text("http_addr: a:1\n", {}, {{"server.port", "2"}});
    ASSERT_TRUE(loaded) << "a later source may change a part";
    EXPECT_EQ(loaded->config.http_addr, (Endpoint{"a", 2}));
}

TEST(ConfigLoad, AMissingFileIsTold) {
    const auto loaded = load({.file = "/nowhere/miroir.yaml", .need_nodes = false});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error()[0].text(), "/nowhere/miroir.yaml: the file does not exist or cannot be reached");
    EXPECT_FALSE(load({.file = std::filesystem::temp_directory_path().string(), .need_nodes = false}));
    EXPECT_FALSE(load(
        {.search_default_files = false, .environment = {{"MIROIR_CONFIG", "/nowhere/x.yaml"}}, .need_nodes = false}));
}

TEST(ConfigLoad, RulesBetweenKeys) {
    const std::string two = "replication_factor: 1\nnodes:\n  - {id: a, address: 'http://h:1'}\n  - {id: ";
    EXPECT_EQ(only_problem(two + "a, address: 'http://h:2'}\n"),
              "4 nodes[1].id found a: nodes[0] has this id already; ids are unique");
    EXPECT_EQ(only_problem(two + "b, address: 'HTTP://H:1/'}\n"),
              "4 nodes[1].address found HTTP://H:1/: node `a` has this address already; addresses are unique");
    EXPECT_EQ(only_problem(two + "b, address: 'http://h:2', replica_group: 1}\n"),
              "4 nodes[1].replica_group found 1: groups count from 0 to 0; raise replica_groups or change this");
    EXPECT_EQ(only_problem(two + "b, address: 'h:2'}\n"),
              "4 nodes[1].address found h:2: allowed: http://HOST:PORT or https://HOST:PORT and nothing behind it");
    EXPECT_EQ(only_problem(two + "b c, address: 'http://h:2'}\n"),
              "4 nodes[1].id found b c: allowed: 1 to 253 letters, digits, `.`, `_` and `-`");
    EXPECT_EQ(only_problem("nodes: [{id: a, address: 'http://h:1'}]\n"),
              "0 replication_factor: is 2, and group 0 has 1 node; add nodes to it or lower replication_factor");
    EXPECT_EQ(only_problem("replication_factor: 1\nreplica_groups: 2\nnodes: [{id: a, address: 'http://h:1'}]\n"),
              "1 replication_factor found 1: group 1 has 0 nodes; add nodes to it or lower replication_factor or "
              "replica_groups");
    EXPECT_EQ(only_problem("metrics_addr: 127.0.0.1:7700\n"),
              "1 metrics_addr found 127.0.0.1:7700: is the same place as http_addr; give it another port");
    EXPECT_TRUE(problems_of("http_addr: a:7700\nmetrics_addr: b:7700\n").empty()) << "two hosts may use one port";
    EXPECT_EQ(only_problem("tls: {cert_path: /c}\n"), "1 tls.cert_path: needs tls.key_path beside it");
    EXPECT_EQ(only_problem("node_tls: {key_path: /c}\n"), "1 node_tls.key_path: needs node_tls.cert_path beside it");
    EXPECT_EQ(only_problem("tls: {require_client_cert: true}\n").substr(0, 31), "1 tls.require_client_cert found");
    EXPECT_EQ(only_problem("health: {timeout_ms: 6000}\n"),
              "1 health.timeout_ms found 6000: is more than health.interval_ms (5000); allowed: at most that");
    EXPECT_EQ(only_problem("writes: {acks: 5}\nreplication_factor: 2\n").substr(0, 61),
              "1 writes.acks found 5: there are 2 copies of each shard (repl");
    EXPECT_EQ(only_problem("task_store: {path: /}\n"),
              "1 task_store.path found /: is a folder; name the file in it, as in `/tasks.db`");
    EXPECT_EQ(only_problem("task_store: {path: /nowhere/}\n").substr(0, 39), "1 task_store.path found /nowhere/: is a");
    EXPECT_TRUE(problems_of("task_store: {path: /nowhere/tasks.db}\n").empty()) << "its folder is made";
    EXPECT_EQ(only_problem("dump_dir: /proc/version\n"), "1 dump_dir found /proc/version: is no folder");
    EXPECT_TRUE(problems_of("writes: {acks: 2}\nreplication_factor: 2\n").empty());
    EXPECT_TRUE(problems_of("writes: {acks: all}\n").empty());
    EXPECT_EQ(only_problem("anti_entropy: {schedule: 6h}\n"),
              "1 anti_entropy.schedule found 6h: allowed: `every` and a number of s, m, h or d, as in `every 6h`");
    EXPECT_EQ(
        only_problem("rebalancer: {allowed_windows: '22-04'}\n"),
        "1 rebalancer.allowed_windows found 22-04: allowed: windows of the day in UTC as `HH:MM-HH:MM`, parted by "
        "commas");
    EXPECT_EQ(only_problem("anti_entropy: {enabled: false}\nrebalancer: {skip_delta_pass: true}\n").substr(0, 59),
              "2 rebalancer.skip_delta_pass found true: needs anti_entropy");
    EXPECT_TRUE(problems_of("rebalancer: {skip_delta_pass: true}\n").empty());
    EXPECT_EQ(only_problem("env: production\n").substr(0, 13), "0 master_key:");
    EXPECT_EQ(only_problem("env: production\nmaster_key: fifteen-bytes--\n").substr(0, 13), "2 master_key:");
}

TEST(ConfigLoad, AServiceNamedLikeUsDoesNotConfigureUs) {
    const auto loaded = load_text("", {{"MIROIR_SERVER_PORT", "tcp://10.0.0.1:80"},
                                       {"MIROIR_PORT", "tcp://10.0.0.1:7700"},
                                       {"MIROIR_SERVICE_HOST", "10.0.0.1"},
                                       {"MIROIR_SERVICE_PORT_HTTP", "7700"},
                                       {"MIROIR_PORT_7700_TCP_ADDR", "10.0.0.1"},
                                       {"MIROIR_MASTER_KEY", "k"}});
    ASSERT_TRUE(loaded) << loaded.error()[0].text();
    EXPECT_EQ(loaded->config.http_addr.port, 7700);
    EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings[0];
}

TEST(ConfigLoad, WarnsOfWhatIsAcceptedButSurelyNotMeant) {
    const auto loaded = load_text("", {{"MIROIR_TOTALLY_FOREIGN_THING", "1"}, {"MEILI_SSL_OCSP_PATH", "/o"}});
    ASSERT_TRUE(loaded);
    ASSERT_EQ(loaded->warnings.size(), 3U);
    EXPECT_NE(loaded->warnings[0].find("MIROIR_TOTALLY_FOREIGN_THING"), std::string::npos);
    EXPECT_NE(loaded->warnings[1].find("MEILI_SSL_OCSP_PATH"), std::string::npos);
    EXPECT_NE(loaded->warnings[2].find("no master key"), std::string::npos);
}

TEST(ConfigLoad, SecretsAreNeverRepeated) {
    const std::string canary = kCanary;
    const std::vector<std::string> files = {
        "master_key: [" + canary + "]\n",
        "master_key: \"" + canary + " x\"\n",
        "master_key: \"" + canary + "\\n\"\n",
        "masterkey: " + canary + "\n",
        "master_key: a\nmaster_key: " + canary + "\n",
        "admin: " + canary + "\n",
        "admin: {api_key: " + canary + ", x: 1}\n",
        "nodes: [{id: a, address: 'http://u:" + canary + "@h:1'}]\n",
        "nodes: [{id: a, address: 'http://h:1', key: " + canary + "}]\n",
        "master_key: " + canary + "\nx: y: z\n",
        "env: production\nmaster_key: CANARY-5c1d9e\n",
    };
    for (const std::string& file : files) {
        const auto problems = problems_of(file);
        EXPECT_FALSE(problems.empty()) << file;
        for (const std::string& problem : problems) EXPECT_EQ(problem.find("CANARY"), std::string::npos) << problem;
    }
    for (const std::string& problem :
         problems_of("", {{"MIROIR_MASTERKEY", canary}, {"MIROIR_NODE_MASTER_KEY", canary + " "}})) {
        EXPECT_EQ(problem.find("CANARY"), std::string::npos) << problem;
    }
    EXPECT_FALSE(problems_of("", {}, {{"master_key", canary}}).empty()) << "no flag takes a secret";
}

TEST(ConfigLoad, NoFileBreaksTheReader) {
    const std::string whole =
        "env: production\nserver: &s {threads: 2, max_body_bytes: 1.5 MiB}\ntls: *s\nnodes:\n  - id: a\n    address: "
        "'http://h:1'\n"
        "  - {id: \"b\", address: http://[::1]:2, weight: 0.5}\nhttp_addr: >-\n  a:1\n";
    std::uint32_t state = 12345;
    const auto draw = [&state](std::size_t below) {
        state = state * 1664525U + 1013904223U;
        return (state >> 8U) % below;
    };
    using namespace std::string_view_literals;
    constexpr std::string_view kBytes = "\0\t\n :-[]{}&*!|>'\"%@`#,?x0\xFF~<="sv;
    for (int round = 0; round < 4000; ++round) {
        std::string text = whole;
        for (std::size_t change = draw(6) + 1; change > 0; --change) {
            const std::size_t at = draw(text.size());
            if (draw(3) == 0) text.erase(at, draw(8) + 1);
            else if (draw(2) == 0) text.insert(at, 1, kBytes[draw(kBytes.size())]);
            else text[at] = kBytes[draw(kBytes.size())];
            if (text.empty()) text = "x";
        }
        const Source source = read_yaml("mutated", text);
        for (const Problem& problem : source.problems) EXPECT_FALSE(problem.message.empty()) << text;
    }
}

TEST(ConfigLoad, DeepAndEndlessFilesAreTold) {
    EXPECT_FALSE(problems_of(std::string(200'000, '[')).empty());
    EXPECT_FALSE(problems_of(std::string(200'000, '{')).empty());
    EXPECT_FALSE(problems_of(",shards: 1\n").empty()) << "the parser finds documents in it without end";
    EXPECT_FALSE(problems_of("nodes: &n [*n]\n").empty());
    EXPECT_FALSE(problems_of("server: &s {server: *s}\n").empty());
    EXPECT_EQ(only_problem(std::string(2'000'000, '#')), "0 : the file is larger than 1 MiB");
    std::string many = "nodes:\n";
    for (int i = 0; i < 1025; ++i) many += "  - {id: a, address: b}\n";
    EXPECT_EQ(only_problem(many), "1 nodes: more than 1024 nodes");
}

TEST(ConfigLoad, SecretsAreListedForTheLog) {
    Config config;
    config.master_key = "m";
    config.admin_api_key = "a";
    config.chat_api_key = "c";
    EXPECT_EQ(secrets(config), (std::vector<std::string>{"m", "a", "c"}));
}

}  // namespace
}  // namespace miroir::config

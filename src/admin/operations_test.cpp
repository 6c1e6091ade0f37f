#include "admin/operations.h"

#include <gtest/gtest.h>

#include "admin/admin_key.h"
#include "admin/metered_client.h"
#include "admin/prometheus_metrics.h"
#include "json/parse.h"
#include "server/test_world.h"

namespace miroir::admin {
namespace {

using cluster::NodeEvent;

// Nodes by port: what each says, or nothing for no answer.
class FakeNodes final : public http::Client {
public:
    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override {
        asked.push_back(std::to_string(to.port) + request.target);
        authorization = request.headers.get("authorization");
        deadline = options.deadline;
        const auto place = answers.find(to.port);
        if (place == answers.end()) co_return fail(ErrorCode::MiroirNodeUnreachable, "cannot connect");
        http::Reply reply;
        reply.status = place->second.first;
        reply.body = place->second.second;
        co_return reply;
    }

    std::map<std::uint16_t, std::pair<int, std::string>> answers;
    std::vector<std::string> asked;
    std::string authorization;
    env::Deadline deadline;
};

constexpr std::string_view kVersion = R"({"commitSha":"c","commitDate":"d","pkgVersion":"1.50.0"})";

struct Room {
    Room() {
        OperationsOptions options{.admin_key = "admin-key", .version = {.node_key = "node-key"}};
        Operations::Parts parts{.env = world.env(),
                                .client = client,
                                .topology = topology,
                                .watch = ledger,
                                .behind = behind,
                                .claim = claim,
                                .metrics = metrics,
                                .metrics_text = [this] { return metrics.text(); },
                                .may_see_version = [](const server::Incoming& in) -> Result<void> {
                                    if (in.headers.get("authorization") == "Bearer master-key") return {};
                                    return fail(ErrorCode::InvalidApiKey, "no");
                                }};
        operations.emplace(std::move(parts), std::move(options));
        operations->mount(router);
        operations->mount_metrics(metrics_router);
    }

    static cluster::TopologyPtr two_nodes() {
        cluster::TopologySpec spec;
        spec.nodes = {{.id = NodeId{"a"}, .address = "http://h:1", .group = GroupId{0}, .zone = "z1"},
                      {.id = NodeId{"b"}, .address = "http://h:2", .group = GroupId{0}}};
        spec.shards = 8;
        return cluster::make_topology(spec).value();
    }

    void happen(const std::string& node, NodeEvent event) {
        const auto change = [&](const cluster::Topology& from) { return with_node_event(from, NodeId{node}, event); };
        ASSERT_TRUE(topology.update(change));
    }
    void come_up(const std::string& node) {
        happen(node, NodeEvent::Answered);
        if (!topology.current()->node(*topology.current()->find(NodeId{node})).readable())
            happen(node, NodeEvent::Vouched);
    }

    http::Reply ask(const server::Router& from, std::string_view path, http::Headers headers = {}) {
        const server::Router::Match match = from.find("GET", path);
        server::Incoming in;
        in.headers = std::move(headers);
        return world.wait((*match.endpoint)(std::move(in)));
    }
    http::Reply ask(std::string_view path, http::Headers headers = {}) { return ask(router, path, std::move(headers)); }
    json::Value ask_admin(std::string_view path) {
        return json::parse(ask(path, {{"x-admin-key", "admin-key"}}).body).value();
    }

    server::test::World world;
    FakeNodes nodes;
    PrometheusMetrics metrics;
    quorum::BehindBoard behind;
    quorum::Claim claim;
    NodeLedger ledger{metrics};
    cluster::SnapshotHolder topology{two_nodes()};
    MeteredClient client{world, nodes, topology, ledger};
    std::optional<Operations> operations;
    server::Router router;
    server::Router metrics_router;
};

TEST(AdminKey, OpensOnlyWithTheKey) {
    const auto opens = [](http::Headers headers, std::string_view key = "secret") {
        return check_admin_key(headers, key).has_value();
    };
    EXPECT_TRUE(opens({{"Authorization", "Bearer secret"}}));
    EXPECT_TRUE(opens({{"X-Admin-Key", "secret"}}));
    EXPECT_TRUE(opens({{"Authorization", "Bearer wrong"}, {"X-Admin-Key", "secret"}}));
    EXPECT_FALSE(opens({}));
    EXPECT_FALSE(opens({{"Authorization", "secret"}}));
    EXPECT_FALSE(opens({{"Authorization", "bearer secret"}}));
    EXPECT_FALSE(opens({{"X-Admin-Key", "secre"}}));
    EXPECT_FALSE(opens({{"X-Admin-Key", "secrets"}}));
    for (const std::string text : {"", "Bearer ", "Bearer"}) {
        EXPECT_FALSE(opens({{"Authorization", text}, {"X-Admin-Key", ""}}, ""));
    }
    EXPECT_FALSE(opens({{"X-Admin-Key", "x"}}, ""));
}

TEST(Operations, ReadyFollowsTheCover) {
    Room room;
    EXPECT_EQ(room.ask("/health").body, R"({"status":"available"})");
    EXPECT_EQ(room.ask("/_miroir/ready").status, 503);
    room.come_up("a");
    const http::Reply half = room.ask("/_miroir/ready");
    EXPECT_EQ(half.status, 503);
    const json::Value view = json::parse(half.body).value();
    EXPECT_GT(view.find("covered_shards")->unsigned_integer(), 0u);
    EXPECT_LT(view.find("covered_shards")->unsigned_integer(), 8u);
    room.come_up("b");
    EXPECT_EQ(room.ask("/_miroir/ready").status, 200);
    EXPECT_EQ(room.ask(room.metrics_router, "/ready").status, 200);
    room.happen("a", NodeEvent::Failed);
    EXPECT_EQ(room.ask("/_miroir/ready").status, 503);
    EXPECT_EQ(room.ask("/health").status, 200);
}

TEST(Operations, ShowTopologyAndShardsToOperatorsOnly) {
    Room room;
    for (const std::string_view path : {"/_miroir/topology", "/_miroir/shards", "/_miroir/metrics"}) {
        EXPECT_EQ(room.ask(path).status, 401) << path;
        EXPECT_EQ(room.ask(path, {{"x-admin-key", "master-key"}}).status, 401) << path;
    }
    room.come_up("a");
    room.come_up("b");
    room.happen("b", NodeEvent::Failed);
    room.ledger.answered(NodeId{"a"}, "health", env::Monotonic(), 0.001);
    room.ledger.failed(NodeId{"b"}, "health", "timeout", "no answer in 2000 ms", 2);
    env::OneShot<bool> later(room.world);
    room.world.at(env::Monotonic(std::chrono::milliseconds(1500)), [later] { later.set(true); });
    room.world.run();

    const json::Value view = room.ask_admin("/_miroir/topology");
    EXPECT_EQ(view.find("shards")->unsigned_integer(), 8u);
    EXPECT_EQ(view.find("replication_factor")->unsigned_integer(), 1u);
    EXPECT_EQ(view.find("degraded_node_count")->unsigned_integer(), 1u);
    EXPECT_FALSE(view.find("fully_covered")->boolean());
    EXPECT_FALSE(view.find("rebalance_in_progress")->boolean());
    const json::Array& nodes = view.find("nodes")->array();
    EXPECT_EQ(nodes[0].find("id")->string(), "a");
    EXPECT_EQ(nodes[0].find("address")->string(), "http://h:1");
    EXPECT_EQ(nodes[0].find("status")->string(), "active");
    EXPECT_EQ(nodes[0].find("last_seen_ms")->unsigned_integer(), 1500u);
    EXPECT_EQ(nodes[0].find("error"), nullptr);
    EXPECT_EQ(nodes[1].find("status")->string(), "down");
    EXPECT_TRUE(nodes[1].find("last_seen_ms")->is_null());
    EXPECT_EQ(nodes[1].find("error")->string(), "no answer in 2000 ms");

    const json::Value shards = room.ask_admin("/_miroir/shards");
    std::size_t of_a = 0;
    for (const json::Member& shard : shards.find("shards")->object()) {
        ASSERT_EQ(shard.second.array().size(), 1u);
        if (shard.second.array()[0].string() == "a") ++of_a;
    }
    EXPECT_EQ(shards.find("shards")->object().size(), 8u);
    EXPECT_EQ(nodes[0].find("shard_count")->unsigned_integer(), of_a);
}

TEST(Operations, MetricsShowTheClusterOfThisMoment) {
    Room room;
    room.come_up("a");
    const http::Reply reply = room.ask(room.metrics_router, "/metrics");
    EXPECT_TRUE(reply.headers.get("content-type").starts_with("text/plain"));
    EXPECT_NE(reply.body.find("miroir_node_healthy{node_id=\"a\"} 1\n"), std::string::npos) << reply.body;
    EXPECT_NE(reply.body.find("miroir_node_healthy{node_id=\"b\"} 0\n"), std::string::npos);
    room.happen("a", NodeEvent::Failed);
    const http::Reply after = room.ask("/_miroir/metrics", {{"authorization", "Bearer admin-key"}});
    EXPECT_NE(after.body.find("miroir_node_healthy{node_id=\"a\"} 0\n"), std::string::npos);
    EXPECT_NE(after.body.find("miroir_shard_coverage 0\n"), std::string::npos);
    EXPECT_NE(after.body.find("miroir_degraded_shards_total 8\n"), std::string::npos);
}

TEST(Version, IsAskedOfAHealthyNodeAndKept) {
    Room room;
    const http::Headers key = {{"authorization", "Bearer master-key"}};
    EXPECT_EQ(room.ask("/version").status, 403);
    EXPECT_EQ(room.ask("/version", key).status, 503);
    EXPECT_TRUE(room.nodes.asked.empty());  // nobody is healthy
    room.come_up("a");
    room.come_up("b");
    room.nodes.answers[1] = {200, "<html>"};
    room.nodes.answers[2] = {200, R"({"extra":"x","pkgVersion":"1.50.0","commitSha":"c","commitDate":"d"})"};
    EXPECT_EQ(room.ask("/version", key).body, kVersion);
    EXPECT_EQ(room.nodes.asked, (std::vector<std::string>{"1/version", "2/version"}));
    EXPECT_EQ(room.nodes.authorization, "Bearer node-key");
    EXPECT_EQ(room.nodes.deadline.at, env::Monotonic(std::chrono::seconds(2)));

    room.nodes.answers.clear();
    EXPECT_EQ(room.ask("/version", key).body, kVersion);  // kept
    EXPECT_EQ(room.nodes.asked.size(), 2u);
    room.world.at(env::Monotonic(std::chrono::seconds(61)), [] {});
    room.world.run();
    EXPECT_EQ(room.ask("/version", key).status, 503);  // asked again, and nobody tells
}

TEST(MeteredClient, WritesDownHowCallsWent) {
    Room room;
    room.nodes.answers[1] = {200, "{}"};
    const auto call = [&](std::uint16_t port, std::string target) {
        const http::Address address{.host = "h", .port = port};
        http::Outgoing request;
        request.target = std::move(target);
        return room.world.wait(room.client.send(address, request, http::SendOptions()));
    };
    ASSERT_TRUE(call(1, "/indexes/films/search"));
    ASSERT_FALSE(call(2, "/health"));
    EXPECT_TRUE(room.ledger.sighting(NodeId{"a"}).last_seen);
    EXPECT_EQ(room.ledger.sighting(NodeId{"b"}).error, "cannot connect");
    room.nodes.answers[1] = {503, "{}"};
    ASSERT_TRUE(call(1, "/indexes/films/search"));
    EXPECT_EQ(room.ledger.sighting(NodeId{"a"}).error, "answered 503 to search");
    const std::string text = room.metrics.text();
    EXPECT_NE(text.find("miroir_node_request_duration_seconds_count{node_id=\"a\",operation=\"search\"} 2\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("miroir_node_errors_total{error_type=\"unreachable\",node_id=\"b\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("miroir_node_errors_total{error_type=\"status\",node_id=\"a\"} 1\n"), std::string::npos);
}

TEST(MeteredClient, KeepsCallsAwayFromANodeThatFailsAndProbesBringThemBack) {
    Room room;
    cluster::Breakers breakers;
    MeteredClient guarded(room.world, room.nodes, room.topology, room.ledger,
                          {.breakers = &breakers, .random = &room.world});
    MeteredClient probing(room.world, room.nodes, room.topology, room.ledger,
                          {.breakers = &breakers, .random = &room.world, .probing = true});
    const auto call = [&](MeteredClient& client, std::string target) {
        http::Outgoing request;
        request.target = std::move(target);
        const http::Address address{.host = "h", .port = 1};
        const auto reply = room.world.wait(client.send(address, request, http::SendOptions()));
        return reply ? reply->status : 0;
    };
    room.nodes.answers[1] = {500, "{}"};  // alive: a query that it cannot bear is no reason to leave it
    for (int i = 0; i < 9; ++i) EXPECT_EQ(call(guarded, "/indexes/films/search"), 500);
    room.nodes.answers[1] = {503, "{}"};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(call(guarded, "/indexes/films/search"), 503);
    room.nodes.asked.clear();
    EXPECT_EQ(call(guarded, "/indexes/films/search"), 0);
    EXPECT_TRUE(room.nodes.asked.empty()) << "nothing was sent";
    EXPECT_EQ(breakers.view(NodeId{"a"}, {}).openings, 1u);
    EXPECT_EQ(call(probing, "/health"), 503) << "a probe is never held back";
    EXPECT_EQ(call(guarded, "/indexes/films/search"), 0) << "nor does a bad one open the way";
    room.nodes.answers[1] = {200, "{}"};
    EXPECT_EQ(call(probing, "/health"), 200);
    EXPECT_EQ(call(guarded, "/indexes/films/search"), 200);
    EXPECT_EQ(breakers.view(NodeId{"a"}, {}).state, cluster::Breaker::State::Closed);
}

// Once a write was refused because a search was just finding out whether its node was back.
TEST(MeteredClient, LetsWritesGoAlongWithATrialAndNotBeforeIt) {
    Room room;
    cluster::Breakers breakers;
    const admin::Guard guard{.breakers = &breakers, .random = &room.world};
    MeteredClient guarded(room.world, room.nodes, room.topology, room.ledger, guard);
    admin::Guard of_writes = guard;
    of_writes.writing = true;
    MeteredClient writing(room.world, room.nodes, room.topology, room.ledger, of_writes);
    const auto call = [&](MeteredClient& client) {
        http::Outgoing request;
        request.target = "/indexes/films/documents";
        const http::Address address{.host = "h", .port = 1};
        const auto reply = room.world.wait(client.send(address, request, http::SendOptions()));
        return reply ? reply->status : 0;
    };
    room.nodes.answers[1] = {503, "{}"};
    for (int i = 0; i < 5; ++i) EXPECT_EQ(call(guarded), 503);
    EXPECT_EQ(call(writing), 0) << "nobody has heard of it yet";
    room.nodes.answers[1] = {202, "{}"};
    breakers.heard_from(NodeId{"a"}, room.world.now().time_since_epoch());
    const auto trial = breakers.allow(NodeId{"a"}, room.world.now().time_since_epoch());
    ASSERT_TRUE(trial) << "somebody else's search, still on its way";
    EXPECT_EQ(call(guarded), 0);
    EXPECT_EQ(call(writing), 202);
}

TEST(NodeLedger, BearsWitnessOfRealCallsOnly) {
    PrometheusMetrics metrics;
    quorum::BehindBoard behind;
    quorum::Claim claim;
    NodeLedger ledger(metrics);
    using cluster::CallEnd;
    std::vector<CallEnd> told;
    ledger.tell([&](const NodeId& node, CallEnd end) {
        EXPECT_EQ(node.value, "a");
        told.push_back(end);
    });
    const NodeId node{"a"};
    ledger.answered(node, "search", env::Monotonic(), 0.1);
    ledger.failed(node, "health", "timeout", "late", 1);
    ledger.answered(node, "health", env::Monotonic(), 0.1);
    EXPECT_TRUE(told.empty());
    ledger.failed(node, "search", "timeout", "late", 1);
    ledger.failed(node, "search", "unreachable", "refused", 1);
    ledger.answered(node, "search", env::Monotonic(), 0.1);
    ledger.answered(node, "search", env::Monotonic(), 0.1);
    EXPECT_EQ(told, (std::vector{CallEnd::Late, CallEnd::Bad, CallEnd::Good}));
}

TEST(MeteredClient, NamesOperationsByAHandfulOfWords) {
    EXPECT_EQ(operation_of("/indexes/films/search?q=x"), "search");
    EXPECT_EQ(operation_of("/indexes/films/documents/fetch"), "documents");
    EXPECT_EQ(operation_of("/indexes/search"), "indexes");
    EXPECT_EQ(operation_of("/tasks/7"), "tasks");
    EXPECT_EQ(operation_of("/indexes/films/whatever"), "other");
    EXPECT_EQ(operation_of("/"), "other");
    EXPECT_EQ(operation_of(""), "other");
}

}  // namespace
}  // namespace miroir::admin

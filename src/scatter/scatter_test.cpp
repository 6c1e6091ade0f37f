#include "scatter/scatter.h"

#include <gtest/gtest.h>

#include "env/real/json_log.h"
#include "env/real/reactor.h"

namespace miroir::scatter {
namespace {

// Node a is ill, the others answer.
class Nodes final : public http::Client {
public:
    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing, http::SendOptions) override {
        http::Reply reply;
        reply.status = to.host == "a" ? 503 : 200;
        co_return reply;
    }
};

cluster::TopologyPtr three_nodes() {
    cluster::TopologySpec spec{.nodes = {}, .shards = 4, .replicas = 1};
    for (const char* name : {"a", "b", "c"}) {
        spec.nodes.push_back(
            {.id = NodeId{name}, .address = std::string("http://") + name + ":7700", .group = GroupId{0}, .zone = {}});
    }
    return *cluster::make_topology(spec);
}

plan::NodeCall call_of(cluster::NodeIndex node, std::vector<ShardId> shards) {
    plan::NodeCall call;
    call.node = node;
    call.shards = std::move(shards);
    call.target = "/";
    return call;
}

TEST(Scatter, NamesWhatNobodyIsAskedForAgain) {
    env::Reactor reactor;
    env::JsonLog log(reactor, env::LogLevel::Off, "test");
    Nodes nodes;
    const Scatter scatter(reactor.env(log), nodes, {});
    const CallsElsewhere only_the_first =
        [](const std::vector<ShardId>& shards,
           const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        EXPECT_EQ(avoid, std::vector<cluster::NodeIndex>{0});
        return std::vector<plan::NodeCall>{call_of(1, {shards.front()})};
    };
    std::vector<plan::NodeCall> calls = {call_of(0, {ShardId{0}, ShardId{1}}), call_of(2, {ShardId{2}, ShardId{3}})};
    const Gathered gathered = env::run_task(reactor, scatter.run(three_nodes(), std::move(calls), only_the_first, {}));
    EXPECT_EQ(gathered.answers.size(), 2u);
    EXPECT_EQ(gathered.missing, std::vector<ShardId>{ShardId{1}}) << "a shard left out must not be forgotten";
}

}  // namespace
}  // namespace miroir::scatter

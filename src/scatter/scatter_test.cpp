#include "scatter/scatter.h"

#include <gtest/gtest.h>

#include <map>

#include "server/test_world.h"

namespace miroir::scatter {
namespace {

using std::chrono::milliseconds;
using Avoid = std::vector<cluster::NodeIndex>;

// Each answers with a status after a time; no status: it never does.
struct Manner {
    std::optional<int> status = 200;
    std::chrono::nanoseconds takes{milliseconds(4)};
    std::string body{};  // its name, where there is none
    bool well = false;   // searches that cost nothing are answered at once, whatever happens to others
};

class Nodes final : public http::Client {
public:
    explicit Nodes(server::test::World& world) : world_(world) {}

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override {
        Manner manner = manners[to.host];
        const bool cheap = request.body == R"({"limit":0})";
        if (cheap) {
            cheap_asked += to.host;
            if (manner.well) manner = Manner();
        }
        if (!cheap) asked += to.host;
        const env::Monotonic end = world_.now() + manner.takes;
        const bool late = !manner.status || end > options.deadline.at;
        const bool whole = co_await env::sleep_until(world_.env(), late ? options.deadline.at : end, options.cancel);
        if (!whole) {
            canceled += to.host;
            co_return fail(ErrorCode::MiroirCanceled, "canceled");
        }
        if (late) co_return fail(ErrorCode::MiroirTimeout, "late");
        http::Reply reply;
        reply.status = *manner.status;
        reply.body = manner.body.empty() ? to.host : manner.body;
        co_return reply;
    }

    std::map<std::string, Manner> manners;
    std::string asked;
    std::string cheap_asked;
    std::string canceled;

private:
    server::test::World& world_;
};

cluster::TopologyPtr three_nodes(std::uint32_t replicas) {
    cluster::TopologySpec spec{.nodes = {}, .shards = 4, .replicas = replicas};
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

// Whoever is not to be avoided, first of all b, answers for everything.
Result<std::vector<plan::NodeCall>> anybody_else(const std::vector<ShardId>& shards, const Avoid& avoid) {
    for (const cluster::NodeIndex node : {1, 2, 0}) {
        if (std::ranges::find(avoid, node) == avoid.end()) return std::vector{call_of(node, shards)};
    }
    return fail(ErrorCode::MiroirShardUnavailable, "nobody is left");
}

struct Room {
    server::test::World world;
    Nodes nodes{world};
    ScatterOptions options;
    std::optional<Scatter> scatter;
    cluster::TopologyPtr topology = three_nodes(2);

    const Scatter& with() {
        if (!scatter) scatter.emplace(world.env(), nodes, options);
        return *scatter;
    }
    Gathered ask(cluster::NodeIndex node, CallsElsewhere elsewhere = anybody_else, http::Call call = {},
                 Accept accept = {}) {
        std::vector<plan::NodeCall> calls = {call_of(node, {ShardId{0}, ShardId{1}})};
        return world.wait(with().run(topology, std::move(calls), std::move(elsewhere), call, std::move(accept)));
    }
    // So often that everybody's p95 is known, and the budget is full.
    void warm_up() {
        for (int i = 0; i < 400; ++i) ask(static_cast<cluster::NodeIndex>(i % 3));
        nodes.asked.clear();
    }
    std::chrono::nanoseconds time_of(cluster::NodeIndex node, Gathered& gathered) {
        const env::Monotonic begun = world.now();
        gathered = ask(node);
        return world.now() - begun;
    }
};

TEST(Scatter, NamesWhatNobodyIsAskedForAgain) {
    Room room;
    room.nodes.manners["a"] = {.status = 500};
    const CallsElsewhere only_the_first = [](const std::vector<ShardId>& shards,
                                             const Avoid& avoid) -> Result<std::vector<plan::NodeCall>> {
        EXPECT_EQ(avoid, Avoid{0});
        return std::vector<plan::NodeCall>{call_of(1, {shards.front()})};
    };
    const Gathered gathered = room.ask(0, only_the_first);
    EXPECT_EQ(gathered.answers.size(), 1u);
    EXPECT_EQ(gathered.missing, std::vector<ShardId>{ShardId{1}}) << "a shard left out must not be forgotten";
    EXPECT_FALSE(gathered.turned_away);
}

TEST(Scatter, AsksElsewhereAtOnceWhileOthersAreStillAtIt) {
    Room room;
    room.nodes.manners["a"] = {.status = 503, .takes = milliseconds(1)};
    room.nodes.manners["c"] = {.status = 200, .takes = milliseconds(50)};
    std::vector<plan::NodeCall> calls = {call_of(0, {ShardId{0}}), call_of(2, {ShardId{1}})};
    std::vector<std::string> came;
    const Accept accept = [&](Answered& answered) -> Result<void> {
        came.push_back(answered.reply.body);
        return {};
    };
    const Gathered gathered = room.world.wait(room.with().run(room.topology, calls, anybody_else, {}, accept));
    EXPECT_TRUE(gathered.missing.empty());
    EXPECT_EQ(came, (std::vector<std::string>{"b", "c"})) << "b stood in for a before c was ready";
}

TEST(Scatter, ASilentNodeLeavesTimeForAnother) {
    Room room;
    room.options.hedging.enabled = false;
    room.nodes.manners["a"].status.reset();
    http::Call call;
    call.deadline = env::Deadline::after(room.world, std::chrono::seconds(3));
    const Gathered gathered = room.ask(0, anybody_else, call);
    EXPECT_TRUE(gathered.missing.empty());
    EXPECT_EQ(room.nodes.asked, "ab");
}

plan::NodeCall search_of(cluster::NodeIndex node, const std::vector<ShardId>& shards) {
    plan::NodeCall call = call_of(node, shards);
    call.target = "/indexes/films/search";
    return call;
}
Result<std::vector<plan::NodeCall>> search_of_anybody_else(const std::vector<ShardId>& shards, const Avoid& avoid) {
    Result<std::vector<plan::NodeCall>> calls = anybody_else(shards, avoid);
    if (calls) calls->front().target = "/indexes/films/search";
    return calls;
}

TEST(Scatter, ACostlyQueryIsNotAskedOfOthersToo) {
    Room room;
    room.nodes.manners["a"] = {.status = std::nullopt, .well = true};
    const auto ask = [&](http::Call call) {
        return room.world.wait(
            room.with().run(room.topology, {search_of(0, {ShardId{0}})}, search_of_anybody_else, call));
    };
    const Gathered costly = ask({});
    EXPECT_EQ(room.nodes.asked, "a");
    EXPECT_EQ(room.nodes.cheap_asked, "a");
    EXPECT_TRUE(costly.too_costly);
    EXPECT_EQ(costly.missing.size(), 1u);
    room.nodes.manners["a"].well = false;
    const Gathered silent = ask({});
    EXPECT_EQ(room.nodes.asked, "aab") << "a node that answers nothing is another matter";
    EXPECT_FALSE(silent.too_costly);
    EXPECT_TRUE(silent.missing.empty());
    room.nodes.manners["a"].well = true;
    const Gathered hurried = ask({.deadline = env::Deadline::after(room.world, milliseconds(500)), .cancel = {}});
    EXPECT_EQ(room.nodes.asked, "aabab") << "it was given too little time to tell";
    EXPECT_TRUE(hurried.missing.empty());
    room.nodes.manners["a"] = {.status = 500, .well = true};
    EXPECT_TRUE(ask({}).missing.empty()) << "a failure is no cost";
}

TEST(Scatter, SaysThatEverybodyIsTooBusy) {
    Room room;
    for (const char* name : {"a", "b", "c"}) room.nodes.manners[name] = {.status = 503};
    EXPECT_TRUE(room.ask(0).turned_away);
    EXPECT_EQ(room.nodes.asked, "abc");
    room.nodes.manners["b"].status = 500;
    EXPECT_FALSE(room.ask(0).turned_away);
}

// Counts by name.
class Tallies final : public env::Metrics {
public:
    env::Counter& counter(const env::MetricName& metric, env::Labels) override {
        return counts[std::string(metric.name)];
    }
    env::Gauge& gauge(const env::MetricName& metric, env::Labels labels) override {
        return env::no_metrics().gauge(metric, labels);
    }
    env::Histogram& histogram(const env::MetricName& metric, std::span<const double> bounds,
                              env::Labels labels) override {
        return env::no_metrics().histogram(metric, bounds, labels);
    }

    struct Tally final : env::Counter {
        void add(double amount) override { sum += amount; }
        double sum = 0;
    };
    std::map<std::string, Tally> counts;
};

TEST(Scatter, AnAnswerThatIsNotAcceptedIsCounted) {
    Room room;
    Tallies tallies;
    room.options.metrics = &tallies;
    const Accept not_of_a = [](Answered& answered) -> Result<void> {
        if (answered.reply.body == "a") return fail(ErrorCode::MiroirNodeBadReply, "no answer");
        return {};
    };
    const Gathered gathered = room.ask(0, anybody_else, {}, not_of_a);
    EXPECT_EQ(gathered.failures.size(), 1u);
    EXPECT_EQ(tallies.counts["miroir_scatter_unusable_replies_total"].sum, 1);
}

TEST(Scatter, AnAnswerThatIsNotAcceptedIsAskedOfAnother) {
    Room room;
    const Accept not_of_a = [](Answered& answered) -> Result<void> {
        if (answered.reply.body == "a") return fail(ErrorCode::MiroirNodeBadReply, "nonsense");
        return {};
    };
    const Gathered gathered = room.ask(0, anybody_else, {}, not_of_a);
    ASSERT_EQ(gathered.answers.size(), 1u);
    EXPECT_EQ(gathered.answers[0].reply.body, "b");
    EXPECT_EQ(gathered.failures.size(), 1u);
}

TEST(Scatter, ANodeThatRefusesOurKeyOrHasLostTheIndexIsNoAnswer) {
    const char* const lost = R"({"message":"Index `a` not found.","code":"index_not_found"})";
    for (const Manner& wrong : {Manner{.status = 401}, Manner{.status = 403}, Manner{.status = 404, .body = lost}}) {
        Room room;
        room.nodes.manners["a"] = wrong;
        const Gathered gathered = room.ask(0);
        ASSERT_EQ(gathered.answers.size(), 1u);
        EXPECT_EQ(gathered.answers[0].reply.body, "b");
    }
    Room room;
    room.nodes.manners["a"] = {.status = 404, .body = R"({"code":"document_not_found"})"};
    EXPECT_EQ(room.ask(0).answers.at(0).reply.status, 404);
    for (const char* name : {"a", "b", "c"}) room.nodes.manners[name] = {.status = 404, .body = lost};
    const Gathered nowhere = room.ask(0);  // it is being deleted
    ASSERT_EQ(nowhere.answers.size(), 1u);
    EXPECT_EQ(nowhere.answers[0].reply.status, 404);
    EXPECT_TRUE(nowhere.missing.empty());
    room.nodes.manners["b"] = {.status = 500};
    const Gathered unclear = room.ask(0);
    EXPECT_TRUE(unclear.answers.empty());
    EXPECT_EQ(unclear.missing.size(), 2u);
    EXPECT_FALSE(unclear.turned_away);
}

TEST(Scatter, WhatOneExecutorHasLearntAnotherKnows) {
    Paces board;
    Room room;
    room.options.board = &board;
    room.warm_up();
    room.scatter.reset();  // another one, which was never asked
    room.nodes.manners["a"].takes = milliseconds(500);
    Gathered gathered;
    room.time_of(0, gathered);
    EXPECT_EQ(gathered.hedges, 1u);
}

TEST(Scatter, ALateNodeIsHedgedAndTheLoserCancelled) {
    Room room;
    room.warm_up();
    room.nodes.manners["a"].takes = milliseconds(500);
    Gathered gathered;
    EXPECT_EQ(room.time_of(0, gathered), milliseconds(15 + 4));
    ASSERT_EQ(gathered.answers.size(), 1u);
    EXPECT_EQ(gathered.answers[0].reply.body, "b");
    EXPECT_EQ(gathered.hedges, 1u);
    EXPECT_TRUE(gathered.failures.empty()) << "late is not failed";
    room.world.run();
    EXPECT_EQ(room.nodes.canceled, "a");
}

TEST(Scatter, TheFirstAnswerCountsAlsoWhenItIsTheLateOne) {
    Room room;
    room.warm_up();
    room.nodes.manners["a"].takes = milliseconds(20);
    room.nodes.manners["b"].takes = milliseconds(300);
    Gathered gathered;
    EXPECT_EQ(room.time_of(0, gathered), milliseconds(20));
    EXPECT_EQ(gathered.answers.at(0).reply.body, "a");
    room.nodes.manners["b"] = {.status = 500, .takes = milliseconds(1)};
    EXPECT_EQ(room.time_of(0, gathered), milliseconds(20)) << "a failed second try harms nobody";
    EXPECT_EQ(gathered.answers.size(), 1u);
    room.nodes.manners["a"] = {.status = 500, .takes = milliseconds(20)};
    room.nodes.manners["b"] = {.status = 200, .takes = milliseconds(30)};
    gathered = room.ask(0);
    ASSERT_EQ(gathered.answers.size(), 1u) << "the second try becomes the answer when the first fails";
    EXPECT_EQ(gathered.answers[0].reply.body, "b");
}

TEST(Scatter, SecondTriesStayWithinTheBudget) {
    Room room;
    room.warm_up();
    const std::size_t calls = 2000;
    std::size_t hedges = 0;
    for (std::size_t i = 0; i < calls; ++i) {
        // Everybody is late every other time: more than the budget pays for.
        for (const char* name : {"a", "b", "c"}) room.nodes.manners[name].takes = milliseconds(i % 2 == 0 ? 40 : 4);
        hedges += room.ask(static_cast<cluster::NodeIndex>(i % 3)).hedges;
    }
    EXPECT_LE(hedges, calls / 20 + 25);
    EXPECT_GE(hedges, 16u);
}

TEST(Scatter, ANodeMuchLaterThanUsualIsHedgedWhenTheBudgetIsUsedUp) {
    Room room;
    room.options.hedging.budget = 0;  // what there is at the beginning is all
    room.warm_up();
    EXPECT_TRUE(room.scatter->may_explore());
    room.nodes.manners["a"].takes = milliseconds(500);
    EXPECT_EQ(room.ask(0).hedges, 1u);
    EXPECT_EQ(room.ask(0).hedges, 1u);
    EXPECT_FALSE(room.scatter->may_explore());
    Gathered gathered;
    EXPECT_EQ(room.time_of(0, gathered), milliseconds(3 * 15 + 4)) << "what is left waits longer";
    EXPECT_EQ(gathered.hedges, 1u);
}

TEST(Scatter, NoSecondTryWithASingleCopy) {
    Room room;
    room.topology = three_nodes(1);
    room.warm_up();
    room.nodes.manners["a"].takes = milliseconds(500);
    EXPECT_EQ(room.ask(0).hedges, 0u);
    EXPECT_EQ(room.nodes.asked, "a");
}

}  // namespace
}  // namespace miroir::scatter

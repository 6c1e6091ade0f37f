#include "node/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "env/log.h"
#include "http/hang_up.h"
#include "json/parse.h"
#include "json/write.h"
#include "node/store/memory_disk.h"

namespace miroir::node {
namespace {

// A world whose time jumps to the next timer when nothing is ready.
class Clockwork final : public env::Executor, public env::Clock, public env::Random, public env::Log {
public:
    void post(env::Job job) override { jobs_.push_back(std::move(job)); }
    env::TimerId at(env::Monotonic when, env::Job job) override {
        timers_.emplace(std::pair(when, ++last_), std::move(job));
        return last_;
    }
    void cancel(env::TimerId id) override {
        std::erase_if(timers_, [&](const auto& timer) { return timer.first.second == id; });
    }
    env::Monotonic now() override { return now_; }
    env::WallTime wall() override { return env::WallTime(std::chrono::days(20000) + now_.time_since_epoch()); }
    std::uint64_t next() override { return state_ = state_ * 6364136223846793005ull + 1442695040888963407ull; }
    bool enabled(env::LogLevel) const override { return false; }
    void write(env::LogLevel, std::string_view, std::string_view, env::LogFields) override {}
    env::Env env() { return {.clock = *this, .random = *this, .executor = *this, .log = *this}; }

    // Runs what is ready; each job takes a microsecond.
    bool step() {
        if (jobs_.empty()) return false;
        env::Job job = std::move(jobs_.front());
        jobs_.erase(jobs_.begin());
        now_ += std::chrono::microseconds(1);
        job();
        return true;
    }
    bool jump() {
        if (timers_.empty()) return false;
        auto first = timers_.extract(timers_.begin());
        now_ = std::max(now_, first.key().first);
        first.mapped()();
        return true;
    }

private:
    std::vector<env::Job> jobs_;
    std::map<std::pair<env::Monotonic, env::TimerId>, env::Job> timers_;
    env::TimerId last_ = 0;
    env::Monotonic now_{};
    std::uint64_t state_ = 7;
};

env::Task<void> ask_into(Node& node, http::Request request, http::Call call, std::optional<http::Reply>& reply) {
    env::Task<http::Reply> asking = node.handle(std::move(request), std::move(call));
    reply.emplace(co_await asking);
}

struct Stage {
    Clockwork clock;
    MemoryDisk disk;
    std::unique_ptr<Node> node;
    NodeOptions options{.master_key = "masterKey"};

    void open() {
        auto opened = Node::open(clock.env(), disk, options);
        ASSERT_TRUE(opened) << opened.error().message;
        node = std::move(*opened);
    }
    std::optional<http::Reply> begin(std::string method, std::string target, std::string body = {},
                                     http::Headers extra = {}) {
        http::Request request{.method = std::move(method), .target = std::move(target)};
        request.headers = std::move(extra);
        request.headers.set("authorization", "Bearer masterKey");
        request.headers.set("content-type", "application/json");
        request.body = http::body_of(std::move(body));
        auto reply = std::make_shared<std::optional<http::Reply>>();
        env::spawn(clock, ask_into(*node, std::move(request), {}, *reply));
        for (int i = 0; i < 100000 && !*reply && clock.step(); ++i) {
        }
        pending.push_back(reply);
        return std::move(*reply);
    }
    json::Value ask(std::string method, std::string target, std::string body = {}, http::Headers extra = {}) {
        auto reply = begin(std::move(method), std::move(target), std::move(body), std::move(extra));
        EXPECT_TRUE(reply);
        return reply ? json::parse(reply->body).value_or(json::Value()) : json::Value();
    }
    void settle() {
        while (!node->idle()) {
            if (!clock.step()) break;
        }
    }
    std::vector<std::shared_ptr<std::optional<http::Reply>>> pending;
};

constexpr std::string_view kAdd = "/indexes/a/documents";

TEST(Node, AcknowledgedWritesOutliveACrashAtAnyStep) {
    for (int steps = 0; steps < 60; steps += 3) {
        Stage before;
        before.open();
        before.ask("POST", std::string(kAdd), "[{\"id\":1,\"t\":\"one\"},{\"id\":2}]");
        for (int i = 0; i < steps; ++i) before.clock.step();
        before.disk.crash();
        Stage after;
        after.disk = before.disk;
        after.open();
        after.settle();
        EXPECT_EQ(json::to_text(after.ask("GET", "/indexes/a/documents/1")), "{\"id\":1,\"t\":\"one\"}") << steps;
        EXPECT_EQ(json::to_text(*after.ask("GET", "/tasks/0").find("status")), "\"succeeded\"") << steps;
        EXPECT_EQ(after.node->task_count(), 1u);
    }
}

TEST(Node, HistoryComesBackAsItWas) {
    Stage before;
    before.open();
    before.ask("POST", std::string(kAdd), "[{\"id\":1},{\"id\":2}]");
    before.settle();
    before.ask("POST", std::string(kAdd), "[{\"none\":1}]");
    before.ask("PATCH", "/indexes/a/settings", "{\"filterableAttributes\":[\"id\"]}");
    before.ask("PATCH", "/indexes/a", "{\"uid\":\"b\"}");
    before.settle();
    const json::Value tasks = before.ask("GET", "/tasks");
    const json::Value keys = before.ask("GET", "/keys");
    before.disk.crash();
    Stage after;
    after.disk = before.disk;
    after.open();
    EXPECT_EQ(after.ask("GET", "/tasks"), tasks);
    EXPECT_EQ(after.ask("GET", "/keys"), keys);
    EXPECT_EQ(json::to_text(*after.ask("POST", "/indexes/b/documents/fetch", "{\"filter\":\"id = 2\"}").find("total")),
              "1");
}

TEST(Node, ASnapshotHoldsWhatTheLogHeld) {
    Stage before;
    before.options.log_min = 1;
    before.open();
    before.ask("PATCH", "/indexes/a/settings",
               R"({"filterableAttributes":["id"],"embedders":{"e":{"source":"userProvided","dimensions":2}}})");
    before.ask("POST", std::string(kAdd),
               R"([{"id":1,"t":"one","_vectors":{"e":[1,0]}},{"id":2,"t":"two","_vectors":{"e":null}}])");
    before.settle();
    before.ask("POST", std::string(kAdd), R"([{"none":1}])");
    before.settle();
    while (before.clock.step()) {
    }
    const std::vector<std::string> files = *before.disk.list();
    EXPECT_TRUE(std::ranges::any_of(files, [](const std::string& name) { return name.starts_with("snapshot."); }));
    EXPECT_EQ(std::ranges::count(files, "log.0"), 0);
    before.disk.crash();
    Stage after;
    after.disk = before.disk;
    after.open();
    for (const char* target : {"/tasks", "/batches", "/keys", "/indexes", "/indexes/a/settings", "/indexes/a/stats",
                               "/indexes/a/documents?retrieveVectors=true"}) {
        EXPECT_EQ(after.ask("GET", target), before.ask("GET", target)) << target;
    }
    EXPECT_EQ(json::to_text(*after.ask("GET", "/indexes/a/search?q=two&filter=id%3D2").find("estimatedTotalHits")),
              "1");
    EXPECT_EQ(*after.ask("POST", "/indexes", R"({"uid":"b"})").find("taskUid"), json::Value(3));
}

TEST(Node, OneSeedIsOneTrace) {
    const auto trace = [] {
        Stage stage;
        stage.open();
        std::string out;
        for (int i = 0; i < 5; ++i) {
            out += json::to_text(stage.ask("POST", std::string(kAdd), "[{\"id\":" + std::to_string(i) + "}]"));
            out += json::to_text(stage.ask("GET", "/tasks"));
            out += json::to_text(stage.ask("POST", "/indexes/a/search", "{}"));
        }
        return out;
    };
    EXPECT_EQ(trace(), trace());
}

TEST(Node, AnswersWhileItIndexes) {
    Stage stage;
    stage.options.slice = 100;
    stage.open();
    std::string body = "[";
    for (int i = 0; i < 5000; ++i) body += (i == 0 ? "" : ",") + ("{\"id\":" + std::to_string(i) + ",\"t\":\"word\"}");
    stage.ask("POST", std::string(kAdd), body + "]");
    EXPECT_EQ(json::to_text(stage.ask("GET", "/health")), "{\"status\":\"available\"}");
    EXPECT_FALSE(stage.node->idle());
    stage.settle();
    EXPECT_EQ(json::to_text(*stage.ask("GET", "/indexes/a/stats").find("numberOfDocuments")), "5000");
}

TEST(Node, ReplicationHeadersChooseTheUidOrOnlyTry) {
    Stage stage;
    stage.options.replication_parameters = true;
    stage.open();
    EXPECT_EQ(*stage.ask("POST", "/indexes", "{\"uid\":\"a\"}", {{"TaskId", "7"}}).find("taskUid"), json::Value(7));
    EXPECT_EQ(*stage.ask("POST", "/indexes", "{\"uid\":\"b\"}", {{"TaskId", "7"}}).find("code"),
              json::Value("bad_request"));
    EXPECT_EQ(*stage.ask("POST", "/indexes", "{\"uid\":\"b\"}", {{"DryRun", "true"}}).find("taskUid"), json::Value(8));
    EXPECT_EQ(stage.node->task_count(), 1u);
}

TEST(Node, MisbehavesOnlyWhenTold) {
    Stage stage;
    stage.open();
    stage.node->faults().add(*parse_fault("status=503:retry-after=9:times=1"));
    const auto refused = stage.begin("GET", "/health");
    EXPECT_EQ(refused->status, 503);
    EXPECT_EQ(refused->headers.get("retry-after"), "9");
    EXPECT_EQ(stage.begin("GET", "/health")->status, 200);
    stage.node->faults().add(*parse_fault("task-fails=indexCreation"));
    stage.ask("POST", "/indexes", "{\"uid\":\"a\"}");
    stage.settle();
    EXPECT_EQ(*stage.ask("GET", "/tasks/0").find("status"), json::Value("failed"));
    stage.open();  // and it stays so after a restart
    EXPECT_EQ(*stage.ask("GET", "/tasks/0").find("status"), json::Value("failed"));
    stage.node->faults().add(*parse_fault("lost:method=POST"));
    // No reply, but the work is done.
    EXPECT_TRUE(http::is_hang_up(*stage.begin("POST", "/indexes", "{\"uid\":\"b\"}")));
    stage.settle();
    EXPECT_EQ(stage.node->task_count(), 2u);
    stage.node->faults().clear();
    stage.node->faults().add(*parse_fault("read-only"));
    EXPECT_EQ(*stage.ask("POST", "/indexes", "{\"uid\":\"c\"}").find("code"), json::Value("no_space_left_on_device"));
    while (stage.clock.step() || stage.clock.jump()) {
    }
}

}  // namespace
}  // namespace miroir::node

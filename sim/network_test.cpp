#include "sim/network.h"

#include <gtest/gtest.h>

#include "sim/run.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

// Counts what it was asked, and answers after a while.
class Counter final : public App, public http::Handler {
public:
    Counter(AppContext context, int& asked) : env_(context.env), asked_(asked) {}
    http::Handler* handler() override { return this; }
    env::Task<http::Reply> handle(http::Request request, http::Call) override {
        ++asked_;
        if (request.target == "/slow") co_await env::sleep_for(env_, 5s);
        http::Reply reply;
        reply.body = "0123456789";
        co_return reply;
    }

private:
    env::Env env_;
    int& asked_;
};

class Silent final : public App {
public:
    explicit Silent(AppContext context) : context(context) {}
    AppContext context;
};

struct Answer {
    std::optional<Result<http::Reply>> reply;
    env::Monotonic when;
};

env::Task<void> ask(AppContext context, std::string target, env::Cancel cancel, std::shared_ptr<Answer> out) {
    http::Address to{.host = "server", .port = 1};
    http::Outgoing request;
    request.target = std::move(target);
    http::SendOptions options;
    options.deadline = env::Deadline::after(context.env.clock, 2s);
    options.cancel = cancel;
    out->reply = co_await context.client.send(std::move(to), std::move(request), std::move(options));
    out->when = context.env.clock.now();
}

struct Net : testing::Test {
    sim::Run run{3};
    int asked = 0;
    Host& server = run.host("server", [this](AppContext context) { return std::make_unique<Counter>(context, asked); });
    Host& client = run.host("client", [](AppContext context) { return std::make_unique<Silent>(context); });
    env::Cancel cancel;

    std::shared_ptr<Answer> begin(std::string target = "/") {
        auto out = std::make_shared<Answer>();
        env::spawn(client.life(), ask(client.app<Silent>().context, std::move(target), cancel, out));
        return out;
    }
    ErrorCode failure(const std::shared_ptr<Answer>& answer) {
        return answer->reply && !*answer->reply ? answer->reply->error().code : ErrorCode::Internal;
    }
};

TEST_F(Net, ARequestIsAnsweredOnceAfterBothDelays) {
    run.network.options = {.delay_floor = 10ms, .delay_mean = 0ms};
    const auto answer = begin();
    run.world.run_for(19ms);
    EXPECT_FALSE(answer->reply.has_value());
    run.world.run_for(2ms);
    ASSERT_TRUE(answer->reply && *answer->reply);
    EXPECT_EQ((*answer->reply)->body, "0123456789");
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(run.network.in_flight(), 0u);
}

TEST_F(Net, LossBeforeIsNotCarriedOutLossAfterIs) {
    run.network.options.loss_before = 1;
    run.network.options.reset_share = 0;
    const auto before = begin();
    run.world.run_for(3s);
    EXPECT_EQ(failure(before), ErrorCode::MiroirTimeout);
    EXPECT_EQ(asked, 0);
    run.network.options.loss_before = 0;
    run.network.options.loss_after = 1;
    run.network.options.reset_share = 1;
    const auto after = begin();
    run.world.run_for(3s);
    EXPECT_EQ(failure(after), ErrorCode::MiroirNodeBadReply);
    EXPECT_EQ(asked, 1);
}

TEST_F(Net, OneWayCuts) {
    run.network.block("client", "server");
    const auto there = begin();
    run.world.run_for(3s);
    EXPECT_EQ(failure(there), ErrorCode::MiroirTimeout);
    EXPECT_EQ(asked, 0);
    run.network.heal();
    run.network.block("server", "client");
    const auto back = begin();
    run.world.run_for(3s);
    EXPECT_EQ(failure(back), ErrorCode::MiroirTimeout);
    EXPECT_EQ(asked, 1);
}

TEST_F(Net, DoubledCutBurstAndClogged) {
    run.network.options.duplicate = 1;
    begin();
    run.world.run_for(1s);
    EXPECT_EQ(asked, 2);
    run.network.heal();
    run.network.options.truncate = 1;
    run.network.options.reset_share = 0;
    const auto cut = begin();
    run.world.run_for(1s);
    ASSERT_TRUE(cut->reply && *cut->reply);
    EXPECT_LT((*cut->reply)->body.size(), 10u);
    run.network.heal();
    run.network.options.burst = 1;
    asked = 0;
    const auto busy = begin();
    run.world.run_for(1s);
    ASSERT_TRUE(busy->reply && *busy->reply);
    EXPECT_GE((*busy->reply)->status, 429);
    EXPECT_EQ(asked, 0);
    run.network.heal();
    run.network.clog("server", run.world.now() + 1s);
    const auto late = begin();
    run.world.run_for(1500ms);
    ASSERT_TRUE(late->reply && *late->reply);
    EXPECT_GE(late->when.time_since_epoch(), run.world.now().time_since_epoch() - 500ms);
}

TEST_F(Net, DeathOfTheServerIsHeardUnlessPowerIsLost) {
    const auto heard = begin("/slow");
    run.world.run_for(100ms);
    server.kill();
    run.world.run_for(100ms);
    EXPECT_EQ(failure(heard), ErrorCode::MiroirNodeBadReply);
    const auto refused = begin();
    run.world.run_for(100ms);
    EXPECT_EQ(failure(refused), ErrorCode::MiroirNodeUnreachable);
    server.start();
    server.kill(true);
    const auto dark = begin();
    run.world.run_for(1s);
    EXPECT_FALSE(dark->reply.has_value());
    run.world.run_for(2s);
    EXPECT_EQ(failure(dark), ErrorCode::MiroirTimeout);
}

TEST_F(Net, TheAnswerToADeadLifeDoesNotReachTheNextOne) {
    const auto lost = begin("/slow");
    run.world.run_for(100ms);
    client.kill();
    client.start();
    run.world.run_for(10s);
    EXPECT_EQ(failure(lost), ErrorCode::MiroirCanceled);  // told to the coroutine so that it ends, seen by nobody
    EXPECT_TRUE(client.ended_cleanly());
    EXPECT_EQ(run.network.in_flight(), 0u);
}

TEST_F(Net, Cancel) {
    const auto answer = begin("/slow");
    run.world.run_for(100ms);
    cancel.request();
    run.world.run_for(1ms);
    EXPECT_EQ(failure(answer), ErrorCode::MiroirCanceled);
}

TEST_F(Net, DisksKeepWhatWasSyncedAndTheDeadWriteNothing) {
    auto& disk = client.app<Silent>().context.disk;
    ASSERT_TRUE(disk.append("f", "sure ").has_value());
    ASSERT_TRUE(disk.sync("f").has_value());
    ASSERT_TRUE(disk.append("f", "unsure").has_value());
    client.disk().set_full(true);
    EXPECT_EQ(disk.append("f", "x").error().code, ErrorCode::NoSpaceLeftOnDevice);
    client.disk().set_full(false);
    client.kill();
    EXPECT_FALSE(disk.append("f", "from the grave").has_value());
    client.start();
    const std::string kept = client.app<Silent>().context.disk.read("f").value();
    EXPECT_TRUE(kept.starts_with("sure "));
    EXPECT_TRUE(std::string("sure unsure").starts_with(kept));
    client.kill_at_write(2);
    ASSERT_TRUE(client.app<Silent>().context.disk.append("g", "1").has_value());
    auto& doomed = client.app<Silent>().context.disk;
    EXPECT_FALSE(doomed.append("g", "2").has_value());
    EXPECT_FALSE(client.alive());
}

}  // namespace
}  // namespace miroir::sim

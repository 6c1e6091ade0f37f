#include "webhooks/courier.h"

#include <gtest/gtest.h>

#include <deque>

#include "env/log.h"
#include "env/real/reactor.h"
#include "json/parse.h"
#include "protocol/instance/webhook.h"
#include "server/encoding.h"
#include "tasks/memory_store.h"

namespace miroir::webhooks {
namespace {

class SilentLog final : public env::Log {
    bool enabled(env::LogLevel) const override { return false; }
    void write(env::LogLevel, std::string_view, std::string_view, env::LogFields) override {}
};

// Takes every post, or answers with what stands in `answers` first.
class Receiver final : public http::Client {
public:
    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions) override {
        posts.push_back({.to = to.text() + request.target, .request = std::move(request)});
        if (!answers.empty()) {
            const int status = answers.front();
            answers.pop_front();
            if (status == 0) co_return fail(ErrorCode::MiroirNodeUnreachable, "away");
            if (status == -1) co_return fail(ErrorCode::MiroirInvalidRequest, "Rejected IP");
            co_return http::Reply{.status = status};
        }
        co_return http::Reply{.status = 204};
    }
    struct Post {
        std::string to;
        http::Outgoing request;
    };
    std::vector<Post> posts;
    std::deque<int> answers;
};

class CourierTest : public testing::Test {
protected:
    void SetUp() override { restart(); }
    void restart() {
        stop.request();
        stop = env::Cancel();
        auto opened = env::run_task(reactor, tasks::TaskBook::open(store));
        ASSERT_TRUE(opened);
        book = *std::move(opened);
        CourierOptions options{.fixed_webhook = fixed, .first_pause = std::chrono::microseconds(1), .tries = 3};
        courier = std::make_unique<Courier>(reactor.env(log), receiver, store, [this] { return shelves; }, options);
        book->watch_ends(courier.get());
    }
    void define(const std::string& uuid, const std::string& url) {
        auto next = std::make_shared<quorum::Shelves>(*shelves);
        if (url.empty()) next->by_name["webhooks"].erase(uuid);
        else
            next->by_name["webhooks"][uuid] = json::Object{
                {"uuid", uuid}, {"url", url}, {"headers", json::Object{{"X-Word", "w"}}}, {"order", std::uint64_t{1}}};
        shelves = next;
    }
    void finish_task() {
        tasks::TaskEntry entry;
        entry.task.index_uid = "films";
        const auto uid = env::run_task(reactor, book->begin(entry));
        ASSERT_TRUE(uid);
        entry = *book->find(*uid);
        entry.task.status = protocol::TaskStatus::Succeeded;
        ASSERT_TRUE(env::run_task(reactor, book->save(entry)));
    }
    // Runs until no notice is left in the store, or `posts` were sent.
    void deliver(std::size_t posts) {
        env::spawn(reactor, courier->run(stop));
        env::run_task(reactor, wait_for(posts));
    }
    env::Task<bool> wait_for(std::size_t posts) {
        for (int i = 0; i < 10'000 && (receiver.posts.size() < posts || (posts == 0 && i < 50)); ++i)
            co_await env::sleep_for(reactor.env(log), std::chrono::microseconds(100));
        for (int i = 0; i < 20; ++i) co_await env::sleep_for(reactor.env(log), std::chrono::microseconds(100));
        co_return true;
    }
    std::size_t owed() {
        tasks::Scan scan{.table = "webhook_notices"};
        return env::run_task(reactor, store.scan(scan))->size();
    }
    std::vector<std::uint64_t> uids_of(const Receiver::Post& post) {
        auto plain = server::decompressed(server::Encoding::Gzip, http::body_of(post.request.body), 1 << 20);
        std::string text = *env::run_task(reactor, http::read_all(*plain, 1 << 20));
        std::vector<std::uint64_t> out;
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            out.push_back(json::parse(text.substr(0, end))->find("uid")->unsigned_integer());
            text.erase(0, end + 1);
        }
        return out;
    }

    env::Reactor reactor;
    SilentLog log;
    tasks::MemoryStore store;
    Receiver receiver;
    json::Value fixed{};
    quorum::ShelvesPtr shelves = std::make_shared<const quorum::Shelves>();
    std::unique_ptr<tasks::TaskBook> book;
    std::unique_ptr<Courier> courier;
    env::Cancel stop;
};

using Uids = std::vector<std::uint64_t>;

TEST_F(CourierTest, TellsOfFinishedTasksInOneCompressedPost) {
    define("a", "http://example.com:81/done?x=1");
    finish_task();
    finish_task();
    deliver(1);
    ASSERT_EQ(receiver.posts.size(), 1);
    const Receiver::Post& post = receiver.posts[0];
    EXPECT_EQ(post.to, "http://example.com:81/done?x=1");
    EXPECT_EQ(post.request.headers.get("content-encoding"), "gzip");
    EXPECT_EQ(post.request.headers.get("content-type"), "application/x-ndjson");
    EXPECT_EQ(post.request.headers.get("x-word"), "w");
    EXPECT_EQ(uids_of(post), (Uids{0, 1}));
    EXPECT_EQ(owed(), 0);
    finish_task();
    deliver(2);
    ASSERT_EQ(receiver.posts.size(), 2);
    EXPECT_EQ(uids_of(receiver.posts[1]), (Uids{2}));
}

TEST_F(CourierTest, ARestartLosesNoNotice) {
    define("a", "http://example.com/");
    finish_task();
    restart();
    EXPECT_EQ(owed(), 1);
    deliver(1);
    ASSERT_EQ(receiver.posts.size(), 1);
    EXPECT_EQ(uids_of(receiver.posts[0]), (Uids{0}));
    EXPECT_EQ(owed(), 0);
}

TEST_F(CourierTest, AFailedCommitTellsNobody) {
    define("a", "http://example.com/");
    tasks::TaskEntry entry;
    ASSERT_TRUE(env::run_task(reactor, book->begin(entry)));
    entry = *book->find(0);
    entry.task.status = protocol::TaskStatus::Failed;
    store.fail_commits(1);
    EXPECT_FALSE(env::run_task(reactor, book->save(entry)));
    deliver(0);
    EXPECT_TRUE(receiver.posts.empty());
}

TEST_F(CourierTest, WhoIsAwayIsAskedAgainAndInTheEndLeft) {
    define("a", "http://example.com/");
    receiver.answers = {0, 503};
    finish_task();
    deliver(3);
    EXPECT_EQ(receiver.posts.size(), 3);
    EXPECT_EQ(owed(), 0);
    receiver.answers = {0, 0, 0};
    finish_task();
    deliver(6);
    EXPECT_EQ(receiver.posts.size(), 6) << "three tries, then dropped";
    EXPECT_EQ(owed(), 0);
}

TEST_F(CourierTest, WhoRefusesOrMayNotBeReachedIsNotAskedAgain) {
    define("a", "http://example.com/");
    receiver.answers = {401};
    finish_task();
    deliver(1);
    EXPECT_EQ(receiver.posts.size(), 1);
    receiver.answers = {-1};
    finish_task();
    deliver(2);
    EXPECT_EQ(receiver.posts.size(), 2);
    EXPECT_EQ(owed(), 0);
}

TEST_F(CourierTest, TheOperatorsWebhookIsToldToo) {
    fixed = protocol::fixed_webhook("http://ops.example.com/x", "Bearer s");
    restart();
    define("a", "http://example.com/");
    finish_task();
    deliver(2);
    ASSERT_EQ(receiver.posts.size(), 2);
    const bool first = receiver.posts[0].to.starts_with("http://ops");
    EXPECT_EQ(receiver.posts[first ? 0 : 1].request.headers.get("authorization"), "Bearer s");
}

TEST_F(CourierTest, ADeletedWebhookIsOwedNothing) {
    define("a", "http://example.com/");
    finish_task();
    define("a", "");
    deliver(0);
    EXPECT_TRUE(receiver.posts.empty());
    EXPECT_EQ(owed(), 0);
}

}  // namespace
}  // namespace miroir::webhooks

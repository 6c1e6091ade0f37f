#include "tasks/task_book.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "tasks/memory_store.h"

namespace miroir::tasks {
namespace {

class TaskBookTest : public testing::Test {
protected:
    void SetUp() override { reopen(); }
    void reopen() {
        auto opened = env::run_task(reactor, TaskBook::open(store));
        ASSERT_TRUE(opened) << opened.error().message;
        book = *std::move(opened);
    }
    Result<std::uint64_t> begin(std::string index, protocol::TaskStatus status = protocol::TaskStatus::Enqueued) {
        TaskEntry entry;
        entry.task.index_uid = std::move(index);
        entry.task.status = status;
        entry.parts.push_back({.node = {"a"}, .uid = 7, .state = NodeTask::State::Planned});
        return env::run_task(reactor, book->begin(std::move(entry)));
    }

    env::Reactor reactor;
    MemoryStore store;
    std::unique_ptr<TaskBook> book;
};

TEST_F(TaskBookTest, UidsRiseByOneAndSurvive) {
    EXPECT_EQ(begin("x"), 0);
    EXPECT_EQ(begin("y", protocol::TaskStatus::Succeeded), 1);
    reopen();
    EXPECT_EQ(book->next_uid(), 2);
    ASSERT_NE(book->find(0), nullptr);
    EXPECT_EQ(book->find(0)->parts.at(0).node.value, "a");
    EXPECT_EQ(book->find(0)->parts.at(0).uid, 7);
    EXPECT_EQ(book->unfinished().size(), 1);
    EXPECT_EQ(env::run_task(reactor, book->erase({0, 1, 5})), 2);
    reopen();
    EXPECT_EQ(book->find(0), nullptr);
    EXPECT_EQ(begin("z"), 2) << "an erased uid must not come back";
}

// What is written to the new name waits for the renaming as what is written to the old one does.
TEST(IndexesOf, NamesBothOfARename) {
    protocol::Task task;
    task.index_uid = "a";
    EXPECT_EQ(indexes_of(task), std::vector<std::string>{"a"});
    task.details = json::Object{{"primaryKey", nullptr}, {"oldIndexUid", "a"}, {"newIndexUid", "c"}};
    EXPECT_EQ(indexes_of(task), (std::vector<std::string>{"a", "c"}));
}

TEST_F(TaskBookTest, KnowsWhatEndedBeforeAMoment) {
    const auto at = [](int second) { return protocol::Instant(std::chrono::seconds(second)); };
    const auto ended = [&](int begun, std::optional<int> end) {
        TaskEntry entry;
        entry.task.enqueued_at = at(begun);
        if (end) entry.task.finished_at = at(*end);
        if (end) entry.task.status = protocol::TaskStatus::Succeeded;
        ASSERT_TRUE(env::run_task(reactor, book->begin(std::move(entry))));
    };
    ended(1, 2);
    ended(2, std::nullopt);
    ended(3, 10);
    ended(4, 5);
    ended(9, 9);
    using Uids = std::vector<std::uint64_t>;
    EXPECT_EQ(book->finished_before(at(9), 100), (Uids{0, 3}));
    EXPECT_EQ(book->finished_before(at(9), 1), Uids{0});
    EXPECT_EQ(book->finished_before(at(10), 100), (Uids{0, 3, 4}));
    EXPECT_EQ(book->finished_before(at(2), 100), Uids{});
}

TEST_F(TaskBookTest, AFailedCommitLeavesNothing) {
    store.fail_commits(1);
    EXPECT_FALSE(begin("x"));
    EXPECT_EQ(book->find(0), nullptr);
    EXPECT_EQ(begin("x"), 0);
}

TEST_F(TaskBookTest, ListsPages) {
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(begin(i % 2 == 0 ? "even" : "odd"));
    TaskPage page = book->list({.limit = 2});
    EXPECT_EQ(page.total, 5);
    EXPECT_EQ(page.from, 4);
    EXPECT_EQ(page.next, 2);
    page = book->list({.limit = 2, .from = 1, .reverse = true});
    EXPECT_EQ(page.from, 1);
    EXPECT_EQ(page.next, 3);
    protocol::TaskQuery odd;
    odd.filter.index_uids.values = {"odd"};
    odd.filter.index_uids.given = true;
    page = book->list(odd);
    EXPECT_EQ(page.total, 2);
    EXPECT_EQ(page.next, std::nullopt);
}

class Watch final : public EndWatch {
public:
    void ending(const protocol::Task& task, Batch& batch) override {
        (void)batch;
        seen.push_back(task.uid);
    }
    void ended() override { ++commits; }
    std::vector<std::uint64_t> seen;
    int commits = 0;
};

class Carrying : public TaskBookTest {
protected:
    // One task that carries two others, and one that has nothing to do with them.
    void SetUp() override {
        TaskBookTest::SetUp();
        TaskEntry carrier;
        carrier.task.index_uid = "x";
        carrier.parts.push_back({.node = {"a"}, .uid = 7, .state = NodeTask::State::Planned});
        std::vector<TaskEntry> carried(2);
        for (std::size_t i = 0; i < carried.size(); ++i) {
            carried[i].task.index_uid = "x";
            carried[i].task.details = json::Object{{"indexedDocuments", json::Value()}};
            carried[i].at_success = json::Object{{"indexedDocuments", i + 1}};
        }
        ASSERT_EQ(env::run_task(reactor, book->begin(std::move(carrier), {}, std::move(carried))), 0);
        ASSERT_EQ(begin("x"), 3);
    }
    // As who follows it: from what he knew of it.
    void end(protocol::TaskStatus status) {
        TaskEntry entry = *book->find(0);
        entry.carries = 0;  // nobody has to think of it
        entry.task.status = status;
        entry.task.finished_at = protocol::Instant(std::chrono::seconds(9));
        if (status == protocol::TaskStatus::Failed)
            entry.task.error = Error{.code = ErrorCode::Internal, .message = "no"};
        ASSERT_TRUE(env::run_task(reactor, book->save(std::move(entry))));
    }
    json::Value indexed(std::uint64_t uid) { return *book->find(uid)->task.details.find("indexedDocuments"); }
};

TEST_F(Carrying, WhatIsCarriedEndsWithItsCarrier) {
    reopen();  // known after a restart, too
    Watch watch;
    book->watch_ends(&watch);
    book->start(0, protocol::Instant(std::chrono::seconds(5)));
    EXPECT_EQ(book->find(2)->task.status, protocol::TaskStatus::Processing);
    EXPECT_EQ(book->find_batch(0)->stats.find("totalNbTasks")->unsigned_integer(), 3);
    end(protocol::TaskStatus::Succeeded);
    EXPECT_EQ(watch.seen, (std::vector<std::uint64_t>{0, 1, 2}));
    EXPECT_EQ(watch.commits, 1);
    for (int round = 0; round < 2; ++round, reopen()) {
        EXPECT_EQ(book->unfinished().size(), 1);
        EXPECT_EQ(book->find(1)->task.status, protocol::TaskStatus::Succeeded);
        EXPECT_EQ(book->find(2)->task.finished_at, protocol::Instant(std::chrono::seconds(9)));
        EXPECT_EQ(indexed(1), json::Value(1));
        EXPECT_EQ(indexed(2), json::Value(2));
        EXPECT_EQ(book->find(3)->task.status, protocol::TaskStatus::Enqueued);
    }
}

TEST_F(Carrying, WhatIsCarriedFailsWithItsCarrier) {
    end(protocol::TaskStatus::Failed);
    EXPECT_EQ(book->find(2)->task.status, protocol::TaskStatus::Failed);
    EXPECT_EQ(book->find(2)->task.error->message, "no");
    EXPECT_EQ(indexed(2), json::Value(0));
}

TEST_F(Carrying, NothingEndsWhileItsCarrierGoesOn) {
    TaskEntry entry = *book->find(0);
    entry.parts.front().state = NodeTask::State::Accepted;
    ASSERT_TRUE(env::run_task(reactor, book->save(std::move(entry))));
    EXPECT_EQ(book->unfinished().size(), 4);
}

TEST_F(Carrying, ARefusedCommitGivesAllUidsBack) {
    store.fail_commits(1);
    EXPECT_FALSE(env::run_task(reactor, book->begin(TaskEntry(), {}, std::vector<TaskEntry>(3))));
    EXPECT_EQ(book->next_uid(), 4);
}

}  // namespace
}  // namespace miroir::tasks

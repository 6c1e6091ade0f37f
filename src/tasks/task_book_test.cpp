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

}  // namespace
}  // namespace miroir::tasks

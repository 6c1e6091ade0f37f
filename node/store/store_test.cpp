#include <gtest/gtest.h>

#include "env/log.h"
#include "node/store/journal.h"
#include "node/store/memory_disk.h"

namespace miroir::node {
namespace {

// Runs jobs at once in order; no time passes.
class Bench final : public env::Executor, public env::Clock, public env::Random, public env::Log {
public:
    void post(env::Job job) override { jobs_.push_back(std::move(job)); }
    env::TimerId at(env::Monotonic, env::Job) override { return 0; }
    void cancel(env::TimerId) override {}
    env::Monotonic now() override { return {}; }
    env::WallTime wall() override { return {}; }
    std::uint64_t next() override { return 4; }
    bool enabled(env::LogLevel) const override { return false; }
    void write(env::LogLevel, std::string_view, std::string_view, env::LogFields) override {}

    env::Env env() { return {.clock = *this, .random = *this, .executor = *this, .log = *this}; }
    void run() {
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            env::Job job = std::move(jobs_[i]);
            job();
        }
        jobs_.clear();
    }

private:
    std::vector<env::Job> jobs_;
};

env::Task<void> commit_into(Journal& journal, bool& safe) {
    env::Task<Result<void>> committing = journal.commit();
    const Result<void> done = co_await committing;
    safe = done.has_value();
}

std::vector<std::string> read_back(Bench& bench, Disk& disk) {
    std::vector<std::string> heads;
    Journal journal(bench.env(), disk);
    const auto recovered = journal.recover([&](std::string_view head, std::string_view body) -> Result<void> {
        heads.push_back(std::string(head) + std::string(body));
        return {};
    });
    EXPECT_TRUE(recovered);
    return heads;
}

bool append_safely(Bench& bench, Journal& journal, std::string_view head, std::string_view body = {}) {
    bool safe = false;
    journal.append(head, body);
    env::spawn(bench, commit_into(journal, safe));
    bench.run();
    return safe;
}

const Journal::Visit kIgnore = [](std::string_view, std::string_view) -> Result<void> { return {}; };

TEST(Journal, WhatWasCommittedOutlivesACrash) {
    Bench bench;
    MemoryDisk disk;
    Journal journal(bench.env(), disk);
    ASSERT_TRUE(journal.recover(kIgnore));
    EXPECT_TRUE(append_safely(bench, journal, "one", " body"));
    journal.append("two");  // never committed
    disk.crash();
    EXPECT_EQ(read_back(bench, disk), std::vector<std::string>{"one body"});
}

TEST(Journal, ATornTailIsDroppedAndWritingGoesOn) {
    for (std::size_t kept = 0; kept < 24; ++kept) {
        Bench bench;
        MemoryDisk disk;
        Journal journal(bench.env(), disk);
        ASSERT_TRUE(journal.recover(kIgnore));
        append_safely(bench, journal, "one");
        std::string torn;
        append_frame(torn, "unsynced");
        ASSERT_TRUE(disk.append("log.0", torn));
        disk.crash(kept);
        Journal again(bench.env(), disk);
        ASSERT_TRUE(again.recover(kIgnore));
        append_safely(bench, again, "two");
        std::vector<std::string> expected = {"one", "two"};
        if (kept >= torn.size()) expected.insert(expected.begin() + 1, "unsynced");
        EXPECT_EQ(read_back(bench, disk), expected) << kept;
    }
}

TEST(Journal, AFlippedBitEndsTheLogAtTheLastGoodRecord) {
    for (std::uint64_t bit = 0; bit < 8 * 19; bit += 7) {
        Bench bench;
        MemoryDisk disk;
        Journal journal(bench.env(), disk);
        ASSERT_TRUE(journal.recover(kIgnore));
        append_safely(bench, journal, "one");
        append_safely(bench, journal, "two");
        append_safely(bench, journal, "six");
        disk.flip_bit("log.0", 8 * 19 + bit);  // a frame here is 19 bytes: the second is hit
        EXPECT_EQ(read_back(bench, disk), std::vector<std::string>{"one"}) << bit;
    }
}

TEST(Journal, ASnapshotReplacesTheLogOnlyOnceItIsWhole) {
    Bench bench;
    MemoryDisk disk;
    Journal journal(bench.env(), disk);
    ASSERT_TRUE(journal.recover(kIgnore));
    append_safely(bench, journal, "old");
    ASSERT_TRUE(journal.begin_snapshot());
    append_safely(bench, journal, "during");
    ASSERT_TRUE(journal.add_to_snapshot("state"));
    EXPECT_EQ(read_back(bench, disk), (std::vector<std::string>{"old", "during"}));
    ASSERT_TRUE(journal.publish_snapshot());
    append_safely(bench, journal, "after");
    EXPECT_EQ(read_back(bench, disk), (std::vector<std::string>{"state", "during", "after"}));
    EXPECT_FALSE(disk.read("log.0"));
}

TEST(Journal, AFullDiskIsToldToTheOneWhoWaits) {
    Bench bench;
    MemoryDisk disk;
    Journal journal(bench.env(), disk);
    ASSERT_TRUE(journal.recover(kIgnore));
    disk.refuse_writes(true);
    EXPECT_FALSE(append_safely(bench, journal, "one"));
}

TEST(Journal, AWriteThatBreaksOffLeavesNothingBeforeTheNextTry) {
    for (std::size_t bytes = 0; bytes <= 19; ++bytes) {  // a frame here is 19 bytes
        Bench bench;
        MemoryDisk disk;
        Journal journal(bench.env(), disk);
        ASSERT_TRUE(journal.recover(kIgnore));
        EXPECT_TRUE(append_safely(bench, journal, "one"));
        disk.break_next_append(bytes);
        EXPECT_FALSE(append_safely(bench, journal, "two"));
        EXPECT_TRUE(append_safely(bench, journal, "six"));
        EXPECT_EQ(read_back(bench, disk), (std::vector<std::string>{"one", "two", "six"})) << bytes;
    }
}

TEST(Journal, AWriteThatBreaksOffAfterARestartLeavesWhatWasThere) {
    Bench bench;
    MemoryDisk disk;
    Journal before(bench.env(), disk);
    ASSERT_TRUE(before.recover(kIgnore));
    EXPECT_TRUE(append_safely(bench, before, "one"));
    Journal after(bench.env(), disk);
    ASSERT_TRUE(after.recover(kIgnore));
    disk.break_next_append(7);
    EXPECT_FALSE(append_safely(bench, after, "two"));
    EXPECT_TRUE(append_safely(bench, after, "six"));
    EXPECT_EQ(read_back(bench, disk), (std::vector<std::string>{"one", "two", "six"}));
}

}  // namespace
}  // namespace miroir::node

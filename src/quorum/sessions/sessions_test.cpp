#include "quorum/sessions/sessions.h"

#include <gtest/gtest.h>

#include <set>

#include "server/test_world.h"

namespace miroir::quorum {
namespace {

using std::chrono::seconds;
using Indexes = std::vector<std::string>;

struct Room {
    server::test::World world;
    std::set<std::uint64_t> over;
    SessionLimits limits;

    Sessions::Finished finished() {
        return [this](std::uint64_t task) { return over.contains(task); };
    }
    Sessions sessions() { return {limits, finished(), env::no_metrics()}; }
};

env::Monotonic at(int second) { return env::Monotonic(seconds(second)); }

TEST(Sessions, WaitForTheirOwnUnfinishedWritesToThatIndex) {
    Room room;
    Sessions sessions = room.sessions();
    sessions.note("mine", 3, {"films"}, at(0));
    sessions.note("mine", 5, {"books", "songs"}, at(0));
    sessions.note("mine", 6, {"films"}, at(0));
    sessions.note("other", 7, {"films"}, at(0));
    EXPECT_EQ(sessions.pending("mine", {"films"}, at(1)), 6u);
    EXPECT_EQ(sessions.pending("mine", {"books"}, at(1)), 5u);
    EXPECT_EQ(sessions.pending("mine", {"books", "films"}, at(1)), 6u);
    EXPECT_EQ(sessions.pending("mine", {}, at(1)), 6u);
    EXPECT_EQ(sessions.pending("mine", {"games"}, at(1)), std::nullopt);
    EXPECT_EQ(sessions.pending("stranger", {"films"}, at(1)), std::nullopt);
    room.over = {3, 6};
    EXPECT_EQ(sessions.pending("mine", {"films"}, at(1)), std::nullopt);
    EXPECT_EQ(sessions.pending("mine", {}, at(1)), 5u);
    room.over.insert(5);
    EXPECT_EQ(sessions.pending("mine", {}, at(1)), std::nullopt);
    EXPECT_EQ(sessions.size(), 1u);  // the other's
}

TEST(Sessions, TheLongestUnusedIsForgotten) {
    Room room;
    room.limits.sessions_max = 2;
    Sessions sessions = room.sessions();
    sessions.note("a", 1, {"films"}, at(0));
    sessions.note("b", 2, {"films"}, at(1));
    EXPECT_TRUE(sessions.pending("a", {}, at(2)));
    sessions.note("c", 3, {"films"}, at(3));
    EXPECT_EQ(sessions.size(), 2u);
    EXPECT_FALSE(sessions.pending("b", {}, at(3)));
    EXPECT_TRUE(sessions.pending("a", {}, at(3)));
    EXPECT_TRUE(sessions.pending("c", {}, at(3)));
}

TEST(Sessions, WhatIsDoneOrOldMakesRoomFirst) {
    Room room;
    room.limits = {.ttl = seconds(10), .sessions_max = 3};
    Sessions sessions = room.sessions();
    sessions.note("old", 1, {"films"}, at(0));
    sessions.note("done", 2, {"films"}, at(5));
    sessions.note("busy", 3, {"films"}, at(6));
    room.over = {2};
    EXPECT_FALSE(sessions.pending("old", {}, at(11)));
    sessions.note("fresh", 4, {"films"}, at(12));
    sessions.note("fresher", 5, {"films"}, at(12));
    EXPECT_EQ(sessions.size(), 3u);
    EXPECT_TRUE(sessions.pending("busy", {}, at(12)));
}

TEST(Sessions, ManyIndexesCountForAll) {
    Room room;
    Sessions sessions = room.sessions();
    for (std::uint64_t task = 1; task <= 65; ++task)
        sessions.note("mine", task, {"index" + std::to_string(task)}, at(0));
    EXPECT_EQ(sessions.pending("mine", {"films"}, at(0)), 65u);
}

TEST(Sessions, AfterARestartWhatIsUnfinishedIsEverybodys) {
    Room room;
    room.limits.ttl = seconds(10);
    Sessions sessions = room.sessions();
    tasks::TaskEntry entry;
    entry.task.uid = 4;
    entry.task.index_uid = "films";
    sessions.inherit({&entry}, at(0));
    sessions.note("mine", 9, {"books"}, at(1));
    EXPECT_EQ(sessions.pending("stranger", {"films"}, at(1)), 4u);
    EXPECT_EQ(sessions.pending("mine", {"films"}, at(1)), 4u);
    EXPECT_EQ(sessions.pending("mine", {"books"}, at(1)), 9u);
    room.over = {4};
    EXPECT_EQ(sessions.pending("stranger", {"films"}, at(1)), std::nullopt);
}

env::Task<void> listen(EndBell& bell, std::uint64_t task, env::Monotonic until, std::optional<bool>& heard) {
    heard = co_await bell.wait(task, until);
}

TEST(EndBell, WakesThoseWhoseTaskHasEndedAndNobodyElse) {
    Room room;
    EndBell bell(room.world.env(), room.finished(), nullptr);
    std::optional<bool> first;
    std::optional<bool> second;
    env::spawn(room.world, listen(bell, 1, at(5), first));
    env::spawn(room.world, listen(bell, 2, at(5), second));
    room.world.settle();
    room.over = {1};
    bell.ended();
    room.world.settle();
    EXPECT_EQ(first, true);
    EXPECT_FALSE(second);
    room.world.run();
    EXPECT_EQ(second, false);
    EXPECT_EQ(room.world.now(), at(5));
    EXPECT_TRUE(room.world.wait(bell.wait(1, at(9))));
    EXPECT_EQ(room.world.now(), at(5));
    room.over.insert(2);
    bell.ended();  // nobody is there any more
    EXPECT_EQ(room.world.timers(), 0u);
}

}  // namespace
}  // namespace miroir::quorum

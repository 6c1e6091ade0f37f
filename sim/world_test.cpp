#include "sim/world.h"

#include <gtest/gtest.h>

#include "env/task.h"
#include "sim/buggify.h"
#include "sim/life.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

TEST(World, OrderIsTimeThenWishAndTimeJumps) {
    World world(1);
    std::string order;
    const env::Monotonic start = world.now();
    world.in(5s, [&] { order += 'c'; });
    world.in(1s, [&] { order += 'a'; });
    world.in(1s, [&] { order += 'b'; });
    world.post([&] { order += '0'; });
    EXPECT_TRUE(world.run_for(4s));
    EXPECT_EQ(order, "0ab");
    EXPECT_EQ(world.now(), start + 4s);
    world.run_for(1s);
    EXPECT_EQ(order, "0abc");
}

TEST(World, CancelledJobsAreDestroyedAtOnceAndDoNotRun) {
    World world(1);
    const auto held = std::make_shared<int>(0);
    const env::TimerId timer = world.in(1s, [held] { ++*held; });
    world.cancel(timer);
    EXPECT_EQ(held.use_count(), 1);
    world.cancel(timer);
    world.run_for(2s);
    EXPECT_EQ(*held, 0);
}

TEST(World, TheTraceTellsTwoStoriesApart) {
    const auto trace_of = [](std::chrono::nanoseconds second) {
        World world(7);
        world.in(1ms, [] {});
        world.in(second, [] {});
        world.run_for(1s);
        return world.trace();
    };
    EXPECT_EQ(trace_of(2ms), trace_of(2ms));
    EXPECT_NE(trace_of(2ms), trace_of(2ms + 1ns));
}

TEST(World, StopsWhenTold) {
    World world(1);
    world.in(1s, [&] { world.stop(); });
    bool later = false;
    world.in(2s, [&] { later = true; });
    EXPECT_FALSE(world.run_for(10s));
    EXPECT_FALSE(later);
}

TEST(SeededRandom, KnownSequenceAndIndependentForks) {
    SeededRandom random(42);
    EXPECT_EQ(random.next(), 1546998764402558742ULL);  // xoshiro256** seeded by splitmix64(42)
    SeededRandom a(42);
    SeededRandom b(42);
    a.next();
    EXPECT_EQ(a.fork("x").next(), b.fork("x").next());
    EXPECT_NE(b.fork("x").next(), b.fork("y").next());
    EXPECT_NE(b.fork("x", 1).next(), b.fork("x", 2).next());
}

TEST(Buggify, APlaceIsOnOrOffForAWholeRun) {
    int on = 0;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        const SeededRandom random(seed);
        Buggify buggify(random);
        int strikes = 0;
        for (int i = 0; i < 1000; ++i) strikes += buggify("a place") ? 1 : 0;
        EXPECT_LT(strikes, 400);
        on += strikes > 0 ? 1 : 0;
    }
    EXPECT_NEAR(on, 100, 40);
}

env::Task<void> sleep_and_say(env::Env env, std::string& said, env::Cancel cancel) {
    said += 'a';
    co_await env::sleep_for(env, 10s, cancel);
    said += 'b';
}

TEST(Life, TheDeadDoNotAct) {
    World world(1);
    Life life(world, "host", 1);
    std::string said;
    env::spawn(life, sleep_and_say(life.env(), said, {}));
    world.run_for(1s);
    EXPECT_EQ(said, "a");
    life.die();
    world.run_for(1min);
    EXPECT_EQ(said, "a");
    EXPECT_TRUE(life.drain());  // but what they began is ended, so that nothing leaks
    EXPECT_EQ(said, "ab");
    EXPECT_EQ(life.waiting(), 0u);
}

TEST(Life, TheEndIsHeardAndEachLifeHasItsOwnChance) {
    World world(1);
    Life life(world, "host", 1);
    Life next(world, "host", 2);
    EXPECT_NE(life.random().next(), next.random().next());
    std::string said;
    env::spawn(life, sleep_and_say(life.env(), said, life.ended()));
    world.run_for(1s);
    life.die();
    EXPECT_TRUE(life.drain());
    EXPECT_EQ(said, "ab");
}

TEST(Life, WallClocksJumpAlone) {
    World world(1);
    Life life(world, "host", 1);
    const auto before = life.now();
    const auto wall = life.wall();
    life.jump_wall(-1h);
    EXPECT_EQ(life.now(), before);
    EXPECT_EQ(life.wall(), wall - 1h);
}

TEST(Life, NoTwoMachinesShowTheSameTime) {
    World world(1);
    Life one(world, "node-1", 1);
    Life other(world, "node-2", 1);
    Life again(world, "node-1", 2);
    EXPECT_NE(one.wall(), other.wall());
    EXPECT_EQ(one.wall(), again.wall());
}

}  // namespace
}  // namespace miroir::sim

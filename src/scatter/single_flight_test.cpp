#include "scatter/single_flight.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "server/test_world.h"

namespace miroir::scatter {
namespace {

using std::chrono::milliseconds;
using Flights = SingleFlight<std::string>;

// Takes ten milliseconds; says how often it was begun and whether it was given up.
struct Kitchen {
    server::test::World world;
    int begun = 0;
    int given_up = 0;
    std::chrono::nanoseconds takes{milliseconds(10)};
    bool breaks = false;

    env::Task<std::string> cook(env::Cancel cancel) {
        const int number = ++begun;
        const bool whole = co_await env::sleep_for(world.env(), takes, cancel);
        if (!whole) ++given_up;
        if (breaks) throw std::runtime_error("broken");
        co_return "dish " + std::to_string(number);
    }
    Flights::Work order() {
        return [this](env::Cancel cancel) { return cook(std::move(cancel)); };
    }
};

struct Guest {
    std::optional<Flights::Outcome> got;
    env::Cancel cancel;
    bool broken = false;

    std::string dish() const { return got && got->value ? *got->value : "nothing"; }
};

env::Task<void> eat(Flights& flights, Kitchen& kitchen, std::string key, Guest& guest) {
    try {
        guest.got = co_await flights.run(std::move(key), guest.cancel, kitchen.order());
    } catch (const std::runtime_error&) {
        guest.broken = true;
    }
}

void send(Flights& flights, Kitchen& kitchen, std::string key, Guest& guest) {
    env::spawn(kitchen.world, eat(flights, kitchen, std::move(key), guest));
    kitchen.world.settle();
}

void pass(Kitchen& kitchen, milliseconds span) { kitchen.world.wait(env::sleep_for(kitchen.world.env(), span)); }

TEST(SingleFlight, EqualsShareOneAnswer) {
    Kitchen kitchen;
    Flights flights(kitchen.world.env(), {});
    Guest first;
    Guest second;
    Guest other;
    send(flights, kitchen, "soup", first);
    send(flights, kitchen, "soup", second);
    send(flights, kitchen, "cake", other);
    kitchen.world.run();
    EXPECT_EQ(kitchen.begun, 2);
    EXPECT_EQ(first.dish(), "dish 1");
    EXPECT_EQ(second.dish(), "dish 1");
    EXPECT_EQ(other.dish(), "dish 2");
    EXPECT_FALSE(first.got->joined);
    EXPECT_TRUE(second.got->joined);
    EXPECT_EQ(flights.flights(), 0u);
}

TEST(SingleFlight, WhatHasEndedOrBegunLongAgoIsNotJoined) {
    Kitchen kitchen;
    Flights flights(kitchen.world.env(), {.window = milliseconds(4)});
    Guest first;
    Guest late;
    Guest joins_late;
    Guest after;
    send(flights, kitchen, "soup", first);
    pass(kitchen, milliseconds(5));
    send(flights, kitchen, "soup", late);
    pass(kitchen, milliseconds(3));
    send(flights, kitchen, "soup", joins_late);  // of the newer one
    kitchen.world.run();
    send(flights, kitchen, "soup", after);
    kitchen.world.run();
    EXPECT_EQ(first.dish(), "dish 1");
    EXPECT_EQ(late.dish(), "dish 2");
    EXPECT_EQ(joins_late.dish(), "dish 2");
    EXPECT_EQ(after.dish(), "dish 3");
}

TEST(SingleFlight, TheFirstMayLeaveAndTheOthersAreServed) {
    Kitchen kitchen;
    Flights flights(kitchen.world.env(), {});
    Guest first;
    Guest second;
    send(flights, kitchen, "soup", first);
    send(flights, kitchen, "soup", second);
    first.cancel.request();
    kitchen.world.run();
    EXPECT_EQ(kitchen.given_up, 0);
    EXPECT_EQ(second.dish(), "dish 1");
}

TEST(SingleFlight, ItIsGivenUpWhenNobodyWaits) {
    Kitchen kitchen;
    Flights flights(kitchen.world.env(), {});
    Guest first;
    Guest second;
    Guest third;
    send(flights, kitchen, "soup", first);
    send(flights, kitchen, "soup", second);
    second.cancel.request();
    first.cancel.request();
    send(flights, kitchen, "soup", third);  // must not wait for what is being given up
    kitchen.world.run();
    EXPECT_EQ(kitchen.given_up, 1);
    EXPECT_EQ(second.dish(), "nothing");
    EXPECT_EQ(third.dish(), "dish 2");
}

TEST(SingleFlight, BeyondTheLimitsEverybodyWorksForHimself) {
    Kitchen kitchen;
    Flights flights(kitchen.world.env(), {.followers_max = 1, .flights_max = 1});
    std::array<Guest, 5> guests;
    for (std::size_t i = 0; i < 3; ++i) send(flights, kitchen, "soup", guests[i]);
    send(flights, kitchen, "cake", guests[3]);
    send(flights, kitchen, "cake", guests[4]);
    EXPECT_EQ(flights.flights(), 1u);
    kitchen.world.run();
    EXPECT_EQ(kitchen.begun, 4);  // two soups, and two cakes that could not be found
    EXPECT_EQ(guests[1].dish(), "dish 1");
    EXPECT_EQ(guests[2].dish(), "dish 2");
}

TEST(SingleFlight, ABreakdownLeavesNobodyWaiting) {
    Kitchen kitchen;
    kitchen.breaks = true;
    Flights flights(kitchen.world.env(), {});
    Guest first;
    Guest second;
    send(flights, kitchen, "soup", first);
    send(flights, kitchen, "soup", second);
    kitchen.world.run();
    EXPECT_TRUE(first.broken);
    ASSERT_TRUE(second.got);
    EXPECT_EQ(second.dish(), "nothing");
    EXPECT_EQ(flights.flights(), 0u);
}

}  // namespace
}  // namespace miroir::scatter

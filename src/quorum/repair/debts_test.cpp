#include "quorum/repair/debts.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "quorum/repair/introductions.h"
#include "quorum/repair/witnesses.h"
#include "tasks/memory_store.h"

namespace miroir::quorum {
namespace {

const NodeId kNode{"a"};
const IndexUid kFilms{"films"};
const IndexUid kBooks{"books"};

std::vector<ShardId> shards(std::initializer_list<std::uint32_t> values) {
    std::vector<ShardId> out;
    for (const std::uint32_t value : values) out.push_back(ShardId{value});
    return out;
}

class Owed : public testing::Test {
protected:
    void keep(tasks::Batch batch) { ASSERT_TRUE(env::run_task(reactor, store.commit(std::move(batch)))); }
    // As after a restart.
    std::vector<ShardId> stored(const IndexUid& index) {
        BehindBoard another_board;
        Debts again(store, another_board);
        EXPECT_TRUE(env::run_task(reactor, again.open()));
        const Debt* debt = again.find({kNode, index});
        return debt == nullptr ? std::vector<ShardId>() : debt->shards;
    }

    env::Reactor reactor;
    tasks::MemoryStore store;
    BehindBoard board;
    Debts debts{store, board};
};

TEST_F(Owed, WhoLacksAShardDoesNotAnswerForIt) {
    tasks::Batch batch;
    debts.add(batch, kNode, kFilms, shards({1, 3}), "its task failed");
    EXPECT_FALSE(board.current()->may_answer(kNode, "films", ShardId{3}));  // at once, durable or not
    EXPECT_TRUE(board.current()->may_answer(kNode, "films", ShardId{2}));
    EXPECT_TRUE(board.current()->may_answer(kNode, "books", ShardId{3}));
    keep(std::move(batch));
    EXPECT_EQ(stored(kFilms), shards({1, 3}));
}

TEST_F(Owed, ShardsArePaidOneByOne) {
    tasks::Batch batch;
    debts.add(batch, kNode, kFilms, shards({1, 3, 5}), "why");
    keep(std::move(batch));
    tasks::Batch paying;
    debts.pay(paying, {kNode, kFilms}, shards({1, 5}));
    keep(std::move(paying));
    EXPECT_TRUE(debts.lacks(kNode, kFilms, shards({1}))) << "not before it is durable";
    debts.paid_now({kNode, kFilms}, shards({1, 5}));
    EXPECT_FALSE(debts.lacks(kNode, kFilms, shards({0, 1, 5})));
    EXPECT_TRUE(debts.lacks(kNode, kFilms, shards({1, 3})));
    EXPECT_EQ(stored(kFilms), shards({3}));
    tasks::Batch rest;
    debts.pay(rest, {kNode, kFilms}, shards({3}));
    keep(std::move(rest));
    debts.paid_now({kNode, kFilms}, shards({3}));
    EXPECT_FALSE(debts.any(kNode));
    EXPECT_TRUE(board.current()->in_step(kNode));
    EXPECT_EQ(stored(kFilms), shards({}));
}

TEST_F(Owed, WhoHasMoreThanWasToldHasEnough) {
    tasks::Batch batch;
    debts.add(batch, kNode, kFilms, shards({3}), "it came back without them");
    debts.add(batch, kNode, kFilms, shards({1, 2, 3}), "it did more than was said", Debts::Kind::Surplus);
    keep(std::move(batch));
    EXPECT_TRUE(debts.lacks(kNode, kFilms, shards({1})));
    EXPECT_TRUE(debts.has_enough(kNode, kFilms, ShardId{1}));
    EXPECT_FALSE(debts.has_enough(kNode, kFilms, ShardId{3})) << "it lacks something besides";
    BehindBoard another_board;
    Debts again(store, another_board);
    ASSERT_TRUE(env::run_task(reactor, again.open()));
    EXPECT_EQ(again.find({kNode, kFilms})->surplus, shards({1, 2}));
    tasks::Batch more;
    again.add(more, kNode, kFilms, shards({1}), "it came back without them");
    EXPECT_FALSE(again.has_enough(kNode, kFilms, ShardId{1}));
    EXPECT_TRUE(again.has_enough(kNode, kFilms, ShardId{2}));
}

TEST_F(Owed, ASwapSpreadsThem) {
    tasks::Batch batch;
    debts.add(batch, kNode, kFilms, shards({1}), "why");
    debts.add(batch, kNode, kBooks, shards({2}), "why");
    debts.spread(batch, kFilms, kBooks);
    keep(std::move(batch));
    EXPECT_EQ(stored(kFilms), shards({1, 2}));
    EXPECT_EQ(stored(kBooks), shards({1, 2}));
}

TEST_F(Owed, WhatIsLostIsToldUntilTheIndexIsEmptied) {
    tasks::Batch batch;
    debts.lose(batch, kFilms, shards({4}), "no replica has them");
    keep(std::move(batch));
    EXPECT_EQ(board.current()->lost_of("films"), shards({4}));
    tasks::Batch emptied;
    debts.forget_losses(emptied, kFilms);
    EXPECT_TRUE(board.current()->lost_of("films").empty());
}

// A restart must not ask for a task that was deleted on the node since the last write.
TEST_F(Owed, ANodeIsKnownByWhatItWasSeenWithLast) {
    Witnesses witnesses(store, std::make_shared<Introductions>());
    const Witness first{.uid = 1, .enqueued_at = "one"};
    const Witness second{.uid = 2, .enqueued_at = "two"};
    tasks::Batch batch;
    witnesses.took(batch, kNode, first);
    witnesses.took(batch, kNode, second);
    keep(std::move(batch));
    witnesses.confirmed(kNode, {first, second});
    EXPECT_EQ(witnesses.of(kNode), std::vector{second});
    const auto after_restart = [&] {
        Witnesses again(store, std::make_shared<Introductions>());
        EXPECT_TRUE(env::run_task(reactor, again.open()));
        return again.of(kNode);
    };
    EXPECT_EQ(after_restart(), (std::vector{first, second}));
    tasks::Batch kept;
    witnesses.keep(kept, kNode);
    keep(std::move(kept));
    EXPECT_EQ(after_restart(), std::vector{second});
}

}  // namespace
}  // namespace miroir::quorum

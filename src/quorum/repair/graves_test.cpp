#include "quorum/repair/graves.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "tasks/memory_store.h"

namespace miroir::quorum {
namespace {

const IndexUid kBooks{"books"};

Deletion certain(std::uint64_t) { return Deletion::Certain; }
Deletion never(std::uint64_t) { return Deletion::None; }

class GravesTest : public testing::Test {
protected:
    void keep(tasks::Batch batch) { ASSERT_TRUE(env::run_task(reactor_, store_.commit(std::move(batch))).has_value()); }
    Deletion of(const std::string& id, std::uint64_t stamp, const Graves::Happened& happened = certain) {
        return graves_.of(kBooks, id, stamp, happened);
    }
    void dig(Grave grave) {
        tasks::Batch batch;
        graves_.dig(batch, kBooks, std::move(grave));
        keep(std::move(batch));
    }

    env::Reactor reactor_;
    tasks::MemoryStore store_;
    Graves graves_{store_, 4};
};

TEST_F(GravesTest, ADeletionCountsForWhatWasInsertedBefore) {
    dig({.at = 100, .task = 1, .ids = {"a", "b"}});
    EXPECT_EQ(of("a", 99), Deletion::Certain);
    EXPECT_EQ(of("a", 100), Deletion::None);
    EXPECT_EQ(of("c", 99), Deletion::None);
    EXPECT_EQ(of("a", 99, never), Deletion::None) << "its task failed";
    EXPECT_EQ(graves_.of(IndexUid{"films"}, "a", 1, certain), Deletion::None);
}

TEST_F(GravesTest, AllAndSome) {
    dig({.kind = Grave::Kind::Some, .at = 100, .task = 1});
    EXPECT_EQ(of("a", 50), Deletion::Perhaps);
    dig({.kind = Grave::Kind::All, .at = 90, .task = 2});
    EXPECT_EQ(of("a", 50), Deletion::Certain);
    EXPECT_EQ(of("a", 95), Deletion::Perhaps);
    EXPECT_EQ(of("a", 100), Deletion::None);
}

TEST_F(GravesTest, AreThereAfterARestartAndGoOnceAllWasCompared) {
    dig({.at = 100, .task = 1, .ids = {"a"}});
    dig({.at = 200, .task = 2, .ids = {"a", "b"}});
    Graves again(store_, 4);
    ASSERT_TRUE(env::run_task(reactor_, again.open()).has_value());
    EXPECT_EQ(again.of(kBooks, "a", 150, certain), Deletion::Certain);
    tasks::Batch batch;
    again.close(batch, kBooks, 150);
    keep(std::move(batch));
    EXPECT_EQ(again.of(kBooks, "a", 50, certain), Deletion::Certain) << "the later one is still there";
    Graves third(store_, 4);
    ASSERT_TRUE(env::run_task(reactor_, third.open()).has_value());
    EXPECT_EQ(third.count(kBooks), 1u);
}

TEST_F(GravesTest, ARefusedDeletionIsTakenBack) {
    dig({.at = 100, .task = 1, .ids = {"a"}});
    dig({.at = 200, .task = 2, .ids = {"a"}});
    tasks::Batch batch;
    graves_.fill(batch, kBooks, 200);
    keep(std::move(batch));
    EXPECT_EQ(of("a", 150), Deletion::None);
    EXPECT_EQ(of("a", 50), Deletion::Certain);
}

TEST_F(GravesTest, TheOldestLoseTheirNamesNotTheirExistence) {
    for (std::uint64_t i = 1; i <= 5; ++i) dig({.at = i * 100, .task = i, .ids = {"d" + std::to_string(i)}});
    EXPECT_EQ(of("d5", 450), Deletion::Certain);
    EXPECT_EQ(of("d1", 50), Deletion::Perhaps);
    EXPECT_EQ(of("other", 50), Deletion::Perhaps);
    EXPECT_EQ(of("other", 450), Deletion::None);
    Graves again(store_, 4);
    ASSERT_TRUE(env::run_task(reactor_, again.open()).has_value());
    EXPECT_EQ(again.of(kBooks, "d1", 50, certain), Deletion::Perhaps);
    EXPECT_EQ(again.count(kBooks), graves_.count(kBooks));
}

TEST_F(GravesTest, ExchangedNamesLeaveADoubt) {
    dig({.at = 100, .task = 1, .ids = {"a"}});
    tasks::Batch batch;
    graves_.blur(batch, kBooks, 300);
    keep(std::move(batch));
    EXPECT_EQ(of("a", 50), Deletion::Perhaps);
    EXPECT_EQ(of("z", 299), Deletion::Perhaps);
    EXPECT_EQ(of("z", 300), Deletion::None);
}

}  // namespace
}  // namespace miroir::quorum

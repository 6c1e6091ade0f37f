#include "quorum/turns/boarding.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"

namespace miroir::quorum {
namespace {

const IndexUid kBooks{"books"};

class BoardingTest : public testing::Test {
protected:
    Boarding::Rider rider(std::size_t bytes, bool update = false) {
        Documents documents{.bytes = std::make_shared<std::string>(bytes, ' ')};
        documents.update = update;
        return {.documents = std::move(documents), .receipt = env::OneShot<Result<Receipt>>(reactor)};
    }
    bool joins(std::size_t bytes, bool update = false) {
        Boarding::Rider late = rider(bytes, update);
        return boarding.join(kBooks, late);
    }
    env::Reactor reactor;
    Boarding boarding{{.riders = 3, .bytes = 100}};
};

TEST_F(BoardingTest, TakesWhoeverComesBeforeTheLaneIsFree) {
    EXPECT_FALSE(joins(10)) << "nobody waits";
    const Boarding::CompanyPtr first = boarding.open(kBooks, rider(10));
    EXPECT_TRUE(joins(10));
    Boarding::Rider elsewhere = rider(10);
    EXPECT_FALSE(boarding.join(IndexUid{"films"}, elsewhere));
    boarding.depart(kBooks, first);
    EXPECT_FALSE(joins(10)) << "they have left";
    EXPECT_EQ(first->riders.size(), 2);
}

TEST_F(BoardingTest, NobodyOvertakesWhatCameBetween) {
    const Boarding::CompanyPtr first = boarding.open(kBooks, rider(10));
    boarding.close(kBooks);  // a deletion waits behind them
    EXPECT_FALSE(joins(10));
    const Boarding::CompanyPtr second = boarding.open(kBooks, rider(10));
    boarding.depart(kBooks, first);
    EXPECT_TRUE(joins(10)) << "the second company still waits";
    EXPECT_EQ(second->riders.size(), 2);
}

TEST_F(BoardingTest, IsBoundedAndOfOneKind) {
    (void)boarding.open(kBooks, rider(50));
    EXPECT_FALSE(joins(10, true)) << "PUT is not POST";
    EXPECT_FALSE(joins(51));
    EXPECT_TRUE(joins(50));
    EXPECT_FALSE(joins(1));
    (void)boarding.open(kBooks, rider(1));
    EXPECT_TRUE(joins(1));
    EXPECT_TRUE(joins(1));
    EXPECT_FALSE(joins(1)) << "three are all";
}

std::vector<ShardId> shards(std::initializer_list<std::uint32_t> numbers) {
    std::vector<ShardId> out;
    for (const std::uint32_t number : numbers) out.push_back(ShardId{number});
    return out;
}

Order addition(std::string id, std::uint32_t shard, std::vector<cluster::NodeIndex> nodes) {
    Order order;
    order.write.task.index_uid = id;
    order.write.at_success = json::Object{{"indexedDocuments", 1}};
    order.write.shards = shards({shard});
    for (const cluster::NodeIndex node : nodes) {
        order.write.requests.push_back(
            {.node = node, .target = "/indexes/books/documents", .body = id + "\n", .shards = order.write.shards});
    }
    order.changes.push_back({.kind = plan::CatalogChange::Kind::Touch, .uid = kBooks});
    return order;
}

TEST(Together, EachNodeGetsOneBodyInTheOrderOfTheWrites) {
    std::vector<Order> orders;
    orders.push_back(addition("a", 5, {0, 1}));
    orders.push_back(addition("b", 2, {1, 2}));
    orders.push_back(addition("c", 5, {0, 1}));
    const Order all = together(std::move(orders));
    ASSERT_EQ(all.write.requests.size(), 3);
    EXPECT_EQ(all.write.requests[0].body, "a\nc\n");
    EXPECT_EQ(all.write.requests[1].body, "a\nb\nc\n");
    EXPECT_EQ(all.write.requests[2].body, "b\n");
    EXPECT_EQ(all.write.requests[0].shards, shards({5}));
    EXPECT_EQ(all.write.requests[1].shards, shards({2, 5}));
    EXPECT_EQ(all.write.shards, shards({2, 5}));
    EXPECT_EQ(all.changes.size(), 1);
    EXPECT_EQ(all.write.task.index_uid, "a");
    ASSERT_EQ(all.write.carried.size(), 2);
    EXPECT_EQ(all.write.carried[0].task.index_uid, "b");
    EXPECT_TRUE(all.write.carried[1].at_success.is_object());
}

TEST(Together, EachIsToldOfItsOwnShardsOnly) {
    Receipt receipt{.task = {}, .degraded = shards({2, 5})};
    receipt.task.uid = 7;
    receipt.carried.resize(1);
    receipt.carried[0].uid = 8;
    const std::vector<Receipt> own = receipts_of(receipt, {shards({1, 5}), shards({3})});
    EXPECT_EQ(own[0].task.uid, 7);
    EXPECT_EQ(own[0].degraded, shards({5}));
    EXPECT_EQ(own[1].task.uid, 8);
    EXPECT_TRUE(own[1].degraded.empty());
}

}  // namespace
}  // namespace miroir::quorum

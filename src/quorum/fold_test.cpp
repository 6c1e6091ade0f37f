#include "quorum/fold.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "quorum/ack_rule.h"

namespace miroir::quorum {
namespace {

using State = tasks::NodeTask::State;

json::Value json_of(std::string_view text) { return *json::parse(text); }

tasks::TaskEntry entry_of(std::string_view details, std::vector<std::string_view> node_tasks) {
    tasks::TaskEntry entry;
    entry.task.details = json_of(details);
    for (std::string_view said : node_tasks) {
        tasks::NodeTask& part = entry.parts.emplace_back();
        part.state = State::Accepted;
        take_node_task(part, json_of(said));
    }
    return entry;
}

TEST(Fold, SumsDeletionsAndCountsReplicasOnce) {
    auto entry = entry_of(R"({"providedIds":3,"deletedDocuments":null})",
                          {R"({"status":"succeeded","details":{"deletedDocuments":2}})",
                           R"({"status":"succeeded","details":{"deletedDocuments":4}})"});
    ASSERT_TRUE(all_ended(entry));
    fold_parts(entry, 2);
    EXPECT_EQ(entry.task.status, protocol::TaskStatus::Succeeded);
    EXPECT_EQ(json::to_text(entry.task.details), R"({"providedIds":3,"deletedDocuments":3})");
}

TEST(Fold, OneFailureFailsTheTaskWithItsReason) {
    auto entry = entry_of(
        R"({"receivedDocuments":1,"indexedDocuments":null})",
        {R"({"status":"succeeded"})", R"({"status":"failed","error":{"code":"invalid_document_id","message":"no"}})"});
    entry.at_success = json_of(R"({"indexedDocuments":1})");
    fold_parts(entry, 1);
    EXPECT_EQ(entry.task.status, protocol::TaskStatus::Failed);
    EXPECT_EQ(entry.task.error->code, ErrorCode::InvalidDocumentId);
    EXPECT_EQ(json::to_text(entry.task.details), R"({"receivedDocuments":1,"indexedDocuments":0})");
}

TEST(Fold, AVerdictFailsWithoutAnyNode) {
    auto entry = entry_of("null", {});
    entry.verdict = Error{.code = ErrorCode::MissingDocumentId, .message = "x"};
    ASSERT_TRUE(all_ended(entry));
    fold_parts(entry, 1);
    EXPECT_EQ(entry.task.status, protocol::TaskStatus::Failed);
}

TEST(Fold, OfAnAdditionThatMakesItsIndexOnlyTheDocumentsAreCalledOff) {
    const auto called_off = [](const tasks::TaskEntry& entry) {
        std::string out;
        for (const tasks::NodeTask& part : parts_to_cancel(entry))
            out += part.node.value + std::to_string(part.uid) + " ";
        return out;
    };
    tasks::TaskEntry entry;
    entry.task.type = protocol::TaskType::DocumentAdditionOrUpdate;
    for (const std::uint64_t made : {1, 2})  // the index, its settings
        for (const char* node : {"a", "b", "c"}) entry.parts.push_back({.node = NodeId{node}, .uid = made});
    entry.parts.push_back({.node = NodeId{"b"}, .uid = 3});
    EXPECT_EQ(called_off(entry), "b3 ");
    entry.parts.push_back({.node = NodeId{"a"}, .uid = 4});
    EXPECT_EQ(called_off(entry), "a4 b3 ");
    entry.task.type = protocol::TaskType::IndexCreation;
    EXPECT_EQ(called_off(entry), "a1 b1 c1 a2 b2 c2 b3 a4 ");
    entry.task.type = protocol::TaskType::DocumentAdditionOrUpdate;
    entry.parts = {{.node = NodeId{"a"}, .uid = 1}, {.node = NodeId{"b"}, .uid = 2}};
    EXPECT_EQ(called_off(entry), "a1 b2 ");
}

TEST(Fold, AnUnfinishedNodeTaskHoldsTheTaskUpAndAMissedPartDoesNot) {
    auto entry = entry_of("null", {R"({"status":"processing"})"});
    EXPECT_FALSE(all_ended(entry));
    entry.parts[0].state = State::Missed;
    EXPECT_TRUE(all_ended(entry));
}

TEST(AckRule, CountsEachShardByItself) {
    WriteOrder order;
    order.shards = {ShardId{1}, ShardId{2}};
    order.requests = {{.node = 0, .shards = {ShardId{1}, ShardId{2}}},
                      {.node = 1, .shards = {ShardId{1}}},
                      {.node = 2, .shards = {ShardId{2}}}};
    const std::vector<std::uint8_t> all = {1, 1, 1}, without_first = {0, 1, 1}, only_second = {0, 1, 0};
    EXPECT_TRUE(count_acks(order, all, {}).degraded.empty());
    EXPECT_EQ(count_acks(order, without_first, {}).degraded.size(), 2);
    EXPECT_TRUE(count_acks(order, without_first, {}).short_of.empty());
    EXPECT_EQ(count_acks(order, only_second, {}).short_of, std::vector{ShardId{2}})
        << "shard 1's acceptance must not vouch for shard 2";
    EXPECT_EQ(count_acks(order, without_first, {.kind = AckRule::Kind::All}).short_of.size(), 2);
}

TEST(AckRule, ANodeVouchesOnlyWithAllItsRequests) {
    WriteOrder order;
    order.shards = {ShardId{1}};
    order.requests = {{.node = 0, .shards = {ShardId{1}}}, {.node = 0, .shards = {ShardId{1}}}};
    const std::vector<std::uint8_t> created_only = {1, 0};
    EXPECT_EQ(count_acks(order, created_only, {}).short_of.size(), 1);
}

TEST(AckRule, HalfRoundedUp) {
    EXPECT_EQ(AckRule{}.needed(1), 1);
    EXPECT_EQ(AckRule{}.needed(2), 1);
    EXPECT_EQ(AckRule{}.needed(3), 2);
    EXPECT_EQ(AckRule{.kind = AckRule::Kind::Quorum}.needed(2), 2);
    EXPECT_EQ((AckRule{.kind = AckRule::Kind::Number, .number = 9}.needed(2)), 2);
}

}  // namespace
}  // namespace miroir::quorum

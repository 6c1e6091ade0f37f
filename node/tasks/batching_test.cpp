#include "node/tasks/batching.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

using protocol::TaskType;

class Line {
public:
    Line& add(TaskType type, std::optional<std::string> index, json::Value params = json::Object()) {
        Work work;
        work.task.uid = queue_.next_uid();
        work.task.type = type;
        work.task.index_uid = std::move(index);
        work.params = std::move(params);
        queue_.add(std::move(work));
        return *this;
    }
    std::vector<std::uint64_t> next(std::string* strategy = nullptr, std::size_t most = SIZE_MAX) const {
        const FactsOf facts = [](const std::string& uid) { return IndexFacts{.exists = uid != "new"}; };
        const auto plan = plan_batch(queue_, facts, most);
        if (plan && strategy != nullptr) *strategy = plan->strategy;
        return plan ? plan->uids : std::vector<std::uint64_t>();
    }

private:
    TaskQueue queue_;
};

using Uids = std::vector<std::uint64_t>;
const json::Value kCreates = json::Object{{"mayCreate", true}};

TEST(Batching, JoinsDocumentsOfOneIndexOnly) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "a", kCreates)
        .add(TaskType::DocumentAdditionOrUpdate, "b", kCreates)
        .add(TaskType::DocumentDeletion, "a", json::Object{{"ids", json::Array{"1"}}});
    std::string strategy;
    EXPECT_EQ(line.next(&strategy), (Uids{0, 2}));
    EXPECT_EQ(strategy, "batched all enqueued tasks for index `a`");
}

TEST(Batching, SettingsStopDocumentsAndTheOtherWayRound) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "a", kCreates).add(TaskType::SettingsUpdate, "a", kCreates);
    std::string strategy;
    EXPECT_EQ(line.next(&strategy), (Uids{0}));
    EXPECT_EQ(strategy,
              "stopped before task with id 1 because it is a settings change which cannot be batched with document "
              "operations");
    Line other;
    other.add(TaskType::SettingsUpdate, "a", kCreates)
        .add(TaskType::SettingsUpdate, "a", kCreates)
        .add(TaskType::DocumentAdditionOrUpdate, "a", kCreates);
    EXPECT_EQ(other.next(), (Uids{0, 1}));
}

TEST(Batching, DumpsOvertakeWritesAndCancelationsOvertakeAll) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "a", kCreates).add(TaskType::DumpCreation, std::nullopt);
    EXPECT_EQ(line.next(), (Uids{1}));
    line.add(TaskType::TaskDeletion, std::nullopt).add(TaskType::TaskDeletion, std::nullopt);
    EXPECT_EQ(line.next(), (Uids{2, 3}));
    line.add(TaskType::TaskCancelation, std::nullopt).add(TaskType::TaskCancelation, std::nullopt);
    EXPECT_EQ(line.next(), (Uids{5}));
}

TEST(Batching, PrimaryKeysKeepTasksApart) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "a", kCreates)
        .add(TaskType::DocumentAdditionOrUpdate, "a", json::Object{{"mayCreate", true}, {"primaryKey", "k"}});
    EXPECT_EQ(line.next(), (Uids{0}));
}

TEST(Batching, ADeletionEndsTheBatchAndTheLimitHolds) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "a", kCreates)
        .add(TaskType::IndexDeletion, "a")
        .add(TaskType::DocumentAdditionOrUpdate, "a", kCreates);
    EXPECT_EQ(line.next(), (Uids{0, 1}));
    EXPECT_EQ(line.next(nullptr, 1), (Uids{0}));
}

TEST(Batching, RightsToCreateAreNotMixed) {
    Line line;
    line.add(TaskType::DocumentAdditionOrUpdate, "new").add(TaskType::DocumentAdditionOrUpdate, "new", kCreates);
    EXPECT_EQ(line.next(), (Uids{0}));
}

}  // namespace
}  // namespace miroir::node

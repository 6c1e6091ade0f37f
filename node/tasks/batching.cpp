#include "node/tasks/batching.h"

#include <algorithm>

namespace miroir::node {
namespace {

using protocol::TaskType;

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string alone(const Work& work) {
    return "created batch containing only task with id " + std::to_string(work.task.uid) + " of type " +
           quoted(protocol::task_type_name(work.task.type)) + " that cannot be batched with any other task.";
}

std::string only_its_kind(TaskType type) {
    return "stopped after the last task of type " + quoted(protocol::task_type_name(type)) +
           " because they cannot be batched with tasks of any other type.";
}

std::string before(std::uint64_t uid, std::string_view why) {
    return "stopped before task with id " + std::to_string(uid) + " because it is " + std::string(why);
}

std::string mismatch(std::uint64_t uid, std::string_view why) {
    return "stopped batching before task with id " + std::to_string(uid) + " because " + std::string(why);
}

bool is_clear(const Work& work) { return work.task.type == TaskType::DocumentDeletion && flag_param(work, "all"); }
bool is_by_filter(const Work& work) {
    return work.task.type == TaskType::DocumentDeletion && work.params.find("filter") != nullptr;
}

enum class Shape { Documents, Deletions, Clear, Settings, SettingsAndClear };

// Joins tasks of one index as long as the rules allow.
class Joiner {
public:
    Joiner(const Work& first, IndexFacts facts) : facts_(std::move(facts)) {
        plan_.uids.push_back(first.task.uid);
        start(first);
        exists_ = facts_.exists || may_create_index(first);
    }

    bool open() const { return plan_.strategy.empty(); }
    void offer(const Work& work) {
        std::string stop = refusal(work);
        if (stop.empty()) {
            join(work);
        } else {
            plan_.strategy = std::move(stop);
        }
    }
    BatchPlan take() { return std::move(plan_); }
    std::size_t size() const { return plan_.uids.size(); }
    void close(std::string strategy) { plan_.strategy = std::move(strategy); }

private:
    void start(const Work& first) {
        key_ = optional_text_param(first, "primaryKey");
        may_create_ = may_create_index(first);
        switch (first.task.type) {
            case TaskType::DocumentAdditionOrUpdate:
                shape_ = Shape::Documents;
                if (facts_.primary_key && key_ && *key_ != *facts_.primary_key) {
                    plan_.strategy = mismatch(first.task.uid, "its primary key " + quoted(*key_) +
                                                                  " is different from the primary key of the index " +
                                                                  quoted(*facts_.primary_key));
                }
                return;
            case TaskType::DocumentDeletion:
                shape_ = is_clear(first) ? Shape::Clear : Shape::Deletions;
                by_filter_ = is_by_filter(first);
                return;
            case TaskType::SettingsUpdate: shape_ = Shape::Settings; return;
            case TaskType::IndexDeletion:
                plan_.strategy =
                    "stopped after task with id " + std::to_string(first.task.uid) + " because it deletes the index";
                return;
            default: plan_.strategy = alone(first); return;
        }
    }

    // Why the task's primary key keeps it out; empty when it does not.
    std::string key_refusal(const Work& work) const {
        const auto asked = optional_text_param(work, "primaryKey");
        if (work.task.type != TaskType::DocumentAdditionOrUpdate || !asked) return {};
        const std::string its = "its primary key " + quoted(*asked);
        if (facts_.primary_key) {
            if (*asked == *facts_.primary_key) return {};
            return mismatch(work.task.uid,
                            its + " is different from the primary key of the index " + quoted(*facts_.primary_key));
        }
        if (shape_ != Shape::Documents) return {};
        if (!key_) {
            return mismatch(work.task.uid, "it is setting the " + quoted(*asked) +
                                               " primary key and it would interfere with primary key guessing of the "
                                               "batch");
        }
        if (*asked == *key_) return {};
        return mismatch(work.task.uid, its + " is different from the primary key of the batch " + quoted(*key_));
    }

    std::string refusal(const Work& work) const {
        if (std::string why = key_refusal(work); !why.empty()) return why;
        const std::uint64_t uid = work.task.uid;
        constexpr std::string_view kSettings = "a settings change which cannot be batched with document operations";
        constexpr std::string_view kDocuments = "a document operation which cannot be batched with settings changes";
        const bool settled = shape_ == Shape::Settings || shape_ == Shape::SettingsAndClear;
        switch (work.task.type) {
            case TaskType::IndexDeletion: return {};
            case TaskType::SettingsUpdate:
                if (!settled) return before(uid, kSettings);
                return rights_refusal(work);
            case TaskType::DocumentAdditionOrUpdate:
                if (settled) return before(uid, kDocuments);
                if (shape_ == Shape::Clear) return before(uid, kSettings);
                if (shape_ == Shape::Deletions && !by_filter_ && !exists_ && may_create_index(work)) {
                    return mismatch(uid, kRights);
                }
                return rights_refusal(work);
            case TaskType::DocumentDeletion:
                if (is_clear(work) || shape_ == Shape::SettingsAndClear) return {};
                if (shape_ == Shape::Settings) return before(uid, kDocuments);
                if (shape_ == Shape::Documents && is_by_filter(work)) {
                    return before(uid, "a deletion by filter which cannot be batched with document operations");
                }
                return {};
            default: return alone(work);
        }
    }

    std::string rights_refusal(const Work& work) const {
        const bool creator =
            shape_ == Shape::Documents || shape_ == Shape::Settings || shape_ == Shape::SettingsAndClear;
        if (!exists_ && creator && !may_create_ && may_create_index(work)) return mismatch(work.task.uid, kRights);
        return {};
    }

    void join(const Work& work) {
        plan_.uids.push_back(work.task.uid);
        switch (work.task.type) {
            case TaskType::IndexDeletion:
                plan_.strategy =
                    "stopped after task with id " + std::to_string(work.task.uid) + " because it deletes the index";
                return;
            case TaskType::DocumentAdditionOrUpdate:
                if (shape_ == Shape::Deletions) may_create_ = may_create_index(work);
                shape_ = Shape::Documents;
                if (!key_) key_ = optional_text_param(work, "primaryKey");
                return;
            case TaskType::DocumentDeletion:
                if (is_clear(work)) {
                    shape_ = shape_ == Shape::Settings || shape_ == Shape::SettingsAndClear ? Shape::SettingsAndClear
                                                                                            : Shape::Clear;
                }
                by_filter_ = by_filter_ || is_by_filter(work);
                return;
            default: return;
        }
    }

    static constexpr std::string_view kRights = "its index creation rules differ from the ones from the batch";

    IndexFacts facts_;
    BatchPlan plan_;
    Shape shape_ = Shape::Documents;
    bool by_filter_ = false;
    bool may_create_ = false;
    bool exists_ = false;
    std::optional<std::string> key_;
};

struct Priority {
    TaskType type;
    bool newest;    // the newest first
    bool together;  // all of the kind in one batch
};
constexpr Priority kPriorities[] = {
    {TaskType::TaskCancelation, true, false}, {TaskType::UpgradeDatabase, false, true},
    {TaskType::TaskDeletion, false, true},    {TaskType::IndexCompaction, false, false},
    {TaskType::Export, false, false},         {TaskType::SnapshotCreation, false, true},
    {TaskType::DumpCreation, false, false},
};

std::optional<BatchPlan> plan_priority(const TaskQueue& queue, const Priority& priority) {
    std::vector<std::uint64_t> uids;
    for (const std::uint64_t uid : queue.enqueued()) {
        if (queue.find(uid)->task.type == priority.type) uids.push_back(uid);
    }
    if (uids.empty()) return std::nullopt;
    if (priority.together) return BatchPlan{.uids = std::move(uids), .strategy = only_its_kind(priority.type)};
    const std::uint64_t uid = priority.newest ? uids.back() : uids.front();
    return BatchPlan{.uids = {uid}, .strategy = alone(*queue.find(uid))};
}

std::optional<BatchPlan> plan_rules(const TaskQueue& queue, const Work& first) {
    BatchPlan plan{.uids = {}, .strategy = "batched all enqueued tasks"};
    for (const std::uint64_t uid : queue.enqueued()) {
        const Work& work = *queue.find(uid);
        if (work.task.type != TaskType::DsrUpdate && work.task.type != TaskType::DsrClear) continue;
        if (work.task.type != first.task.type) break;
        plan.uids.push_back(uid);
    }
    return plan;
}

}  // namespace

bool may_create_index(const Work& work) {
    if (work.task.type == TaskType::IndexCreation) return true;
    return flag_param(work, "mayCreate");
}

std::optional<BatchPlan> plan_batch(const TaskQueue& queue, const FactsOf& facts_of, std::size_t tasks_max) {
    if (queue.enqueued().empty()) return std::nullopt;
    for (const Priority& priority : kPriorities) {
        if (auto plan = plan_priority(queue, priority)) return plan;
    }
    const Work& first = *queue.find(*queue.enqueued().begin());
    if (first.task.type == TaskType::DsrUpdate || first.task.type == TaskType::DsrClear)
        return plan_rules(queue, first);
    if (!first.task.index_uid) return BatchPlan{.uids = {first.task.uid}, .strategy = alone(first)};

    const std::string& index_uid = *first.task.index_uid;
    Joiner joiner(first, facts_of(index_uid));
    bool others = false;
    for (const std::uint64_t uid : queue.enqueued()) {
        if (uid == first.task.uid) continue;
        const Work& work = *queue.find(uid);
        const std::vector<std::string> indexes = indexes_of(work);
        if (std::ranges::find(indexes, index_uid) == indexes.end()) {
            others = true;
            continue;
        }
        if (!joiner.open()) continue;
        if (joiner.size() >= tasks_max) {
            joiner.close("batched up to configured batch limit of " + std::to_string(tasks_max) + " tasks");
            break;
        }
        joiner.offer(work);
    }
    if (joiner.open()) {
        joiner.close(others ? "batched all enqueued tasks for index " + quoted(index_uid)
                            : "batched all enqueued tasks");
    }
    return joiner.take();
}

}  // namespace miroir::node

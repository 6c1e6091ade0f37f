#include <algorithm>

#include "json/write.h"
#include "node/tasks/carry_out.h"
#include "protocol/instance/rule.h"

namespace miroir::node {

using protocol::Task;
using protocol::TaskStatus;
using protocol::TaskType;

namespace {

// What a cancelled task shows: the work that was not done.
json::Value cancelled_details(const Task& task) {
    json::Value details = task.details;
    if (!details.is_object()) return details;
    for (const std::string_view count :
         {"indexedDocuments", "deletedDocuments", "editedDocuments", "canceledTasks", "deletedTasks"}) {
        if (json::Value* found = details.object().find(count)) *found = std::uint64_t{0};
    }
    return details;
}

void set_count(json::Value& details, std::string_view name, std::uint64_t count) { details[name] = count; }

std::string date_name(protocol::Instant now) {
    // 20260102-030405678: what the engine calls a dump.
    std::string text = protocol::rfc3339(now);
    std::string digits;
    for (const char c : text) {
        if (c >= '0' && c <= '9') digits += c;
    }
    digits.resize(17, '0');
    return digits.substr(0, 8) + "-" + digits.substr(8);
}

}  // namespace

void carry_cancelation(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    std::uint64_t count = 0;
    for (const std::uint64_t target : uids_param(run.work(uid), "uids")) {
        const Work* const work = run.world.queue.find(target);
        if (work == nullptr || work->task.status != TaskStatus::Enqueued || target == uid) continue;
        Task task = work->task;
        task.status = TaskStatus::Canceled;
        task.canceled_by = uid;
        task.details = cancelled_details(task);
        run.results.push_back(std::move(task));
        ++count;
    }
    json::Value details = run.work(uid).task.details;
    set_count(details, "canceledTasks", count);
    run.succeed(uid, std::move(details));
}

void carry_task_deletion(BatchRun& run) {
    for (const std::uint64_t uid : run.uids) {
        std::uint64_t count = 0;
        for (const std::uint64_t target : uids_param(run.work(uid), "uids")) {
            const Work* const work = run.world.queue.find(target);
            const bool gone = std::ranges::find(run.removed, target) != run.removed.end();
            if (work == nullptr || gone || !protocol::is_finished(work->task.status)) continue;
            run.removed.push_back(target);
            ++count;
        }
        json::Value details = run.work(uid).task.details;
        set_count(details, "deletedTasks", count);
        run.succeed(uid, std::move(details));
    }
}

void carry_rules(BatchRun& run) {
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        json::Value details = work.task.details;
        if (work.task.type == TaskType::DsrClear) {
            details["deletedDocuments"] = static_cast<std::uint64_t>(run.world.shelf("rules").size());
            run.world.shelves["rules"].clear();
        } else {
            const json::Value* const said = work.params.find("rule");
            json::Value rule = said != nullptr ? *said : json::Value();
            const std::string name(text_param(work, "name"));
            if (rule.is_object()) {
                const auto& rules = run.world.shelf("rules");
                const auto known = rules.find(name);
                const json::Value* number = known != rules.end() ? known->second.find(protocol::kRuleNumber) : nullptr;
                rule[protocol::kRuleNumber] =
                    number != nullptr ? *number : json::Value(protocol::next_rule_number(rules));
            }
            run.world.put("rules", name, std::move(rule));
        }
        run.succeed(uid, std::move(details));
    }
}

void carry_rest(BatchRun& run) {
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        json::Value details = work.task.details;
        if (work.task.type == TaskType::DumpCreation) details["dumpUid"] = date_name(run.now);
        if (work.task.type == TaskType::IndexCompaction) {
            const StoredIndex* const stored = run.world.find(*work.task.index_uid);
            if (stored == nullptr) {
                run.fail(uid, std::move(details), no_such_index(*work.task.index_uid));
                continue;
            }
            const std::string size = std::to_string(stored->index.raw_size() / 1024) + " KiB";
            details["preCompactionSize"] = size;
            details["postCompactionSize"] = size;
        }
        run.succeed(uid, std::move(details));
    }
}

}  // namespace miroir::node

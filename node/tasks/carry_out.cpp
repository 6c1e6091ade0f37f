#include "node/tasks/carry_out.h"

#include <algorithm>

namespace miroir::node {

using protocol::Task;
using protocol::TaskStatus;
using protocol::TaskType;

namespace {

struct Resume {
    env::Executor& executor;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        executor.post([waiting] { waiting.resume(); });
    }
    void await_resume() const noexcept {}
};

bool any_of_type(const BatchRun& run, TaskType type) {
    return std::ranges::any_of(run.uids, [&](std::uint64_t uid) { return run.work(uid).task.type == type; });
}

bool has_clear(const BatchRun& run) {
    return std::ranges::any_of(run.uids, [&](std::uint64_t uid) {
        return run.work(uid).task.type == TaskType::DocumentDeletion && flag_param(run.work(uid), "all");
    });
}

}  // namespace

env::Task<bool> Pace::breathe() {
    if (replaying_) co_return true;
    Resume resume{env_.executor};
    co_await resume;
    co_return !cancelled();
}

void BatchRun::succeed(std::uint64_t uid, json::Value details) {
    Task task = work(uid).task;
    task.status = TaskStatus::Succeeded;
    if (!details.is_null()) task.details = std::move(details);
    results.push_back(std::move(task));
}

void BatchRun::fail(std::uint64_t uid, json::Value details, Error error) {
    Task task = work(uid).task;
    task.status = TaskStatus::Failed;
    if (!details.is_null()) task.details = std::move(details);
    task.error = std::move(error);
    results.push_back(std::move(task));
}

Error inside_index(std::string_view uid, Error error) {
    error.message = "Index `" + std::string(uid) + "`: " + error.message;
    return error;
}

env::Task<void> carry_out(BatchRun& run) {
    switch (run.work(run.uids.front()).task.type) {
        case TaskType::TaskCancelation: carry_cancelation(run); co_return;
        case TaskType::TaskDeletion: carry_task_deletion(run); co_return;
        case TaskType::IndexCreation: carry_index_creation(run); co_return;
        case TaskType::IndexUpdate: carry_index_update(run); co_return;
        case TaskType::IndexSwap: carry_index_swap(run); co_return;
        case TaskType::DsrUpdate:
        case TaskType::DsrClear: carry_rules(run); co_return;
        case TaskType::DocumentEdition: co_await carry_edition(run); co_return;
        case TaskType::DumpCreation:
        case TaskType::SnapshotCreation:
        case TaskType::Export:
        case TaskType::UpgradeDatabase:
        case TaskType::IndexCompaction:
        case TaskType::NetworkTopologyChange: carry_rest(run); co_return;
        default: break;
    }
    if (any_of_type(run, TaskType::IndexDeletion)) {
        carry_index_deletion(run);
    } else if (any_of_type(run, TaskType::SettingsUpdate)) {
        co_await carry_settings(run);
    } else if (has_clear(run)) {
        carry_clear(run);
    } else if (any_of_type(run, TaskType::DocumentAdditionOrUpdate)) {
        co_await carry_documents(run);
    } else {
        co_await carry_deletions(run);
    }
}

}  // namespace miroir::node

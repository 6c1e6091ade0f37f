// Tasks and batches as the office shows them, and their purging.
#include <algorithm>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "quorum/office.h"

namespace miroir::quorum {
namespace {

Error task_not_found(std::uint64_t uid) {
    return {.code = ErrorCode::TaskNotFound, .message = "Task `" + std::to_string(uid) + "` not found."};
}

Error error_of_reply(const std::string& text) {
    const auto body = json::parse(text);
    const json::Value said = body ? *body : json::Value();
    return {.code = error_code_of(text_at(said, "code")), .message = text_at(said, "message")};
}

// Tasks of no index are shown only to those who may see everything.
bool is_visible(const protocol::Grant& grant, const protocol::Task& task) {
    if (grant.allows_all()) return true;
    const std::vector<std::string> indexes = tasks::indexes_of(task);
    return !indexes.empty() && std::ranges::all_of(indexes, [&](const std::string& uid) { return grant.allows(uid); });
}

tasks::Visible visible_to(const protocol::Grant& grant) {
    return [&grant](const protocol::Task& task) { return is_visible(grant, task); };
}

json::Value number_or_null(std::optional<std::uint64_t> number) {
    return number ? json::Value(*number) : json::Value();
}

template <class Page>
json::Value list_view(json::Array results, const Page& page, const protocol::TaskQuery& query) {
    return json::Object{{"results", std::move(results)},
                        {"total", page.total},
                        {"limit", query.limit},
                        {"from", number_or_null(page.from)},
                        {"next", number_or_null(page.next)}};
}

}  // namespace

env::Task<Result<json::Value>> Office::find_task(std::uint64_t uid, protocol::Grant grant) {
    const tasks::TaskEntry* entry = tasks_->find(uid);
    if (entry == nullptr || !is_visible(grant, entry->task)) co_return fail(task_not_found(uid));
    co_return protocol::task_view(entry->task);
}

env::Task<Result<json::Value>> Office::list_tasks(protocol::TaskQuery query, protocol::Grant grant) {
    const tasks::TaskPage page = tasks_->list(query, visible_to(grant));
    json::Array results;
    for (const tasks::TaskEntry* entry : page.tasks) results.push_back(protocol::task_view(entry->task));
    co_return list_view(std::move(results), page, query);
}

env::Task<Result<json::Value>> Office::find_batch(std::uint64_t uid, protocol::Grant grant) {
    const std::optional<protocol::Batch> batch = tasks_->find_batch(uid, visible_to(grant));
    if (!batch) co_return fail(ErrorCode::BatchNotFound, "Batch `" + std::to_string(uid) + "` not found.");
    co_return protocol::batch_view(*batch);
}

env::Task<Result<json::Value>> Office::list_batches(protocol::TaskQuery query, protocol::Grant grant) {
    const tasks::BatchPage page = tasks_->list_batches(query, visible_to(grant));
    json::Array results;
    for (const protocol::Batch& batch : page.batches) results.push_back(protocol::batch_view(batch));
    co_return list_view(std::move(results), page, query);
}

env::Task<Result<Receipt>> Office::purge_tasks(protocol::TaskFilter filter, protocol::TaskPurge purge,
                                               std::string original_filter, protocol::Grant grant) {
    const bool cancel = purge == protocol::TaskPurge::Cancel;
    WriteOrder order;
    order.topology = topology_();
    order.task.type = cancel ? protocol::TaskType::TaskCancelation : protocol::TaskType::TaskDeletion;
    for (const std::uint64_t uid : tasks_->matching(filter)) {
        if (is_visible(grant, tasks_->find(uid)->task)) order.targets.push_back(uid);
    }
    order.task.details = json::Object{{"matchedTasks", order.targets.size()},
                                      {cancel ? "canceledTasks" : "deletedTasks", nullptr},
                                      {"originalFilter", std::move(original_filter)}};
    co_return co_await writer_.submit(std::move(order), std::vector<plan::CatalogChange>());
}

env::Task<Result<Receipt>> Office::note_task(protocol::Task task, std::optional<Error> verdict, json::Value wish) {
    WriteOrder order;
    order.topology = topology_();
    order.task = std::move(task);
    order.verdict = std::move(verdict);
    order.wish = std::move(wish);
    co_return co_await writer_.submit(std::move(order), std::vector<plan::CatalogChange>());
}

// One node is asked to take the edition without doing anything: whatever it refuses, all would.
env::Task<Result<Receipt>> Office::edit_documents(IndexUid uid, EditWish wish) {
    const env::Lane::Pass pass = co_await enter(uid);
    const cluster::TopologyPtr topology = topology_();
    for (const cluster::Node& node : topology->nodes()) {
        if (!node.writable()) continue;
        http::Outgoing request;
        request.method = "POST";
        request.target = "/indexes/" + uid.value + "/documents/edit";
        request.headers.add("Content-Type", "application/json");
        request.headers.add("DryRun", "true");
        request.body = json::to_text(wish.body);
        const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
        if (!reply || reply->status >= 500) continue;
        if (reply->status >= 400) co_return fail(error_of_reply(reply->body));
        break;
    }
    protocol::Task task;
    task.type = protocol::TaskType::DocumentEdition;
    task.index_uid = uid.value;
    task.details = std::move(wish.details);
    const plan::IndexPtr index = index_of(uid);
    const json::Value* filter = wish.body.find("filter");
    const bool judges = index && filter != nullptr && !filter->is_null();
    if (const Result<void> judged = judges ? judge_filter(*index, *filter) : Result<void>{}; !judged) {
        Order failed = order_failure(topology, std::move(task), judged.error());
        co_return co_await submit(std::move(failed), std::move(wish.custom_metadata));
    }
    wish.body["function"] = std::move(wish.function);
    Order order = order_edition(topology, std::move(task), index, wish.body);
    order.write.grave = grave_of(uid, Grave::Kind::Some);  // functions delete, too
    co_return co_await submit(std::move(order), std::move(wish.custom_metadata));
}

env::Task<Result<Receipt>> Office::take_snapshots() {
    Order order = order_snapshots(topology_(), options_.shards);
    co_return co_await submit(std::move(order));
}

env::Task<std::vector<protocol::Task>> Office::tasks_from(std::uint64_t uid, std::size_t limit) {
    std::vector<protocol::Task> out;
    for (; uid < tasks_->next_uid() && out.size() < limit; ++uid) {
        if (const tasks::TaskEntry* entry = tasks_->find(uid)) out.push_back(entry->task);
    }
    co_return out;
}

env::Task<Office::TaskCounts> Office::task_counts() {
    TaskCounts out{.by_status = std::vector<std::uint64_t>(protocol::task_status_names().size()),
                   .by_type = std::vector<std::uint64_t>(protocol::task_type_names().size()),
                   .oldest_waiting = {}};
    tasks_->for_each([&out](const protocol::Task& task) {
        ++out.by_status[static_cast<std::size_t>(task.status)];
        ++out.by_type[static_cast<std::size_t>(task.type)];
        if (task.status == protocol::TaskStatus::Enqueued && !out.oldest_waiting) out.oldest_waiting = task.enqueued_at;
    });
    co_return out;
}

env::Task<std::set<std::string>> Office::indexes_at_work() {
    std::set<std::string> out;
    for (const tasks::TaskEntry* entry : tasks_->unfinished()) {
        if (entry->task.status == protocol::TaskStatus::Processing && entry->task.index_uid)
            out.insert(*entry->task.index_uid);
    }
    co_return out;
}

env::Task<Result<json::Value>> Office::inspect_task(std::uint64_t uid) {
    const tasks::TaskEntry* entry = tasks_->find(uid);
    if (entry == nullptr) co_return fail(task_not_found(uid));
    static constexpr std::string_view kStates[] = {"planned", "accepted", "missed", "succeeded", "failed", "canceled"};
    const std::uint64_t carrier = entry->carried_by.value_or(uid);
    const tasks::TaskEntry* with_parts = tasks_->find(carrier);  // forgotten perhaps, when all of them have ended
    json::Array parts;
    for (const tasks::NodeTask& part : with_parts != nullptr ? with_parts->parts : entry->parts) {
        json::Object line{{"node", part.node.value},
                          {"taskUid", part.uid},
                          {"status", kStates[static_cast<std::size_t>(part.state)]}};
        if (part.error) line.append("error", part.error->message);
        if (writer_.hints().keeps(part.node, carrier)) line.append("waiting", true);
        json::Array owed;
        for (const std::string& index : tasks::indexes_of(entry->task)) {
            const Debt* debt = writer_.debts().find({part.node, IndexUid{index}});
            if (debt != nullptr) owed.emplace_back(json::Object{{"index", index}, {"why", debt->why}});
        }
        if (!owed.empty()) line.append("debts", std::move(owed));
        parts.emplace_back(std::move(line));
    }
    json::Object out{{"task", protocol::task_view(entry->task)}, {"nodes", std::move(parts)}};
    if (entry->carried_by) out.append("sentWith", carrier);
    if (entry->carries > 0) out.append("carries", entry->carries);
    co_return json::Value(std::move(out));
}

bool Office::is_over(std::uint64_t task) const {
    const tasks::TaskEntry* entry = tasks_->find(task);
    return entry == nullptr || protocol::is_finished(entry->task.status);
}

env::Task<bool> Office::note_session(std::string session, std::uint64_t task) {
    const tasks::TaskEntry* entry = tasks_->find(task);
    if (entry == nullptr || is_over(task)) co_return false;
    const std::vector<std::string> indexes = tasks::indexes_of(entry->task);
    if (indexes.empty()) co_return false;  // it changes nothing that a read shows
    sessions_.note(session, task, indexes, env_.clock.now());
    co_return true;
}

env::Task<Office::SessionState> Office::look_at_session(std::string session, std::vector<std::string> indexes) {
    const auto last = sessions_.pending(session, indexes, env_.clock.now());
    co_return last ? SessionState::Pending : SessionState::Free;
}

env::Task<Office::SessionState> Office::await_session(std::string session, std::vector<std::string> indexes,
                                                      std::chrono::nanoseconds wait) {
    const auto last = sessions_.pending(session, indexes, env_.clock.now());
    if (!last) co_return SessionState::Free;
    const bool over = co_await bell_.wait(*last, env_.clock.now() + wait);
    co_return over ? SessionState::Waited : SessionState::TimedOut;
}

}  // namespace miroir::quorum

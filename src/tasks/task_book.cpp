#include "tasks/task_book.h"

#include <algorithm>
#include <array>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::tasks {
namespace {

constexpr std::string_view kTable = "tasks";
constexpr std::string_view kCounters = "counters";
constexpr std::string_view kNextUid = "next_task_uid";
constexpr std::size_t kScanSize = 1000;

constexpr std::array<std::string_view, 6> kStateNames = {"planned", "accepted", "missed", "succeeded", "failed", "canceled"};

json::Object error_record(const Error& error) {
    return {{"code", error_row(error.code).wire}, {"message", error.message}};
}

std::string record_of(const TaskEntry& entry) {
    json::Array parts;
    for (const NodeTask& part : entry.parts) {
        json::Object line;
        line.append("node", part.node.value);
        line.append("uid", part.uid);
        line.append("state", kStateNames[static_cast<std::size_t>(part.state)]);
        if (!part.details.is_null()) line.append("details", part.details);
        if (part.error) line.append("error", error_record(*part.error));
        parts.emplace_back(std::move(line));
    }
    json::Object out{{"task", protocol::task_record(entry.task)}, {"parts", std::move(parts)}};
    if (entry.verdict) out.append("verdict", error_record(*entry.verdict));
    if (!entry.at_success.is_null()) out.append("atSuccess", entry.at_success);
    return json::to_text(json::Value(std::move(out)));
}

std::string text_of(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_string() ? found->string() : std::string();
}

Error error_of_record(const json::Value& record) {
    return {.code = error_code_of(text_of(record, "code")), .message = text_of(record, "message")};
}

NodeTask part_of(const json::Value& line) {
    NodeTask part;
    part.node.value = text_of(line, "node");
    if (const json::Value* uid = line.find("uid"); uid != nullptr && uid->is_unsigned()) part.uid = uid->unsigned_integer();
    const auto state = std::ranges::find(kStateNames, text_of(line, "state"));
    if (state != kStateNames.end()) part.state = static_cast<NodeTask::State>(state - kStateNames.begin());
    if (const json::Value* details = line.find("details")) part.details = *details;
    if (const json::Value* error = line.find("error")) part.error = error_of_record(*error);
    return part;
}

Result<TaskEntry> entry_of(const std::string& record) {
    const auto parsed = json::parse(record);
    if (!parsed || parsed->find("task") == nullptr) return fail(ErrorCode::MiroirStorageFailed, "a task in the store cannot be read");
    TaskEntry entry;
    MIROIR_TRY(entry.task, protocol::task_of_record(*parsed->find("task")));
    if (const json::Value* parts = parsed->find("parts"); parts != nullptr && parts->is_array()) {
        for (const json::Value& line : parts->array()) entry.parts.push_back(part_of(line));
    }
    if (const json::Value* verdict = parsed->find("verdict")) entry.verdict = error_of_record(*verdict);
    if (const json::Value* details = parsed->find("atSuccess")) entry.at_success = *details;
    return entry;
}

}  // namespace

std::vector<std::string> indexes_of(const protocol::Task& task) {
    if (task.index_uid) return {*task.index_uid};
    std::vector<std::string> out;
    const json::Value* swaps = task.details.find("swaps");
    if (swaps == nullptr || !swaps->is_array()) return out;
    for (const json::Value& swap : swaps->array()) {
        const json::Value* pair = swap.find("indexes");
        if (pair == nullptr || !pair->is_array()) continue;
        for (const json::Value& uid : pair->array()) out.push_back(uid.string());
    }
    return out;
}

env::Task<Result<std::unique_ptr<TaskBook>>> TaskBook::open(Store& store) {
    std::unique_ptr<TaskBook> book(new TaskBook(store));
    RecordKey counter{.table = std::string(kCounters), .key = std::string(kNextUid)};
    const Result<std::optional<std::string>> next = co_await store.get(std::move(counter));
    if (!next) co_return fail(next.error());
    if (*next) book->next_uid_ = number_of(**next);
    Scan scan{.table = std::string(kTable), .limit = kScanSize};
    for (;;) {
        const Result<std::vector<Record>> records = co_await store.scan(scan);
        if (!records) co_return fail(records.error());
        for (const Record& record : *records) {
            MIROIR_CO_TRY(TaskEntry entry, entry_of(record.value));
            const std::uint64_t uid = entry.task.uid;
            if (!protocol::is_finished(entry.task.status)) book->unfinished_[uid] = true;
            book->entries_.insert_or_assign(uid, std::move(entry));
        }
        if (records->size() < kScanSize) co_return book;
        scan.from = records->back().key + '\0';
    }
}

env::Task<Result<std::uint64_t>> TaskBook::begin(TaskEntry entry, Batch also) {
    const std::uint64_t uid = next_uid_++;
    entry.task.uid = uid;
    also.put(std::string(kTable), key_of(uid), record_of(entry));
    also.put(std::string(kCounters), std::string(kNextUid), key_of(uid + 1));
    const Result<void> kept = co_await store_.commit(std::move(also));
    if (!kept) {
        if (next_uid_ == uid + 1) next_uid_ = uid;
        co_return fail(kept.error());
    }
    if (!protocol::is_finished(entry.task.status)) unfinished_[uid] = true;
    entries_.insert_or_assign(uid, std::move(entry));
    co_return uid;
}

env::Task<Result<void>> TaskBook::save(TaskEntry entry, Batch also) {
    const std::uint64_t uid = entry.task.uid;
    also.put(std::string(kTable), key_of(uid), record_of(entry));
    const Result<void> kept = co_await store_.commit(std::move(also));
    if (!kept) co_return kept;
    if (protocol::is_finished(entry.task.status)) unfinished_.erase(uid);
    entries_.insert_or_assign(uid, std::move(entry));
    co_return Result<void>{};
}

env::Task<Result<std::uint64_t>> TaskBook::erase(std::vector<std::uint64_t> uids) {
    Batch batch;
    for (const std::uint64_t uid : uids) batch.erase(std::string(kTable), key_of(uid));
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return fail(kept.error());
    std::uint64_t erased = 0;
    for (const std::uint64_t uid : uids) erased += entries_.erase(uid);
    co_return erased;
}

const TaskEntry* TaskBook::find(std::uint64_t uid) const {
    const auto found = entries_.find(uid);
    return found == entries_.end() ? nullptr : &found->second;
}

TaskPage TaskBook::list(const protocol::TaskQuery& query) const {
    TaskPage page;
    const auto visit = [&](const TaskEntry& entry) {
        if (!query.filter.matches(entry.task, indexes_of(entry.task))) return;
        ++page.total;
        const std::uint64_t uid = entry.task.uid;
        if (query.from && (query.reverse ? uid < *query.from : uid > *query.from)) return;
        if (page.tasks.size() < query.limit) page.tasks.push_back(&entry);
        else if (!page.next) page.next = uid;
    };
    if (query.reverse) {
        for (const auto& [uid, entry] : entries_) visit(entry);
    } else {
        for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) visit(at->second);
    }
    if (!page.tasks.empty()) page.from = page.tasks.front()->task.uid;
    return page;
}

std::vector<std::uint64_t> TaskBook::matching(const protocol::TaskFilter& filter) const {
    std::vector<std::uint64_t> out;
    for (const auto& [uid, entry] : entries_) {
        if (filter.matches(entry.task, indexes_of(entry.task))) out.push_back(uid);
    }
    return out;
}

std::vector<const TaskEntry*> TaskBook::unfinished() const {
    std::vector<const TaskEntry*> out;
    for (const auto& [uid, open] : unfinished_) out.push_back(&entries_.at(uid));
    return out;
}

}  // namespace miroir::tasks

#include "tasks/task_book.h"

#include <algorithm>
#include <array>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::tasks {
namespace {

constexpr std::string_view kTable = "tasks";
constexpr std::string_view kCounters = "counters";
constexpr std::string_view kNextUid = "next_task_uid";
constexpr std::string_view kNextBatch = "next_batch_uid";
constexpr std::size_t kScanSize = 1000;

constexpr std::array<std::string_view, 6> kStateNames = {"planned",   "accepted", "missed",
                                                         "succeeded", "failed",   "canceled"};

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
    if (!entry.wish.is_null()) out.append("wish", entry.wish);
    if (!entry.targets.empty()) {
        json::Array targets;
        for (const std::uint64_t uid : entry.targets) targets.emplace_back(uid);
        out.append("targets", std::move(targets));
    }
    if (entry.carries > 0) out.append("carries", entry.carries);
    if (entry.carried_by) out.append("carriedBy", *entry.carried_by);
    return json::to_text(json::Value(std::move(out)));
}

Error error_of_record(const json::Value& record) {
    return {.code = error_code_of(text_at(record, "code")), .message = text_at(record, "message")};
}

NodeTask part_of(const json::Value& line) {
    NodeTask part;
    part.node.value = text_at(line, "node");
    if (const json::Value* uid = line.find("uid"); uid != nullptr && uid->is_unsigned())
        part.uid = uid->unsigned_integer();
    const auto state = std::ranges::find(kStateNames, text_at(line, "state"));
    if (state != kStateNames.end()) part.state = static_cast<NodeTask::State>(state - kStateNames.begin());
    if (const json::Value* details = line.find("details")) part.details = *details;
    if (const json::Value* error = line.find("error")) part.error = error_of_record(*error);
    return part;
}

Result<TaskEntry> entry_of(const std::string& record) {
    const auto parsed = json::parse(record);
    if (!parsed || parsed->find("task") == nullptr)
        return fail(ErrorCode::MiroirStorageFailed, "a task in the store cannot be read");
    TaskEntry entry;
    MIROIR_TRY(entry.task, protocol::task_of_record(*parsed->find("task")));
    if (const json::Value* parts = parsed->find("parts"); parts != nullptr && parts->is_array()) {
        for (const json::Value& line : parts->array()) entry.parts.push_back(part_of(line));
    }
    if (const json::Value* verdict = parsed->find("verdict")) entry.verdict = error_of_record(*verdict);
    if (const json::Value* details = parsed->find("atSuccess")) entry.at_success = *details;
    if (const json::Value* wish = parsed->find("wish")) entry.wish = *wish;
    if (const json::Value* targets = parsed->find("targets"); targets != nullptr && targets->is_array()) {
        for (const json::Value& uid : targets->array())
            entry.targets.push_back(uid.is_unsigned() ? uid.unsigned_integer() : 0);
    }
    entry.carries = number_at(*parsed, "carries");
    if (parsed->find("carriedBy") != nullptr) entry.carried_by = number_at(*parsed, "carriedBy");
    return entry;
}

// Of what was carried, as its carrier ended.
void end_as(TaskEntry& carried, const TaskEntry& carrier) {
    protocol::Task& task = carried.task;
    task.status = carrier.task.status;
    task.error = carrier.task.error;
    task.canceled_by = carrier.task.canceled_by;
    task.batch_uid = carrier.task.batch_uid;
    task.started_at = carrier.task.started_at;
    task.finished_at = carrier.task.finished_at;
    if (!carried.at_success.is_object()) return;
    const bool succeeded = task.status == protocol::TaskStatus::Succeeded;
    for (const json::Member& member : carried.at_success.object())
        task.details[member.first] = succeeded ? member.second : json::Value(0);
}

}  // namespace

env::Task<Result<std::unique_ptr<TaskBook>>> TaskBook::open(Store& store) {
    std::unique_ptr<TaskBook> book(new TaskBook(store));
    RecordKey counter{.table = std::string(kCounters), .key = std::string(kNextUid)};
    const Result<std::optional<std::string>> next = co_await store.get(std::move(counter));
    if (!next) co_return fail(next.error());
    if (*next) book->next_uid_ = number_of(**next);
    RecordKey batches{.table = std::string(kCounters), .key = std::string(kNextBatch)};
    const Result<std::optional<std::string>> next_batch = co_await store.get(std::move(batches));
    if (!next_batch) co_return fail(next_batch.error());
    if (*next_batch) book->next_batch_ = number_of(**next_batch);
    Scan scan{.table = std::string(kTable), .limit = kScanSize};
    for (;;) {
        const Result<std::vector<Record>> records = co_await store.scan(scan);
        if (!records) co_return fail(records.error());
        for (const Record& record : *records) {
            MIROIR_CO_TRY(TaskEntry entry, entry_of(record.value));
            if (entry.task.status == protocol::TaskStatus::Processing)
                entry.task.status = protocol::TaskStatus::Enqueued;
            if (!protocol::is_finished(entry.task.status)) entry.task.batch_uid.reset();
            book->place(std::move(entry));
        }
        if (records->size() < kScanSize) co_return book;
        scan.from = records->back().key + '\0';
    }
}

void TaskBook::write_history(const std::vector<protocol::Task>& tasks, Batch& batch) {
    std::uint64_t next_uid = 0;
    std::uint64_t next_batch = 0;
    for (const protocol::Task& task : tasks) {
        next_uid = std::max(next_uid, task.uid + 1);
        if (task.batch_uid) next_batch = std::max(next_batch, *task.batch_uid + 1);
        batch.put(std::string(kTable), key_of(task.uid), record_of({.task = task, .parts = {}, .verdict = {}}));
    }
    batch.put(std::string(kCounters), std::string(kNextUid), key_of(next_uid));
    batch.put(std::string(kCounters), std::string(kNextBatch), key_of(next_batch));
}

env::Task<Result<std::uint64_t>> TaskBook::begin(TaskEntry entry, Batch also, std::vector<TaskEntry> carried) {
    const std::uint64_t uid = next_uid_;
    entry.carries = carried.size();
    carried.insert(carried.begin(), std::move(entry));
    for (TaskEntry& each : carried) {
        each.task.uid = next_uid_++;
        if (each.task.uid != uid) each.carried_by = uid;
        also.put(std::string(kTable), key_of(each.task.uid), record_of(each));
    }
    const std::uint64_t next = next_uid_;
    also.put(std::string(kCounters), std::string(kNextUid), key_of(next));
    const Result<void> kept = co_await store_.commit(std::move(also));
    if (!kept) {
        if (next_uid_ == next) next_uid_ = uid;
        co_return fail(kept.error());
    }
    for (TaskEntry& each : carried) place(std::move(each));
    co_return uid;
}

std::vector<std::uint64_t> TaskBook::carried_by(std::uint64_t carrier) const {
    std::vector<std::uint64_t> out;
    const auto found = entries_.find(carrier);
    const std::uint64_t count = found == entries_.end() ? 0 : found->second.carries;
    for (std::uint64_t uid = carrier + 1; uid <= carrier + count; ++uid) {
        if (unfinished_.contains(uid)) out.push_back(uid);
    }
    return out;
}

// What happened in memory meanwhile stays: it may have been started, or been given another name.
void TaskBook::keep_what_memory_knows(protocol::Task& task) const {
    const auto known = entries_.find(task.uid);
    if (known == entries_.end()) return;
    const protocol::Task& there = known->second.task;
    task.index_uid = there.index_uid;
    if (task.batch_uid || !there.batch_uid) return;
    task.batch_uid = there.batch_uid;
    task.started_at = there.started_at;
    if (!protocol::is_finished(task.status)) task.status = there.status;
}

env::Task<Result<void>> TaskBook::save(TaskEntry entry, Batch also) {
    if (entry.task.batch_uid) also.put(std::string(kCounters), std::string(kNextBatch), key_of(next_batch_));
    if (const TaskEntry* known = find(entry.task.uid)) {
        entry.carries = known->carries;
        entry.carried_by = known->carried_by;
    }
    std::vector<TaskEntry> saved;
    saved.push_back(std::move(entry));
    const bool finished = protocol::is_finished(saved.front().task.status);
    for (const std::uint64_t uid : carried_by(saved.front().task.uid)) {
        if (!finished) break;
        saved.push_back(entries_.at(uid));
        end_as(saved.back(), saved.front());
    }
    bool ends = false;
    for (const TaskEntry& each : saved) {
        also.put(std::string(kTable), key_of(each.task.uid), record_of(each));
        if (watch_ == nullptr || !finished || !unfinished_.contains(each.task.uid)) continue;
        protocol::Task shown = each.task;
        keep_what_memory_knows(shown);
        watch_->ending(shown, also);
        ends = true;
    }
    const Result<void> kept = co_await store_.commit(std::move(also));
    if (!kept) co_return kept;
    for (TaskEntry& each : saved) {
        keep_what_memory_knows(each.task);
        place(std::move(each));
    }
    if (ends) watch_->ended();
    co_return Result<void>{};
}

env::Task<Result<std::uint64_t>> TaskBook::erase(std::vector<std::uint64_t> uids) {
    Batch batch;
    for (const std::uint64_t uid : uids) batch.erase(std::string(kTable), key_of(uid));
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return fail(kept.error());
    std::uint64_t erased = 0;
    for (const std::uint64_t uid : uids) {
        erased += entries_.contains(uid) ? 1 : 0;
        drop(uid);
    }
    co_return erased;
}

void TaskBook::place(TaskEntry entry) {
    const std::uint64_t uid = entry.task.uid;
    drop(uid);
    if (!protocol::is_finished(entry.task.status)) unfinished_[uid] = true;
    if (entry.task.batch_uid) {
        batches_[*entry.task.batch_uid].insert(uid);
        next_batch_ = std::max(next_batch_, *entry.task.batch_uid + 1);
    }
    entries_.insert_or_assign(uid, std::move(entry));
}

void TaskBook::drop(std::uint64_t uid) {
    const auto found = entries_.find(uid);
    if (found == entries_.end()) return;
    if (const auto batch = found->second.task.batch_uid) {
        const auto members = batches_.find(*batch);
        if (members != batches_.end()) {
            members->second.erase(uid);
            if (members->second.empty()) batches_.erase(members);
        }
    }
    unfinished_.erase(uid);
    entries_.erase(found);
}

void TaskBook::start(std::uint64_t uid, protocol::Instant now) {
    const auto found = entries_.find(uid);
    if (found == entries_.end() || found->second.task.status != protocol::TaskStatus::Enqueued) return;
    protocol::Task& task = found->second.task;
    task.status = protocol::TaskStatus::Processing;
    task.started_at = now;
    task.batch_uid = next_batch_++;
    batches_[*task.batch_uid].insert(uid);
    for (const std::uint64_t carried : carried_by(uid)) {
        protocol::Task& with = entries_.at(carried).task;
        with.status = task.status;
        with.started_at = now;
        with.batch_uid = task.batch_uid;
        batches_[*task.batch_uid].insert(carried);
    }
}

void TaskBook::rename_indexes(const std::map<std::string, std::string>& names, std::uint64_t before, Batch& batch) {
    for (auto& [uid, entry] : entries_) {
        if (uid >= before) break;
        if (!entry.task.index_uid) continue;
        const auto found = names.find(*entry.task.index_uid);
        if (found == names.end()) continue;
        entry.task.index_uid = found->second;
        batch.put(std::string(kTable), key_of(uid), record_of(entry));
    }
}

const TaskEntry* TaskBook::find(std::uint64_t uid) const {
    const auto found = entries_.find(uid);
    return found == entries_.end() ? nullptr : &found->second;
}

std::vector<const TaskEntry*> TaskBook::unfinished() const {
    std::vector<const TaskEntry*> out;
    for (const auto& [uid, open] : unfinished_) out.push_back(&entries_.at(uid));
    return out;
}

std::vector<std::uint64_t> TaskBook::oldest_finished(std::size_t count) const {
    std::vector<std::uint64_t> out;
    for (const auto& [uid, entry] : entries_) {
        if (out.size() == count) break;
        if (protocol::is_finished(entry.task.status)) out.push_back(uid);
    }
    return out;
}

std::vector<std::uint64_t> TaskBook::finished_before(protocol::Instant moment, std::size_t count) const {
    std::vector<std::uint64_t> out;
    for (const auto& [uid, entry] : entries_) {
        if (out.size() == count || entry.task.enqueued_at >= moment) break;  // what came later ended later
        if (entry.task.finished_at && *entry.task.finished_at < moment) out.push_back(uid);
    }
    return out;
}

}  // namespace miroir::tasks

#include "node/tasks/ledger.h"

#include "env/log.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::node {

using protocol::Instant;

namespace {

json::Value uids_value(const std::vector<std::uint64_t>& uids) {
    json::Array out;
    for (const std::uint64_t uid : uids) out.emplace_back(uid);
    return out;
}

std::vector<std::uint64_t> uids_of(const json::Value* value) {
    std::vector<std::uint64_t> out;
    if (value == nullptr || !value->is_array()) return out;
    for (const json::Value& item : value->array()) {
        if (item.is_unsigned()) out.push_back(item.unsigned_integer());
    }
    return out;
}

std::string_view text_of(const json::Value& record, std::string_view name) {
    const json::Value* found = record.find(name);
    return found != nullptr && found->is_string() ? std::string_view(found->string()) : std::string_view();
}

std::uint64_t number_of(const json::Value& record, std::string_view name) {
    const json::Value* found = record.find(name);
    return found != nullptr && found->is_unsigned() ? found->unsigned_integer() : 0;
}

std::unexpected<Error> unreadable() { return fail(ErrorCode::InvalidStoreFile, "A stored record cannot be read."); }

// A coroutine that never waits, carried to its end here.
struct Now {
    struct promise_type {
        Now get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { throw; }
    };
};

Now run_now(env::Task<void> task, bool& done) {
    co_await task;
    done = true;
}

}  // namespace

void Ledger::put(std::string_view shelf, std::string_view name, json::Value value) {
    const json::Object record{{"kind", "put"}, {"shelf", shelf}, {"name", name}, {"value", value}};
    journal_.append(json::to_text(record));
    world_.put(shelf, name, std::move(value));
}

Work& Ledger::enqueue(Work work) {
    json::Value record = work_record(work);
    record["kind"] = "task";
    journal_.append(json::to_text(record), work.payload);
    return world_.queue.add(std::move(work));
}

void Ledger::record_batch(const BatchRun& run, const protocol::Batch& batch) {
    json::Array tasks;
    for (const protocol::Task& task : run.results) tasks.push_back(protocol::task_record(task));
    const json::Object record{{"kind", "batch"},
                              {"batch", protocol::batch_record(batch)},
                              {"run", uids_value(run.uids)},
                              {"tasks", std::move(tasks)},
                              {"removed", uids_value(run.removed)}};
    journal_.append(json::to_text(record));
}

void Ledger::settle(World& world, BatchRun& run, protocol::Batch batch) {
    for (protocol::Task& task : run.results) world.queue.settle(std::move(task));
    world.queue.finish(std::move(batch));
    world.queue.remove(run.removed);
}

Result<void> Ledger::replay_batch(const json::Value& record) {
    const json::Value* stored = record.find("batch");
    auto batch = stored != nullptr ? protocol::batch_of_record(*stored) : std::nullopt;
    const std::vector<std::uint64_t> uids = uids_of(record.find("run"));
    const json::Value* tasks = record.find("tasks");
    if (!batch || tasks == nullptr || !tasks->is_array()) return unreadable();
    std::vector<protocol::Task> results;
    for (const json::Value& task : tasks->array()) {
        MIROIR_TRY(protocol::Task parsed, protocol::task_of_record(task));
        const Work* known = world_.queue.find(parsed.uid);
        if (known == nullptr || protocol::is_finished(known->task.status)) return {};  // the snapshot is younger
        results.push_back(std::move(parsed));
    }
    Pace pace(env_, env::Cancel(), true);
    BatchRun run{.world = world_, .pace = pace, .uids = uids, .now = batch->started_at};
    world_.queue.start(*batch, uids);
    bool done = false;
    if (!uids.empty()) {  // none: all of them were told to fail
        run_now(carry_out(run), done);
        MIROIR_ASSERT(done);
    }
    run.results = std::move(results);
    run.removed = uids_of(record.find("removed"));
    settle(world_, run, std::move(*batch));
    return {};
}

Result<void> Ledger::finish_restore() {
    if (!restoring_) return {};
    std::size_t next = 0;
    const Index::LineSource source = [this, &next]() -> std::optional<std::string_view> {
        if (next >= lines_.size()) return std::nullopt;
        return lines_[next++];
    };
    MIROIR_TRY(Index index, Index::restore(source));
    world_.indexes[*restoring_].index = std::move(index);
    restoring_.reset();
    lines_.clear();
    return {};
}

Result<void> Ledger::replay(std::string_view head, std::string_view body) {
    if (head.empty()) {  // a line of the index that is being restored
        lines_.emplace_back(body);
        return {};
    }
    MIROIR_CHECK(finish_restore());
    const auto record = json::parse(head);
    if (!record) return unreadable();
    const std::string_view kind = text_of(*record, "kind");
    if (kind == "put") {
        const json::Value* value = record->find("value");
        world_.put(text_of(*record, "shelf"), text_of(*record, "name"), value != nullptr ? *value : json::Value());
    } else if (kind == "task") {
        MIROIR_TRY(Work work, work_of_record(*record, body));
        const Work* known = world_.queue.find(work.task.uid);
        if (known == nullptr || !protocol::is_finished(known->task.status)) world_.queue.add(std::move(work));
    } else if (kind == "batch") {
        return replay_batch(*record);
    } else if (kind == "index") {
        const std::string uid(text_of(*record, "uid"));
        const auto created = protocol::parse_rfc3339(text_of(*record, "createdAt"));
        const auto updated = protocol::parse_rfc3339(text_of(*record, "updatedAt"));
        if (!created || !updated) return unreadable();
        StoredIndex& stored = world_.indexes[uid];
        stored.created_at = *created;
        stored.updated_at = *updated;
        restoring_ = uid;
    } else if (kind == "done") {
        auto batch = protocol::batch_of_record(*record->find("batch"));
        if (!batch) return unreadable();
        world_.queue.restore_batch(std::move(*batch));
    } else if (kind == "counters") {
        world_.queue.reserve(number_of(*record, "nextTask"), number_of(*record, "nextBatch"));
        world_.last_update = protocol::parse_rfc3339(text_of(*record, "lastUpdate"));
    }
    return {};
}

Result<void> Ledger::recover() {
    const Journal::Visit visit = [this](std::string_view head, std::string_view body) { return replay(head, body); };
    MIROIR_CHECK(journal_.recover(visit));
    return finish_restore();
}

env::Task<Result<void>> Ledger::compact_if_due() {
    if (journal_.log_bytes() < log_min_ || journal_.log_bytes() < 2 * journal_.snapshot_bytes())
        co_return Result<void>();
    env::Task<Result<void>> writing = write_snapshot();
    const Result<void> written = co_await writing;
    co_return written;
}

env::Task<Result<void>> Ledger::save_index(std::string uid) {
    const StoredIndex& stored = *world_.find(uid);
    const json::Object head{{"kind", "index"},
                            {"uid", uid},
                            {"createdAt", protocol::rfc3339(stored.created_at)},
                            {"updatedAt", protocol::rfc3339(stored.updated_at)}};
    MIROIR_CO_CHECK(journal_.add_to_snapshot(json::to_text(head)));
    Result<void> result;
    const Index::LineSink sink = [this, &result](std::string_view line) {
        if (result) result = journal_.add_to_snapshot({}, line);
    };
    stored.index.save(sink);
    Pace pace(env_, env::Cancel(), false);
    co_await pace.breathe();
    co_return result;
}

env::Task<Result<void>> Ledger::write_snapshot() {
    MIROIR_CO_CHECK(journal_.begin_snapshot());
    json::Object counters{
        {"kind", "counters"}, {"nextTask", world_.queue.next_uid()}, {"nextBatch", world_.queue.next_batch_uid()}};
    if (world_.last_update) counters.set("lastUpdate", protocol::rfc3339(*world_.last_update));
    MIROIR_CO_CHECK(journal_.add_to_snapshot(json::to_text(counters)));
    for (const auto& [shelf, entries] : world_.shelves) {
        for (const auto& [name, value] : entries) {
            const json::Object record{{"kind", "put"}, {"shelf", shelf}, {"name", name}, {"value", value}};
            MIROIR_CO_CHECK(journal_.add_to_snapshot(json::to_text(record)));
        }
    }
    for (const auto& [uid, work] : world_.queue.all()) {
        json::Value record = work_record(work);
        record["kind"] = "task";
        MIROIR_CO_CHECK(journal_.add_to_snapshot(json::to_text(record), work.payload));
    }
    for (const auto& [uid, batch] : world_.queue.batches()) {
        const json::Object record{{"kind", "done"}, {"batch", protocol::batch_record(batch)}};
        MIROIR_CO_CHECK(journal_.add_to_snapshot(json::to_text(record)));
    }
    std::vector<std::string> uids;
    for (const auto& [uid, stored] : world_.indexes) uids.push_back(uid);
    for (const std::string& uid : uids) {
        env::Task<Result<void>> saving = save_index(uid);
        const Result<void> saved = co_await saving;
        MIROIR_CO_CHECK(saved);
    }
    co_return journal_.publish_snapshot();
}

}  // namespace miroir::node

#include "dump/loader.h"

#include <algorithm>
#include <set>

#include "env/log.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/catalog_change.h"
#include "protocol/instance/chat.h"
#include "protocol/instance/network.h"
#include "protocol/settings/settings.h"
#include "tasks/task_book.h"

namespace miroir::dump {
namespace {

constexpr std::size_t kBytesAtOnce = 8u << 20;
constexpr std::size_t kDocumentsAtOnce = 10'000;
constexpr std::size_t kOpenMost = 4;
constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(5);

// Sees everything.
protocol::Grant everything() { return protocol::Grant(); }

tasks::RecordKey loading_record() { return {.table = "counters", .key = "loading_dump"}; }

}  // namespace

env::Task<Result<void>> Loader::load(env::FileIn& file) {
    MIROIR_CO_CHECK(co_await fill_shelves());
    for (const auto& [folder, index] : contents_.indexes) MIROIR_CO_CHECK(co_await make_index(index));
    ArchiveReader archive(file);
    for (;;) {
        MIROIR_CO_TRY(const std::optional<ArchiveReader::Entry> entry, archive.next());
        if (!entry) break;
        const auto found = contents_.indexes.find(documents_folder(entry->name));
        if (found == contents_.indexes.end() || found->second.documents == 0) continue;
        MIROIR_CO_CHECK(co_await fill_index(archive, found->second));
    }
    co_return Result<void>{};
}

env::Task<Result<void>> Loader::fill_shelves() {
    const quorum::ShelvesPtr before = office_.shelves();
    std::vector<quorum::ShelfPut> puts;
    for (const auto& [uid, key] : before->shelf("keys")) puts.push_back({.shelf = "keys", .name = uid});
    for (const protocol::ApiKey& key : contents_.keys)
        puts.push_back({.shelf = "keys", .name = key.uid, .value = protocol::key_record(key)});
    for (const protocol::FeatureRow& row : protocol::feature_rows()) {
        const json::Value* wanted = contents_.features.find(row.name);
        if (wanted != nullptr && wanted->is_bool())
            puts.push_back({.shelf = "features", .name = std::string(row.name), .value = *wanted});
    }
    for (const auto& [name, chat] : contents_.chats) {
        json::Value whole = protocol::fresh_chat();
        for (const json::Member& member : chat.object()) whole[member.first] = member.second;
        puts.push_back({.shelf = "chats", .name = name, .value = std::move(whole)});
    }
    if (const json::Value* remotes = contents_.network.find("remotes"); remotes != nullptr && remotes->is_object()) {
        json::Value network = protocol::network_from_dump(contents_.network);
        puts.push_back({.shelf = "network", .name = "network", .value = std::move(network)});
    }
    std::uint64_t order = 0;
    if (const json::Value* hooks = contents_.webhooks.find("webhooks"); hooks != nullptr && hooks->is_object()) {
        for (const json::Member& hook : hooks->object()) {
            const json::Value* url = hook.second.find("url");
            const json::Value* headers = hook.second.find("headers");
            if (url == nullptr || !url->is_string()) continue;
            puts.push_back(
                {.shelf = "webhooks",
                 .name = hook.first,
                 .value = json::Object{{"uuid", hook.first},
                                       {"url", *url},
                                       {"headers", headers == nullptr ? json::Value(json::Object()) : *headers},
                                       {"order", order++}}});
        }
    }
    const Result<bool> put = co_await office_.put_on_shelves(before->version, std::move(puts));
    if (!put) co_return fail(put.error());
    co_return Result<void>{};
}

env::Task<Result<void>> Loader::make_index(IndexContents index) {
    const IndexUid uid{index.uid};
    const Result<quorum::Receipt> made = co_await office_.create_index(uid, index.primary_key);
    if (!made) co_return fail(made.error());
    open_.push_back(made->task.uid);
    quorum::SettingsWish wish{.patch = index.settings, .may_create = true};
    const Result<quorum::Receipt> set = co_await office_.change_settings(uid, std::move(wish));
    if (!set) co_return fail(set.error());
    open_.push_back(set->task.uid);
    co_return co_await finish(0);
}

env::Task<Result<void>> Loader::fill_index(ArchiveReader& archive, IndexContents index) {
    env_.log.info("dump", "loading documents", {{"index", index.uid}, {"documents", index.documents}});
    std::string lines;
    std::size_t documents = 0;
    for (;;) {
        MIROIR_CO_TRY(const std::optional<std::string> line, archive.line());
        if (!line || lines.size() + line->size() > kBytesAtOnce || documents == kDocumentsAtOnce) {
            std::string full = std::exchange(lines, std::string());
            if (!full.empty()) MIROIR_CO_CHECK(co_await add(index, std::move(full)));
            documents = 0;
        }
        if (!line) co_return co_await finish(0);
        if (line->empty()) continue;
        lines += *line;
        lines += '\n';
        ++documents;
    }
}

env::Task<Result<void>> Loader::add(IndexContents index, std::string lines) {
    quorum::Documents wish{.bytes = std::make_shared<const std::string>(std::move(lines)),
                           .payload = {},
                           .primary_key = index.primary_key,
                           .custom_metadata = {}};
    const protocol::PayloadOptions lines_of_json{.format = protocol::PayloadFormat::Ndjson};
    Result<protocol::Payload> payload = protocol::read_payload(*wish.bytes, lines_of_json, index.primary_key);
    if (!payload) co_return fail(payload.error());
    wish.payload = *std::move(payload);
    const IndexUid uid{index.uid};
    const Result<quorum::Receipt> receipt = co_await office_.add_documents(uid, std::move(wish));
    if (!receipt) co_return fail(receipt.error());
    open_.push_back(receipt->task.uid);
    co_return co_await finish(kOpenMost);
}

env::Task<Result<void>> Loader::finish(std::size_t most) {
    while (open_.size() > most) {
        const Result<json::Value> task = co_await office_.find_task(open_.front(), everything());
        if (!task) co_return fail(task.error());
        const std::string& status = task->find("status")->string();
        if (status == "failed" || status == "canceled") {
            const json::Value* error = task->find("error");
            const json::Value* message = error == nullptr ? nullptr : error->find("message");
            co_return fail(ErrorCode::MiroirInvalidRequest,
                           "the dump could not be loaded: " + (message == nullptr ? status : message->string()));
        }
        if (status == "succeeded") open_.erase(open_.begin());
        else co_await env::sleep_for(env_, kLook);
    }
    co_return Result<void>{};
}

env::Task<Result<void>> Loader::undo(std::vector<IndexUid> indexes) {
    open_.clear();
    for (const IndexUid& uid : indexes) {
        const Result<quorum::Receipt> gone = co_await office_.delete_index(uid);
        if (!gone) co_return fail(gone.error());
        open_.push_back(gone->task.uid);
    }
    co_return co_await finish(0);
}

namespace {}  // namespace

env::Task<Result<void>> rewrite_history(tasks::Store& store, const Contents& contents) {
    tasks::Batch batch;
    MIROIR_CO_TRY(const std::vector<tasks::Record> ours, co_await tasks::read_all(store, "tasks"));
    std::set<std::string> kept;
    for (const protocol::Task& task : contents.tasks) kept.insert(tasks::key_of(task.uid));
    for (const tasks::Record& record : ours) {
        if (!kept.contains(record.key)) batch.erase("tasks", record.key);
    }
    MIROIR_CO_TRY(const std::vector<tasks::Record> notices, co_await tasks::read_all(store, "webhook_notices"));
    for (const tasks::Record& record : notices) batch.erase("webhook_notices", record.key);
    std::map<std::string, const IndexContents*> by_uid;
    for (const auto& [folder, index] : contents.indexes) by_uid[index.uid] = &index;
    MIROIR_CO_TRY(const std::vector<tasks::Record> indexes, co_await tasks::read_all(store, "indexes"));
    for (const tasks::Record& record : indexes) {
        const auto stored = json::parse(record.value);
        if (!stored) co_return fail(ErrorCode::MiroirStorageFailed, "an index in the store cannot be read");
        MIROIR_CO_TRY(plan::IndexEntry entry, plan::index_entry_of(*stored));
        const auto found = by_uid.find(entry.uid.value);
        if (found == by_uid.end()) continue;
        entry.created_at_ns = found->second->created_at.time_since_epoch().count();
        entry.updated_at_ns = found->second->updated_at.time_since_epoch().count();
        batch.put("indexes", record.key, json::to_text(plan::to_json(entry)));
    }
    tasks::TaskBook::write_history(contents.tasks, batch);
    const tasks::RecordKey mark = loading_record();
    batch.erase(mark.table, mark.key);
    co_return co_await store.commit(std::move(batch));
}

env::Task<Result<bool>> holds_anything(tasks::Store& store) {
    for (const char* table : {"tasks", "indexes"}) {
        tasks::Scan scan{.table = table, .limit = 1};
        const Result<std::vector<tasks::Record>> records = co_await store.scan(std::move(scan));
        if (!records) co_return fail(records.error());
        if (!records->empty()) co_return true;
    }
    co_return false;
}

env::Task<Result<bool>> is_half_loaded(tasks::Store& store) {
    const Result<std::optional<std::string>> mark = co_await store.get(loading_record());
    if (!mark) co_return fail(mark.error());
    co_return mark->has_value();
}

env::Task<Result<void>> note_loading(tasks::Store& store, bool loading) {
    const tasks::RecordKey mark = loading_record();
    tasks::Batch batch;
    if (loading) batch.put(mark.table, mark.key, "1");
    else batch.erase(mark.table, mark.key);
    co_return co_await store.commit(std::move(batch));
}

}  // namespace miroir::dump

#include "dump/maker.h"

#include <cstdio>

#include "dump/pages.h"
#include "dump/task_lines.h"
#include "json/write.h"
#include "protocol/instance/network.h"

namespace miroir::dump {
namespace {

constexpr std::string_view kEngineVersion = "1.50.0";
constexpr std::string_view kUnfinished = ".part";
constexpr std::size_t kTasksAtOnce = 1'000;
constexpr int kTries = 5;       // of an index that is swapped away while it is read
constexpr int kWholeTries = 3;  // of all of it, where swaps came between the reads of two indexes
constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::seconds kLongestShift{60};
constexpr std::size_t kFolderNameBytesMax = 255;

std::string text_of(json::Object object) { return json::to_text(json::Value(std::move(object))); }

std::string metadata_of(protocol::Instant now) {
    return text_of({{"dumpVersion", "V6"}, {"dbVersion", kEngineVersion}, {"dumpDate", protocol::rfc3339(now)}});
}

std::string date_of(std::int64_t nanoseconds) {
    return protocol::rfc3339(protocol::Instant(std::chrono::nanoseconds(nanoseconds)));
}

std::string keys_of(const quorum::Shelves& shelves) {
    std::string lines;
    for (const auto& [uid, key] : shelves.ring.keys) lines += json::to_text(key_line(key)) + "\n";
    return lines;
}

std::string features_of(const quorum::Shelves& shelves) {
    json::Object out;
    for (const protocol::FeatureRow& row : protocol::feature_rows())
        out.append(std::string(row.name), shelves.feature(row.feature));
    return text_of(std::move(out));
}

std::string webhooks_of(const quorum::Shelves& shelves) {
    json::Object out;
    for (const auto& [uuid, hook] : shelves.shelf("webhooks"))
        out.append(uuid, json::Object{{"url", *hook.find("url")}, {"headers", *hook.find("headers")}});
    return text_of({{"webhooks", std::move(out)}});
}

std::string network_of(const quorum::Shelves& shelves) {
    const quorum::Shelf& shelf = shelves.shelf("network");
    const auto found = shelf.find("network");
    return json::to_text(protocol::network_view(found == shelf.end() ? protocol::fresh_network() : found->second));
}

plan::IndexPtr unread(const plan::Catalog& catalog, const std::set<IndexUid>& done) {
    for (const auto& [uid, index] : catalog.indexes) {
        if (!done.contains(uid)) return index;
    }
    return nullptr;
}

std::set<std::string> shifted_by(const protocol::Task& task) {
    if (task.type == protocol::TaskType::IndexUpdate && task.details.find("newIndexUid") == nullptr) return {};
    if (task.type != protocol::TaskType::IndexUpdate && task.type != protocol::TaskType::IndexSwap) return {};
    std::set<std::string> out;
    if (const json::Value* name = task.details.find("newIndexUid"); name != nullptr && name->is_string())
        out = {task.index_uid.value_or(""), name->string()};
    if (const json::Value* swaps = task.details.find("swaps"); swaps != nullptr && swaps->is_array()) {
        for (const json::Value& swap : swaps->array()) {
            for (const json::Value& index : swap.find("indexes")->array()) out.insert(index.string());
        }
    }
    return out;
}

}  // namespace

std::string dump_uid(protocol::Instant instant) {
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(instant - day));
    char out[40];
    std::snprintf(out, sizeof out, "%04d%02u%02u-%02d%02d%02d%03d", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return out;
}

void Maker::clean_up() {
    for (const std::string& name : folder_.names()) {
        if (name.starts_with('.') && name.ends_with(kUnfinished)) folder_.remove(name);
    }
}

env::Task<Result<json::Value>> Maker::make(protocol::Task task) {
    const std::string uid = dump_uid(desk_.env().clock.wall());
    const std::string part = "." + uid + std::string(kUnfinished);
    Result<bool> whole = false;
    for (int i = 0; i < kWholeTries && whole && !*whole; ++i) whole = co_await attempt(part, uid, task);
    Result<void> done;
    if (!whole) done = fail(whole.error());
    else if (!*whole)
        done = fail(ErrorCode::Internal, "Indexes were swapped again and again while they were read. Try once more.");
    else done = folder_.rename(part, uid + ".dump");
    if (!done) {
        folder_.remove(part);
        co_return fail(done.error());
    }
    co_return json::Value(json::Object{{"dumpUid", uid}});
}

// False: it shows some index as before a swap and another as after it.
env::Task<Result<bool>> Maker::attempt(std::string part, std::string uid, protocol::Task task) {
    MIROIR_CO_TRY(const std::unique_ptr<env::FileOut> file, folder_.create(part));
    ArchiveWriter archive(*file);
    SeenShifts seen;
    std::uint64_t known_to = task.uid + 1;
    for (const auto& [shift, indexes] : desk_.shifts()->under_way)  // from before the dump's own task
        seen.shift(shift, std::set<std::string>(indexes.begin(), indexes.end()));
    const Parts parts{.archive = archive, .uid = uid, .task = task, .seen = seen, .known_to = known_to};
    MIROIR_CO_CHECK(co_await write(parts));
    co_await learn_shifts(parts);
    if (seen.are_torn()) co_return false;
    MIROIR_CO_CHECK(archive.finish());
    co_return true;
}

env::Task<Result<void>> Maker::write(Parts parts) {
    const quorum::ShelvesPtr shelves = desk_.shelves();
    ArchiveWriter& archive = parts.archive;
    MIROIR_CO_CHECK(archive.add("metadata.json", metadata_of(desk_.env().clock.wall())));
    MIROIR_CO_CHECK(archive.add("keys.jsonl", keys_of(*shelves)));
    MIROIR_CO_CHECK(archive.add("experimental-features.json", features_of(*shelves)));
    MIROIR_CO_CHECK(archive.add("network.json", network_of(*shelves)));
    MIROIR_CO_CHECK(archive.add("webhooks.json", webhooks_of(*shelves)));
    for (const auto& [name, chat] : shelves->shelf("chats"))
        MIROIR_CO_CHECK(archive.add("chat-completions-settings/" + name + ".json", json::to_text(chat)));
    std::set<IndexUid> done;  // an index may get another name meanwhile
    for (plan::IndexPtr next = unread(*desk_.catalog(), done); next; next = unread(*desk_.catalog(), done)) {
        done.insert(next->uid);
        MIROIR_CO_CHECK(co_await write_index(parts, next));
    }
    co_return co_await write_tasks(parts);
}

// Tasks that have not ended are left out: what they bring is not in the dump, or is already.
env::Task<Result<void>> Maker::write_tasks(Parts parts) {
    std::string tasks;
    std::string batches;
    for (std::uint64_t from = 0;;) {
        const std::vector<protocol::Task> page = co_await desk_.ask(desk_.office().tasks_from(from, kTasksAtOnce));
        for (protocol::Task task : page) {
            if (task.uid == parts.task.uid) {
                task.status = protocol::TaskStatus::Succeeded;
                task.finished_at = desk_.env().clock.wall();
            }
            if (!protocol::is_finished(task.status)) continue;
            const std::optional<json::Value> line = task_line(task);
            if (!line) continue;
            tasks += json::to_text(*line) + "\n";
            if (task.batch_uid) batches += json::to_text(batch_line(task)) + "\n";
        }
        if (page.size() < kTasksAtOnce) break;
        from = page.back().uid + 1;
    }
    MIROIR_CO_CHECK(parts.archive.add("tasks/queue.jsonl", tasks));
    co_return parts.archive.add("batches/queue.jsonl", batches);
}

// Nobody has put another index in its place?
bool Maker::is_still(const plan::IndexEntry& index) const {
    const plan::IndexPtr now = desk_.catalog()->find(index.uid);
    return now && now->created_at_ns == index.created_at_ns && now->shards == index.shards;
}

env::Task<void> Maker::learn_shifts(Parts parts) {
    for (bool more = true; more;) {
        const std::vector<protocol::Task> page =
            co_await desk_.ask(desk_.office().tasks_from(parts.known_to, kTasksAtOnce));
        for (const protocol::Task& task : page) {
            std::set<std::string> indexes = shifted_by(task);
            if (!indexes.empty()) parts.seen.shift(task.uid, std::move(indexes));
        }
        if (!page.empty()) parts.known_to = page.back().uid + 1;
        more = page.size() == kTasksAtOnce;
    }
}

// Those that concern the index and have not ended.
env::Task<std::set<std::uint64_t>> Maker::open_shifts(Parts parts, IndexUid index) {
    co_await learn_shifts(parts);
    std::set<std::uint64_t> out;
    for (const std::uint64_t shift : parts.seen.of(index.value)) {
        const std::vector<protocol::Task> found = co_await desk_.ask(desk_.office().tasks_from(shift, 1));
        const bool ended = found.empty() || found.front().uid != shift || protocol::is_finished(found.front().status);
        if (!ended) out.insert(shift);
    }
    co_return out;
}

env::Task<void> Maker::wait_for_shifts(Parts parts, IndexUid index) {
    for (std::chrono::nanoseconds waited{0}; waited < kLongestShift; waited += kPoll) {
        const std::set<std::uint64_t> open = co_await open_shifts(parts, index);
        if (open.empty()) co_return;
        co_await env::sleep_for(desk_.env(), kPoll);
    }
}

// All of one index. It may be another one than was asked for, which took its name meanwhile, or none any more.
env::Task<Result<std::uint64_t>> Maker::read_index(Parts parts, std::string name, plan::IndexPtr& index) {
    const IndexUid uid = index->uid;
    Result<std::uint64_t> bytes = std::uint64_t{0};
    for (int i = 0; i < kTries; ++i) {
        if (i > 0) co_await env::sleep_for(desk_.env(), kPoll * i);  // nodes may be in the midst of deleting it
        co_await wait_for_shifts(parts, uid);
        SeenShifts::Read read;
        read.open = co_await open_shifts(parts, uid);
        read.begun = parts.known_to;
        index = desk_.catalog()->find(uid);
        if (!index) co_return std::uint64_t{0};
        const plan::IndexPtr asked = index;
        bytes = co_await spool(name, asked);
        co_await learn_shifts(parts);
        read.ended = parts.known_to;
        index = desk_.catalog()->find(uid);
        if (!index) co_return std::uint64_t{0};  // deleted meanwhile: as if it had been before
        if (!bytes) continue;
        if (is_still(*asked) && !parts.seen.is_torn(uid.value, read)) {
            index = asked;
            parts.seen.keep(uid.value, std::move(read));
            co_return bytes;
        }
        bytes = fail(ErrorCode::Internal,
                     "Index `" + uid.value + "` was swapped again and again while it was read. Try once more.");
    }
    co_return bytes;
}

// A tar says how long a file is before it begins, so the documents go to a file of their own first.
env::Task<Result<void>> Maker::write_index(Parts parts, plan::IndexPtr index) {
    const std::string spooled = "." + parts.uid + ".documents" + std::string(kUnfinished);
    const Result<std::uint64_t> bytes = co_await read_index(parts, spooled, index);
    if (!bytes || !index) {
        folder_.remove(spooled);
        co_return bytes ? Result<void>{} : fail(bytes.error());
    }
    // Who loads the dump makes a folder of that name: where none can be made, the engine fails with these words.
    if (index->uid.value.size() > kFolderNameBytesMax) {
        folder_.remove(spooled);
        co_return fail(ErrorCode::Internal, "File name too long (os error 36)");
    }
    const std::string place = "indexes/" + index->uid.value + "/";
    ArchiveWriter& archive = parts.archive;
    const json::Value key = index->primary_key ? json::Value(*index->primary_key) : json::Value();
    MIROIR_CO_CHECK(archive.add(place + "metadata.json", text_of({{"uid", index->uid.value},
                                                                  {"primaryKey", key},
                                                                  {"createdAt", date_of(index->created_at_ns)},
                                                                  {"updatedAt", date_of(index->updated_at_ns)}})));
    MIROIR_CO_CHECK(archive.add(place + "settings.json", text_of(protocol::settings_to_store(index->settings))));
    MIROIR_CO_CHECK(archive.begin(place + "documents.jsonl", *bytes));
    MIROIR_CO_TRY(const std::unique_ptr<env::FileIn> file, folder_.open(spooled));
    for (;;) {
        MIROIR_CO_TRY(const std::string piece, file->read(256u << 10));
        if (piece.empty()) break;
        MIROIR_CO_CHECK(archive.append(piece));
    }
    folder_.remove(spooled);
    co_return archive.end();
}

env::Task<Result<std::uint64_t>> Maker::spool(std::string name, plan::IndexPtr index) {
    MIROIR_CO_TRY(const std::unique_ptr<env::FileOut> file, folder_.create(name));
    Pages pages(desk_, index);
    std::uint64_t bytes = 0;
    for (;;) {
        MIROIR_CO_TRY(const std::string lines, co_await pages.next());
        if (lines.empty()) co_return bytes;
        MIROIR_CO_CHECK(file->write(lines));
        bytes += lines.size();
    }
}

}  // namespace miroir::dump

#include "tasks/sqlite/database.h"

#include <sqlite3.h>
#include <xxhash.h>

#include <array>

namespace miroir::tasks {
namespace {

// Step i brings a file from version i to i + 1. Never edited once released: what changes is a further step.
constexpr std::array<const char*, 2> kMigrations = {
    "CREATE TABLE records (tab TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (tab, key)) WITHOUT "
    "ROWID;",
    "ALTER TABLE records ADD COLUMN sum INTEGER;"};  // none: written before there were sums

constexpr int kApplication = 0x4D49524F;  // "MIRO": a file of ours

void bind(sqlite3_stmt* statement, int place, const std::string& text) {
    sqlite3_bind_text(statement, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

std::string column(sqlite3_stmt* statement, int place) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, place));
    return {bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, place))};
}

// Of the place and the value: a record that came to another place is as wrong as a flipped bit.
std::int64_t sum_of(std::string_view table, std::string_view key, std::string_view value) {
    XXH64_hash_t sum = XXH64(table.data(), table.size(), 0);
    sum = XXH64(key.data(), key.size(), sum);
    return static_cast<std::int64_t>(XXH64(value.data(), value.size(), sum));
}

bool is_sound(sqlite3_stmt* statement, int place, std::int64_t sum) {
    return sqlite3_column_type(statement, place) == SQLITE_NULL || sqlite3_column_int64(statement, place) == sum;
}

std::unexpected<Error> damaged(const std::string& table, const std::string& key) {
    return fail(ErrorCode::MiroirStorageFailed,
                "the record `" + key + "` of `" + table +
                    "` is not what was written: the disk is at fault; bring the store back from a copy");
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const { sqlite3_close(database); }
void Database::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Error Database::trouble(const std::string& doing) const {
    return {.code = ErrorCode::MiroirStorageFailed, .message = doing + ": " + sqlite3_errmsg(database_.get())};
}

Result<Database> Database::open(const std::string& path) {
    Database out;
    sqlite3* raw = nullptr;
    const int opened =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    out.database_.reset(raw);
    if (opened != SQLITE_OK) return fail(out.trouble("cannot open the store " + path));
    sqlite3_busy_timeout(raw, 2000);
    MIROIR_CHECK(out.migrate());
    MIROIR_CHECK(out.run("PRAGMA journal_mode=WAL"));
    MIROIR_CHECK(out.run("PRAGMA synchronous=FULL"));
    MIROIR_CHECK(out.prepare_all());
    return out;
}

Result<void> Database::run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return fail(trouble("the store refuses"));
}

Result<Database::Statement> Database::prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &raw, nullptr) != SQLITE_OK)
        return fail(trouble("the store refuses"));
    return Statement(raw);
}

Result<void> Database::migrate() {
    const auto pragma = [this](const char* sql) -> Result<int> {
        MIROIR_TRY(Statement statement, prepare(sql));
        if (sqlite3_step(statement.get()) != SQLITE_ROW) return fail(trouble("the store cannot be read"));
        return sqlite3_column_int(statement.get(), 0);
    };
    MIROIR_TRY(const int version, pragma("PRAGMA user_version"));
    MIROIR_TRY(const int application, pragma("PRAGMA application_id"));
    MIROIR_TRY(const int tables, pragma("SELECT count(*) FROM sqlite_master"));
    if (application != kApplication && tables > 0) {
        return fail(ErrorCode::MiroirStorageFailed, "the file is not a store of Miroir; name another path");
    }
    if (version > static_cast<int>(kMigrations.size())) {
        return fail(ErrorCode::MiroirStorageFailed, "the store was written by a newer Miroir; start that one");
    }
    for (auto step = static_cast<std::size_t>(version); step < kMigrations.size(); ++step) {
        const std::string sql = std::string("BEGIN IMMEDIATE;") + kMigrations[step] +
                                "PRAGMA application_id=" + std::to_string(kApplication) +
                                ";PRAGMA user_version=" + std::to_string(step + 1) + ";COMMIT;";
        MIROIR_CHECK(run(sql.c_str()));
    }
    return {};
}

Result<void> Database::prepare_all() {
    MIROIR_TRY(put_,
               prepare("INSERT INTO records VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = ?3, sum = ?4"));
    MIROIR_TRY(erase_, prepare("DELETE FROM records WHERE tab = ?1 AND key = ?2"));
    MIROIR_TRY(get_, prepare("SELECT value, sum FROM records WHERE tab = ?1 AND key = ?2"));
    MIROIR_TRY(forward_,
               prepare("SELECT key, value, sum FROM records WHERE tab = ?1 AND key >= ?2 ORDER BY key LIMIT ?3"));
    MIROIR_TRY(backward_, prepare("SELECT key, value, sum FROM records WHERE tab = ?1 AND (?2 = '' OR key <= ?2) ORDER "
                                  "BY key DESC LIMIT ?3"));
    return {};
}

Result<void> Database::begin() { return run("BEGIN IMMEDIATE"); }
Result<void> Database::end() { return run("COMMIT"); }
void Database::roll_back() { (void)run("ROLLBACK"); }

Result<void> Database::step(sqlite3_stmt* statement) {
    const int stepped = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (stepped == SQLITE_DONE || stepped == SQLITE_ROW) return {};
    return fail(trouble("the store cannot be written"));
}

// A savepoint: a batch that fails half way leaves nothing behind and does not hurt the others of its transaction.
Result<void> Database::apply(const Batch& batch) {
    MIROIR_CHECK(run("SAVEPOINT batch"));
    const Result<void> applied = write(batch);
    MIROIR_CHECK(run(applied ? "RELEASE batch" : "ROLLBACK TO batch; RELEASE batch"));
    return applied;
}

Result<void> Database::write(const Batch& batch) {
    for (const Batch::Expectation& expected : batch.expectations) {
        MIROIR_TRY(const std::optional<std::string> found, get(expected.at));
        if (found != expected.value) {
            return fail(ErrorCode::MiroirStorageConflict, "another process has changed `" + expected.at.key + "`");
        }
    }
    for (const Batch::Put& put : batch.puts) {
        bind(put_.get(), 1, put.at.table);
        bind(put_.get(), 2, put.at.key);
        sqlite3_bind_blob(put_.get(), 3, put.value.data(), static_cast<int>(put.value.size()), SQLITE_STATIC);
        sqlite3_bind_int64(put_.get(), 4, sum_of(put.at.table, put.at.key, put.value));
        MIROIR_CHECK(step(put_.get()));
    }
    for (const RecordKey& at : batch.erasures) {
        bind(erase_.get(), 1, at.table);
        bind(erase_.get(), 2, at.key);
        MIROIR_CHECK(step(erase_.get()));
    }
    return {};
}

Result<std::optional<std::string>> Database::get(const RecordKey& at) {
    bind(get_.get(), 1, at.table);
    bind(get_.get(), 2, at.key);
    const int stepped = sqlite3_step(get_.get());
    std::optional<std::string> out;
    if (stepped == SQLITE_ROW) out = column(get_.get(), 0);
    const bool sound = !out || is_sound(get_.get(), 1, sum_of(at.table, at.key, *out));
    sqlite3_reset(get_.get());
    if (!sound) return damaged(at.table, at.key);
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) return fail(trouble("the store cannot be read"));
    return out;
}

Result<std::vector<Record>> Database::scan(const Scan& scan) {
    sqlite3_stmt* statement = scan.reverse ? backward_.get() : forward_.get();
    bind(statement, 1, scan.table);
    bind(statement, 2, scan.from);
    sqlite3_bind_int64(statement, 3, static_cast<sqlite3_int64>(scan.limit));
    std::vector<Record> out;
    std::string worst;
    int stepped = 0;
    while ((stepped = sqlite3_step(statement)) == SQLITE_ROW) {
        Record record{.key = column(statement, 0), .value = column(statement, 1)};
        record.damaged = !is_sound(statement, 2, sum_of(scan.table, record.key, record.value));
        if (record.damaged) record.value.clear();
        if (record.damaged && worst.empty()) worst = record.key;
        out.push_back(std::move(record));
    }
    sqlite3_reset(statement);
    if (stepped != SQLITE_DONE) return fail(trouble("the store cannot be read"));
    if (!worst.empty() && !scan.damaged_too) return damaged(scan.table, worst);
    return out;
}

}  // namespace miroir::tasks

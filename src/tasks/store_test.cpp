// What every store must do, whatever is below it.
#include "tasks/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "env/real/reactor.h"
#include "tasks/memory_store.h"
#include "tasks/sqlite/sqlite_store.h"

namespace miroir::tasks {
namespace {

class Bench {
public:
    explicit Bench(bool sqlite) {
        if (!sqlite) {
            store = std::make_unique<MemoryStore>();
            return;
        }
        folder = std::filesystem::temp_directory_path() /
                 ("miroir-store-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
        std::filesystem::create_directories(folder);
        reopen();
    }
    ~Bench() {
        store.reset();
        if (!folder.empty()) std::filesystem::remove_all(folder);
    }

    void reopen() {
        store.reset();
        auto opened = SqliteStore::open(reactor, (folder / "tasks.db").string());
        ASSERT_TRUE(opened) << opened.error().message;
        store = *std::move(opened);
    }

    template <class T>
    T wait(env::Task<T> task) {
        return env::run_task(reactor, std::move(task));
    }

    Result<void> commit(Batch batch) { return wait(store->commit(std::move(batch))); }
    std::optional<std::string> get(std::string table, std::string key) {
        return *wait(store->get(RecordKey{.table = std::move(table), .key = std::move(key)}));
    }
    std::string keys(Scan scan) {
        std::string out;
        for (const Record& record : *wait(store->scan(std::move(scan)))) out += record.key + "=" + record.value + " ";
        return out;
    }

    env::Reactor reactor;
    std::unique_ptr<Store> store;
    std::filesystem::path folder;

private:
    static inline int count = 0;
};

class StoreConformance : public testing::TestWithParam<bool> {
protected:
    Bench bench{GetParam()};
};

TEST_P(StoreConformance, KeepsWhatWasCommitted) {
    Batch batch;
    batch.put("a", "1", "one");
    batch.put("a", "2", std::string("t\0wo", 4));
    batch.put("b", "1", "other");
    ASSERT_TRUE(bench.commit(std::move(batch)));
    EXPECT_EQ(bench.get("a", "1"), "one");
    EXPECT_EQ(bench.get("a", "2"), std::string("t\0wo", 4));
    EXPECT_EQ(bench.get("b", "2"), std::nullopt);
    Batch next;
    next.put("a", "1", "uno");
    next.erase("a", "2");
    ASSERT_TRUE(bench.commit(std::move(next)));
    EXPECT_EQ(bench.keys({.table = "a"}), "1=uno ");
}

TEST_P(StoreConformance, ScansInBothDirections) {
    Batch batch;
    for (std::uint64_t i : {3, 1, 20, 100}) batch.put("t", key_of(i), std::to_string(i));
    batch.put("u", key_of(2), "not this one");
    ASSERT_TRUE(bench.commit(std::move(batch)));
    const auto values = [&](Scan scan) {
        std::string out;
        for (const Record& record : *bench.wait(bench.store->scan(std::move(scan)))) out += record.value + " ";
        return out;
    };
    EXPECT_EQ(values({.table = "t"}), "1 3 20 100 ");
    EXPECT_EQ(values({.table = "t", .from = key_of(3), .limit = 2}), "3 20 ");
    EXPECT_EQ(values({.table = "t", .reverse = true}), "100 20 3 1 ");
    EXPECT_EQ(values({.table = "t", .from = key_of(20), .limit = 2, .reverse = true}), "20 3 ");
    EXPECT_EQ(number_of(key_of(UINT64_MAX)), UINT64_MAX);
}

TEST_P(StoreConformance, ReadsAWholeTableBeyondOnePage) {
    Bench bench(GetParam());
    for (const std::size_t count : {0UL, 1UL, 1000UL, 2001UL}) {
        Batch batch;
        const std::string table = "t" + std::to_string(count);
        for (std::size_t i = 0; i < count; ++i) batch.put(table, key_of(i), std::to_string(i));
        ASSERT_TRUE(bench.commit(std::move(batch)));
        const auto all = bench.wait(read_all(*bench.store, table));
        ASSERT_TRUE(all);
        ASSERT_EQ(all->size(), count);
        for (std::size_t i = 0; i < count; ++i) EXPECT_EQ((*all)[i].value, std::to_string(i));
    }
}

TEST_P(StoreConformance, RefusesABatchWhoseExpectationFails) {
    Batch first;
    first.put("lease", "x", "holder 1");
    first.expectations.push_back({.at = {.table = "lease", .key = "x"}, .value = std::nullopt});
    ASSERT_TRUE(bench.commit(first));
    const Result<void> again = bench.commit(first);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::MiroirStorageConflict);
    Batch stale;
    stale.put("data", "y", "must not be there");
    stale.expectations.push_back({.at = {.table = "lease", .key = "x"}, .value = "holder 2"});
    EXPECT_FALSE(bench.commit(std::move(stale)));
    EXPECT_EQ(bench.get("data", "y"), std::nullopt);
}

TEST_P(StoreConformance, CarriesOutBatchesInTheOrderOfTheCalls) {
    std::vector<env::Task<Result<void>>> commits;
    for (int i = 0; i < 300; ++i) {
        Batch batch;
        batch.put("t", "k", std::to_string(i));
        commits.push_back(bench.store->commit(std::move(batch)));
    }
    for (const Result<void>& done : bench.wait(env::gather(bench.reactor, std::move(commits)))) EXPECT_TRUE(done);
    EXPECT_EQ(bench.get("t", "k"), "299");
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreConformance, testing::Bool(),
                         [](const auto& info) { return info.param ? "Sqlite" : "Memory"; });

TEST(SqliteStore, SurvivesAReopening) {
    Bench bench(true);
    Batch batch;
    batch.put("t", "k", "v");
    ASSERT_TRUE(bench.commit(std::move(batch)));
    bench.reopen();
    EXPECT_EQ(bench.get("t", "k"), "v");
}

// A disk that gives back something else than was written: what is wrong is never handed out.
TEST(SqliteStore, FindsFlippedBits) {
    Bench bench(true);
    Batch batch;
    batch.put("t", "a", "what was written here");
    batch.put("t", "b", "and what beside it");
    batch.put("u", "a", "elsewhere");
    ASSERT_TRUE(bench.commit(std::move(batch)));
    bench.store.reset();
    const std::filesystem::path file = bench.folder / "tasks.db";
    std::string bytes;
    {
        std::ifstream in(file, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    const std::size_t at = bytes.find("written here");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    std::ofstream(file, std::ios::binary) << bytes;
    bench.reopen();
    const auto got = bench.wait(bench.store->get(RecordKey{.table = "t", .key = "a"}));
    ASSERT_FALSE(got);
    EXPECT_NE(got.error().message.find("`a` of `t` is not what was written"), std::string::npos);
    EXPECT_FALSE(bench.wait(bench.store->scan(Scan{.table = "t"})));
    EXPECT_EQ(bench.get("t", "b"), "and what beside it");
    EXPECT_EQ(bench.get("u", "a"), "elsewhere");
    EXPECT_EQ(bench.keys(Scan{.table = "t", .damaged_too = true}), "a= b=and what beside it ");
    Batch repaired;
    repaired.put("t", "a", "anew");
    ASSERT_TRUE(bench.commit(std::move(repaired)));
    EXPECT_EQ(bench.get("t", "a"), "anew");
}

TEST(SqliteStore, IsOpenInOneProcessOnly) {
    Bench bench(true);
    const auto second = SqliteStore::open(bench.reactor, (bench.folder / "tasks.db").string());
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("is in use by another process"), std::string::npos);
}

TEST(SqliteStore, RefusesAFileOfSomebodyElse) {
    Bench bench(true);
    const std::string path = (bench.folder / "other.db").string();
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    sqlite3_exec(raw, "CREATE TABLE theirs (x)", nullptr, nullptr, nullptr);
    sqlite3_close(raw);
    const auto opened = SqliteStore::open(bench.reactor, path);
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("not a store of Miroir"), std::string::npos);
}

TEST(MemoryStore, FailsWhenToldAndKeepsNothingOfIt) {
    Bench bench(false);
    dynamic_cast<MemoryStore&>(*bench.store).fail_commits(1);
    Batch batch;
    batch.put("t", "k", "v");
    EXPECT_FALSE(bench.commit(batch));
    EXPECT_EQ(bench.get("t", "k"), std::nullopt);
    EXPECT_TRUE(bench.commit(std::move(batch)));
}

}  // namespace
}  // namespace miroir::tasks

// One thread owns the file. It takes all that waits, carries it out in order, and ends one transaction for the whole
// run of commits: an fsync is shared by everybody who came while the last one was under way. A batch that fails is
// undone alone (savepoint) and does not hurt its neighbours.
#include "tasks/sqlite/sqlite_store.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "env/file_lock.h"
#include "tasks/sqlite/database.h"

namespace miroir::tasks {
namespace {

using Answer = std::move_only_function<void()>;  // posted to the asker's executor
using Work = std::move_only_function<Answer(Database&)>;
constexpr std::size_t kTogetherMax = 256;

}  // namespace

class SqliteStore::Worker {
public:
    Worker(env::FileLock lock, Database database)
        : lock_(std::move(lock)), database_(std::move(database)), thread_([this] { run(); }) {}
    ~Worker() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    // How the transaction ended of which the answers being given were part.
    const Result<void>& last_end() const { return last_end_; }

    void ask(Work work) {
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back(std::move(work));
        }
        wake_.notify_one();
    }

private:
    std::deque<Work> take() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        std::deque<Work> taken;
        while (!queue_.empty() && taken.size() < kTogetherMax) {
            taken.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        return taken;
    }

    void run() {
        for (std::deque<Work> taken = take(); !taken.empty(); taken = take()) {
            const Result<void> begun = database_.begin();
            std::vector<Answer> answers;
            answers.reserve(taken.size());
            for (Work& work : taken) answers.push_back(work(database_));
            last_end_ = begun ? database_.end() : begun;
            if (!last_end_) database_.roll_back();
            for (Answer& answer : answers) answer();
        }
    }

    env::FileLock lock_;
    Database database_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Work> queue_;
    bool stopping_ = false;
    Result<void> last_end_;
    std::thread thread_;  // last: it starts when everything else stands
};

SqliteStore::SqliteStore(env::Executor& executor, std::unique_ptr<Worker> worker)
    : executor_(executor), worker_(std::move(worker)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(env::Executor& executor, const std::string& path) {
    // A file of its own: locks on the database's file are SQLite's business.
    MIROIR_TRY(env::FileLock lock, env::FileLock::take(path + ".lock", "the task store " + path));
    MIROIR_TRY(Database database, Database::open(path));
    auto worker = std::make_unique<Worker>(std::move(lock), std::move(database));
    return std::unique_ptr<SqliteStore>(new SqliteStore(executor, std::move(worker)));
}

env::Task<Result<void>> SqliteStore::commit(Batch batch) {
    const env::OneShot<Result<void>> done(executor_);
    worker_->ask([this, done, batch = std::move(batch)](Database& database) mutable -> Answer {
        Result<void> applied = database.apply(batch);
        return [this, done, applied = std::move(applied)]() mutable {
            if (applied && !worker_->last_end()) applied = worker_->last_end();
            executor_.post([done, applied = std::move(applied)]() mutable { done.set(std::move(applied)); });
        };
    });
    co_return co_await done;
}

env::Task<Result<std::optional<std::string>>> SqliteStore::get(RecordKey at) {
    const env::OneShot<Result<std::optional<std::string>>> done(executor_);
    worker_->ask([this, done, at = std::move(at)](Database& database) -> Answer {
        return [this, done, found = database.get(at)]() mutable {
            executor_.post([done, found = std::move(found)]() mutable { done.set(std::move(found)); });
        };
    });
    co_return co_await done;
}

env::Task<Result<std::vector<Record>>> SqliteStore::scan(Scan scan) {
    const env::OneShot<Result<std::vector<Record>>> done(executor_);
    worker_->ask([this, done, scan = std::move(scan)](Database& database) -> Answer {
        return [this, done, found = database.scan(scan)]() mutable {
            executor_.post([done, found = std::move(found)]() mutable { done.set(std::move(found)); });
        };
    });
    co_return co_await done;
}

}  // namespace miroir::tasks

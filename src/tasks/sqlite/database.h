// The SQLite file itself, used by one thread: open, migrate, and the three things a store does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tasks/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace miroir::tasks {

class Database {
public:
    static Result<Database> open(const std::string& path);

    Result<void> begin();
    Result<void> end();  // durable when it returns
    void roll_back();
    Result<void> apply(const Batch& batch);  // all or nothing, inside begin/end
    Result<std::optional<std::string>> get(const RecordKey& at);
    Result<std::vector<Record>> scan(const Scan& scan);

private:
    struct Close {
        void operator()(sqlite3* database) const;
        void operator()(sqlite3_stmt* statement) const;
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Close>;

    Result<void> run(const char* sql);
    Result<Statement> prepare(const char* sql);
    Result<void> write(const Batch& batch);
    Result<void> migrate();
    Result<void> prepare_all();
    Result<void> step(sqlite3_stmt* statement);
    Error trouble(const std::string& doing) const;

    std::unique_ptr<sqlite3, Close> database_;
    Statement put_, erase_, get_, forward_, backward_;
};

}  // namespace miroir::tasks

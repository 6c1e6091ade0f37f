// What must survive: tasks, node tasks, indexes, settings versions, keys, hints, debts, counters. A store is a few
// ordered tables of text records that change by atomic batches; what the records mean is the business of the books
// above (task_book.h, ...). Two backends behind one conformance suite: memory and SQLite.
//
// A batch is all or nothing and durable when its task ends. Batches are carried out in the order in which commit() was
// called. A reader sees every batch that ended before it asked, and never a record that is not what was written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "env/task.h"

namespace miroir::tasks {

// A record's place: keys of one table compare as bytes. Numbers are written with key_of() so that they sort.
struct RecordKey {
    std::string table;
    std::string key;
    auto operator<=>(const RecordKey&) const = default;
};

std::string key_of(std::uint64_t number);  // twenty digits
std::uint64_t number_of(std::string_view key);

struct Batch {
    struct Put {
        RecordKey at;
        std::string value;
    };
    // The batch is refused with MiroirStorageConflict unless the record is exactly this (nothing: absent). What fences
    // off a holder of a lease that another has taken over.
    struct Expectation {
        RecordKey at;
        std::optional<std::string> value;
    };
    std::vector<Put> puts;
    std::vector<RecordKey> erasures;
    std::vector<Expectation> expectations;

    bool empty() const { return puts.empty() && erasures.empty(); }
    void put(std::string table, std::string key, std::string value) {
        puts.push_back({.at = {.table = std::move(table), .key = std::move(key)}, .value = std::move(value)});
    }
    void erase(std::string table, std::string key) {
        erasures.push_back({.table = std::move(table), .key = std::move(key)});
    }
};

struct Record {
    std::string key;
    std::string value;
    bool damaged = false;  // not what was written there: `value` is empty
};

struct Scan {
    std::string table;
    std::string from;  // first key that may be given; with `reverse` the last one. Empty: from the end
    std::size_t limit = 1000;
    bool reverse = false;
    bool damaged_too = false;  // without it a damaged record fails the scan
};

class Store {
public:
    virtual env::Task<Result<void>> commit(Batch batch) = 0;
    virtual env::Task<Result<std::optional<std::string>>> get(RecordKey at) = 0;
    virtual env::Task<Result<std::vector<Record>>> scan(Scan scan) = 0;
    virtual ~Store() = default;
};

// A whole table in the order of its keys, asked for page by page. For tables that are known to fit in memory.
env::Task<Result<std::vector<Record>>> read_all(Store& store, std::string table);

}  // namespace miroir::tasks

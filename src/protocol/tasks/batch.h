// A batch as clients see it: tasks that were carried out together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "protocol/tasks/task.h"

namespace miroir::protocol {

struct ProgressStep {
    std::string name;
    std::uint64_t finished = 0;
    std::uint64_t total = 0;
};

struct Batch {
    std::uint64_t uid = 0;
    std::vector<ProgressStep> progress{};  // only while it runs
    Instant started_at{};
    std::optional<Instant> finished_at{};
    std::string strategy{};
    json::Value details = json::Object();  // of all its tasks together
    json::Value stats = json::Object();    // see batch_stats
};

json::Value batch_view(const Batch& batch);
json::Value batch_record(const Batch& batch);
std::optional<Batch> batch_of_record(const json::Value& record);

// Counts by status, type and index.
json::Value batch_stats(std::span<const Task* const> tasks);
// The details of many tasks in one: numbers are added, other members keep the last value.
json::Value batch_details(std::span<const Task* const> tasks);

}  // namespace miroir::protocol

#include "protocol/tasks/batch.h"

#include <map>

namespace miroir::protocol {
namespace {

json::Object counts_of(const std::map<std::string, std::uint64_t>& counts) {
    json::Object out;
    for (const auto& [name, count] : counts) out.append(name, count);
    return out;
}

json::Value progress_view(const Batch& batch) {
    if (batch.finished_at) return {};
    json::Array steps;
    double share = 0;
    double weight = 1;
    for (const ProgressStep& step : batch.progress) {
        json::Object one;
        one.append("currentStep", step.name);
        one.append("finished", step.finished);
        one.append("total", step.total);
        steps.push_back(std::move(one));
        const double total = step.total == 0 ? 1.0 : static_cast<double>(step.total);
        share += weight * static_cast<double>(step.finished) / total;
        weight /= total;
    }
    return json::Object{{"steps", std::move(steps)}, {"percentage", share * 100.0}};
}

}  // namespace

json::Value batch_view(const Batch& batch) {
    json::Object out;
    out.append("uid", batch.uid);
    out.append("progress", progress_view(batch));
    out.append("details", batch.details);
    out.append("stats", batch.stats);
    out.append("duration",
               batch.finished_at ? json::Value(iso_duration(*batch.finished_at - batch.started_at)) : json::Value());
    out.append("startedAt", rfc3339(batch.started_at));
    out.append("finishedAt", batch.finished_at ? json::Value(rfc3339(*batch.finished_at)) : json::Value());
    out.append("batchStrategy", batch.strategy);
    return out;
}

json::Value batch_record(const Batch& batch) {
    json::Value out = batch_view(batch);
    out.object().erase("progress");
    out.object().erase("duration");
    return out;
}

std::optional<Batch> batch_of_record(const json::Value& record) {
    const json::Value* uid = record.find("uid");
    const json::Value* started = record.find("startedAt");
    if (uid == nullptr || !uid->is_unsigned() || started == nullptr || !started->is_string()) return std::nullopt;
    const auto begun = parse_rfc3339(started->string());
    if (!begun) return std::nullopt;
    Batch batch{.uid = uid->unsigned_integer(), .started_at = *begun};
    if (const json::Value* finished = record.find("finishedAt"); finished != nullptr && finished->is_string()) {
        batch.finished_at = parse_rfc3339(finished->string());
    }
    if (const json::Value* strategy = record.find("batchStrategy"); strategy != nullptr && strategy->is_string()) {
        batch.strategy = strategy->string();
    }
    if (const json::Value* details = record.find("details")) batch.details = *details;
    if (const json::Value* stats = record.find("stats")) batch.stats = *stats;
    return batch;
}

json::Value batch_stats(std::span<const Task* const> tasks) {
    std::map<std::string, std::uint64_t> statuses;
    std::map<std::string, std::uint64_t> types;
    std::map<std::string, std::uint64_t> indexes;
    for (const Task* task : tasks) {
        ++statuses[std::string(task_status_name(task->status))];
        ++types[std::string(task_type_name(task->type))];
        if (task->index_uid) ++indexes[*task->index_uid];
    }
    json::Object out;
    out.append("totalNbTasks", static_cast<std::uint64_t>(tasks.size()));
    out.append("status", counts_of(statuses));
    out.append("types", counts_of(types));
    out.append("indexUids", counts_of(indexes));
    return out;
}

json::Value batch_details(std::span<const Task* const> tasks) {
    json::Object out;
    for (const Task* task : tasks) {
        if (!task->details.is_object()) continue;
        for (const json::Member& member : task->details.object()) {
            const bool skipped =
                member.second.is_null() && (member.first == "primaryKey" || member.first == "originalFilter");
            if (skipped) continue;
            const json::Value* before = out.find(member.first);
            if (before != nullptr && before->is_unsigned() && member.second.is_unsigned()) {
                out.set(member.first, before->unsigned_integer() + member.second.unsigned_integer());
            } else if (before == nullptr || !member.second.is_null()) {
                out.set(member.first, member.second);
            }
        }
    }
    return out;
}

}  // namespace miroir::protocol

#include "node/tasks/work.h"

namespace miroir::node {

std::optional<std::string> optional_text_param(const Work& work, std::string_view name) {
    const json::Value* found = work.params.find(name);
    return found != nullptr && found->is_string() ? std::optional(found->string()) : std::nullopt;
}

std::string text_param(const Work& work, std::string_view name) {
    return optional_text_param(work, name).value_or(std::string());
}

bool flag_param(const Work& work, std::string_view name) {
    const json::Value* found = work.params.find(name);
    return found != nullptr && found->is_bool() && found->boolean();
}

std::vector<std::uint64_t> uids_param(const Work& work, std::string_view name) {
    std::vector<std::uint64_t> out;
    const json::Value* found = work.params.find(name);
    if (found == nullptr || !found->is_array()) return out;
    for (const json::Value& item : found->array()) {
        if (item.is_unsigned()) out.push_back(item.unsigned_integer());
    }
    return out;
}

std::vector<std::string> indexes_of(const Work& work) {
    if (work.task.index_uid) return {*work.task.index_uid};
    std::vector<std::string> out;
    const json::Value* swaps = work.params.find("swaps");
    if (work.task.type != protocol::TaskType::IndexSwap || swaps == nullptr || !swaps->is_array()) return out;
    for (const json::Value& swap : swaps->array()) {
        const json::Value* pair = swap.find("indexes");
        if (pair == nullptr || !pair->is_array()) continue;
        for (const json::Value& uid : pair->array()) out.push_back(uid.string());
    }
    return out;
}

void rename_index(Work& work, std::string_view from, std::string_view to) {
    if (work.task.index_uid && *work.task.index_uid == from) work.task.index_uid = std::string(to);
}

json::Value work_record(const Work& work) {
    json::Object out;
    out.append("task", protocol::task_record(work.task));
    out.append("params", work.params);
    return out;
}

Result<Work> work_of_record(const json::Value& record, std::string_view payload) {
    const json::Value* task = record.find("task");
    const json::Value* params = record.find("params");
    if (task == nullptr || params == nullptr) return fail(ErrorCode::InvalidStoreFile, "A stored task cannot be read.");
    Work work;
    MIROIR_TRY(work.task, protocol::task_of_record(*task));
    work.params = *params;
    work.payload = std::string(payload);
    return work;
}

}  // namespace miroir::node

// One task and what it asks for. `params` depends on the type (see carry_out.h), `payload` holds documents as sent.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "protocol/tasks/task.h"

namespace miroir::node {

struct Work {
    protocol::Task task{};
    json::Value params = json::Object();
    std::string payload{};
};

// Members of params, with what is meant when they are absent.
std::string text_param(const Work& work, std::string_view name);  // ""
bool flag_param(const Work& work, std::string_view name);         // false
std::optional<std::string> optional_text_param(const Work& work, std::string_view name);
std::vector<std::uint64_t> uids_param(const Work& work, std::string_view name);

// All indexes that the task touches: its own, or those of a swap.
std::vector<std::string> indexes_of(const Work& work);
// After a swap or a rename the task speaks of the other name.
void rename_index(Work& work, std::string_view from, std::string_view to);

json::Value work_record(const Work& work);  // without the payload
Result<Work> work_of_record(const json::Value& record, std::string_view payload);

}  // namespace miroir::node

// Tasks and batches as a dump writes them: not as clients see them, but as the engine keeps them. What a task was given
// is not kept once it has ended, so ids, payloads and keys are left out; the engine needs none of them. Pure.
#pragma once

#include <optional>

#include "json/value.h"
#include "protocol/keys/api_key.h"
#include "protocol/tasks/task.h"

namespace miroir::dump {

// Nothing for the few types of which the engine would want more than is kept.
std::optional<json::Value> task_line(const protocol::Task& task);
Result<protocol::Task> task_of_line(const json::Value& line);

// The batch that holds just this task.
json::Value batch_line(const protocol::Task& task);

json::Value key_line(const protocol::ApiKey& key);
Result<protocol::ApiKey> key_of_line(const json::Value& line);

}  // namespace miroir::dump

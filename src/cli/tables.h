// Answers as text for people.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"

namespace miroir::cli {

// Columns as wide as their longest cell, two blanks between them.
std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

std::string cell(const json::Value& object, std::string_view name);  // "-" for what is missing or null

std::string nodes_text(const json::Value& topology);
// "Nodes: 3 healthy, 0 degraded | Shards: 64 covered | Rebalance: idle"
std::string status_line(const json::Value& topology, const json::Value& rebalance);
std::string rebalance_text(const json::Value& status);
std::string plan_text(const json::Value& status);
std::string seats_text(const json::Value& explanation);

}  // namespace miroir::cli

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
// "", or " (trouble: …)".
std::string trouble_in(const json::Value& status);
// What is lost and what nobody answers for now, with numbers; or nothing.
std::string gaps_text(const json::Value& shards);
// Nodes that are down: when they are written off, or why not.
std::string absences_text(const json::Value& rebalance);
std::string groups_text(const json::Value& groups);
std::string comparing_text(const json::Value& status);

struct Looks {  // at everything
    const json::Value& topology;
    const json::Value& shards;
    const json::Value& moves;
    const json::Value& copies;
    bool compared = false;  // a moment ago
};
std::vector<std::string> faults_of(const Looks& looks);

std::string seats_text(const json::Value& explanation);

}  // namespace miroir::cli

#include "cli/tables.h"

#include <algorithm>

#include "json/members.h"
#include "json/write.h"

namespace miroir::cli {
namespace {

const json::Array& list(const json::Value& object, std::string_view name) {
    static const json::Array kNone;
    const json::Value* found = object.find(name);
    return found != nullptr && found->is_array() ? found->array() : kNone;
}

std::size_t letters(const std::string& text) {  // not bytes: names may be UTF-8
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string cell(const json::Value& object, std::string_view name) {
    const json::Value* found = object.find(name);
    if (found == nullptr || found->is_null()) return "-";
    return found->is_string() ? found->string() : json::to_text(*found);
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const std::string& title : head) widths.push_back(letters(title));
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i)
            widths[i] = std::max(widths[i], letters(row[i]));
    }
    std::string out;
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
            text += cells[i];
            if (i + 1 < cells.size()) text += std::string(widths[i] - letters(cells[i]) + 2, ' ');
        }
        out += text + "\n";
    };
    line(head);
    for (const auto& row : rows) line(row);
    return out;
}

std::string nodes_text(const json::Value& topology) {
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& node : list(topology, "nodes")) {
        const std::string note = node.find("note") != nullptr ? cell(node, "note") : cell(node, "error");
        rows.push_back({cell(node, "id"), cell(node, "replica_group"), cell(node, "status"), cell(node, "shard_count"),
                        cell(node, "engine_version"), cell(node, "address"), note});
    }
    return table({"NODE", "GROUP", "STATUS", "SHARDS", "ENGINE", "ADDRESS", "NOTE"}, rows);
}

std::string status_line(const json::Value& topology, const json::Value& rebalance) {
    const json::Array& nodes = list(topology, "nodes");
    const auto healthy = std::ranges::count_if(nodes, [](const json::Value& n) { return flag_at(n, "healthy"); });
    const std::string shards = cell(topology, "shards") + (flag_at(topology, "fully_covered") ? "" : " not all");
    std::string moves = cell(rebalance, "state");
    if (moves == "running")
        moves += " (" + cell(rebalance, "moving") + " moving, " + cell(rebalance, "planned") + " to come)";
    return "Nodes: " + std::to_string(healthy) + " healthy, " + cell(topology, "degraded_node_count") +
           " degraded | Shards: " + shards + " covered | Rebalance: " + moves + "\n";
}

std::string trouble_in(const json::Value& status) {
    return status.find("trouble") == nullptr ? "" : " (trouble: " + cell(status, "trouble") + ")";
}

namespace {

std::string numbers_text(const json::Value& line, std::string_view name) {
    constexpr std::size_t kShown = 8;
    std::string out;
    const json::Array& numbers = list(line, name);
    for (std::size_t i = 0; i < std::min(numbers.size(), kShown); ++i)
        out += (i == 0 ? "" : ", ") + json::to_text(numbers[i]);
    return numbers.size() > kShown ? out + ", …" : out;
}

std::string many(std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

}  // namespace

std::string gaps_text(const json::Value& shards) {
    std::string out;
    for (const json::Value& line : list(shards, "unreachable")) {
        out += "Nobody answers for " + many(list(line, "shards").size(), "shard") + " (" +
               numbers_text(line, "shards") + ") with about " + cell(line, "documents") + " documents: held by " +
               cell(line, "nodes") + ".\n";
    }
    for (const json::Value& line : list(shards, "lost")) {
        out += "Lost: " + many(list(line, "shards").size(), "shard") + " (" + numbers_text(line, "shards") +
               ") of index " + cell(line, "index") + ", about " + cell(line, "documents") + " documents.\n";
    }
    return out;
}

std::string absences_text(const json::Value& rebalance) {
    std::string out;
    for (const json::Value& absent : list(rebalance, "absent")) {
        out += "Node " + cell(absent, "node_id") + " is away for " + cell(absent, "away_s") + " s; ";
        const bool kept = cell(absent, "kept_because") != "-";
        out += kept ? "it is not written off: " + cell(absent, "kept_because") + ".\n"
                    : "it is written off in " + cell(absent, "written_off_in_s") + " s.\n";
    }
    return out;
}

std::string groups_text(const json::Value& groups) {
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& group : list(groups, "groups")) {
        std::string nodes;
        for (const json::Value& node : list(group, "nodes"))
            nodes += (nodes.empty() ? "" : ", ") + cell(node, "id") + " (" + cell(node, "status") + ")";
        rows.push_back({cell(group, "group_id"), cell(group, "status"),
                        cell(group, "shards_answered") + "/" + cell(group, "shards"), nodes});
    }
    return table({"GROUP", "STATUS", "SHARDS", "NODES"}, rows);
}

std::string comparing_text(const json::Value& status) {
    std::string out = "Anti-entropy: " + std::string(flag_at(status, "enabled") ? "on" : "off") +
                      (flag_at(status, "running") ? ", comparing (" + cell(status, "units_done") + " of " +
                                                        cell(status, "units") + " groups of shards)"
                                                  : "") +
                      ", " + cell(status, "passes") + " passes, " + cell(status, "documents_read") +
                      " documents read, " + cell(status, "mismatches") + " wrong copies, " + cell(status, "repaired") +
                      " repaired, " + cell(status, "undecided") + " undecided\n";
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& finding : list(status, "findings")) {
        rows.push_back({cell(finding, "index"), cell(finding, "document"), cell(finding, "node"),
                        flag_at(finding, "repaired") ? "yes" : "no", cell(finding, "what")});
    }
    if (!rows.empty()) out += table({"INDEX", "DOCUMENT", "NODE", "REPAIRED", "WHAT"}, rows);
    return out;
}

std::vector<std::string> faults_of(const Looks& looks) {
    std::vector<std::string> out;
    const auto look = [&out](bool wrong, const std::string& text) {
        if (wrong) out.push_back(text);
    };
    look(cell(looks.topology, "fully_covered") != "true", "some shards have no node that answers for them");
    look(cell(looks.topology, "degraded_node_count") != "0", "nodes are degraded");
    look(cell(looks.topology, "mixed_engine_versions") == "true", "nodes run different engine versions");
    look(cell(looks.moves, "moving") != "0" || cell(looks.moves, "planned") != "0", "shards move, or have to");
    for (const json::Value& debt : list(looks.shards, "debts")) {
        out.push_back("node " + cell(debt, "node") + " lacks " + many(list(debt, "shards").size(), "shard") + " (" +
                      numbers_text(debt, "shards") + ") of index " + cell(debt, "index"));
    }
    const std::string gaps = gaps_text(looks.shards);
    for (std::size_t from = 0, end = gaps.find('\n'); end != std::string::npos;
         from = end + 1, end = gaps.find('\n', from))
        out.push_back(gaps.substr(from, end - from));
    look(cell(looks.copies, "undecided") != "0",
         cell(looks.copies, "undecided") + " documents of which nobody knows which copy is right");
    if (!looks.compared) return out;
    look(cell(looks.copies, "shards_not_compared") != "0",
         cell(looks.copies, "shards_not_compared") + " shards could not be compared: their nodes are away or behind");
    look(cell(looks.copies, "mismatches_last") != "0",
         cell(looks.copies, "mismatches_last") + " documents had a wrong copy (see miroir-ctl anti-entropy status)");
    return out;
}

std::string rebalance_text(const json::Value& status) {
    std::string out = "Rebalance: " + cell(status, "state") + ", " + cell(status, "moving") + " moving, " +
                      cell(status, "planned") + " to come, " + cell(status, "cut_over") + " done, " +
                      cell(status, "documents_copied") + " documents copied, longest pause of writes " +
                      cell(status, "longest_pause_ms") + " ms\n";
    if (status.find("trouble") != nullptr) out += "Trouble: " + cell(status, "trouble") + "\n";
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& move : list(status, "moves")) {
        rows.push_back({cell(move, "shard"), cell(move, "replica_group"), cell(move, "from"), cell(move, "to"),
                        cell(move, "phase"), cell(move, "documents"), cell(move, "reason"), cell(move, "waits_for")});
    }
    if (!rows.empty())
        out += table({"SHARD", "GROUP", "FROM", "TO", "PHASE", "DOCUMENTS", "REASON", "WAITS FOR"}, rows);
    return out;
}

std::string plan_text(const json::Value& status) {
    std::vector<std::vector<std::string>> rows;
    for (const json::Value& move : list(status, "plan")) {
        rows.push_back({cell(move, "shard"), cell(move, "replica_group"), cell(move, "from"), cell(move, "to"),
                        cell(move, "reason"), cell(move, "readable_copies"), cell(move, "documents")});
    }
    if (rows.empty()) return "Nothing has to move.\n";
    std::string out = table({"SHARD", "GROUP", "FROM", "TO", "REASON", "COPIES", "DOCUMENTS"}, rows);
    return out + cell(status, "planned") + " moves\n";
}

std::string seats_text(const json::Value& explanation) {
    std::string out;
    for (const json::Value& group : list(explanation, "groups")) {
        std::vector<std::vector<std::string>> rows;
        for (const json::Value& seat : list(group, "nodes"))
            rows.push_back({cell(seat, "node_id"), cell(seat, "role"), cell(seat, "why")});
        out += "Shard " + cell(explanation, "shard") + " in group " + cell(group, "replica_group") + ":\n";
        out += table({"NODE", "ROLE", "WHY"}, rows);
    }
    for (const json::Value& move : list(explanation, "moves")) {
        out += "It moves from " + cell(move, "from") + " to " + cell(move, "to") + " (" + cell(move, "reason") +
               "): " + cell(move, "phase") + ", waits for " + cell(move, "waits_for") + ".\n";
    }
    for (const json::Value& move : list(explanation, "plan")) {
        out += "It is to move from " + cell(move, "from") + " to " + cell(move, "to") + " (" + cell(move, "reason") +
               ").\n";
    }
    return out;
}

}  // namespace miroir::cli

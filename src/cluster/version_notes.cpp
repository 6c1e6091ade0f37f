#include "cluster/version_notes.h"

#include <charconv>
#include <map>
#include <vector>

namespace miroir::cluster {
namespace {

// "1.50.0" → {1, 50, 0}, so that 1.50 is above 1.9.
std::vector<std::uint32_t> numbers_of(std::string_view version) {
    std::vector<std::uint32_t> out;
    const char* at = version.data();
    const char* const end = at + version.size();
    while (at < end) {
        std::uint32_t number = 0;
        const auto read = std::from_chars(at, end, number);
        if (read.ec != std::errc()) break;
        out.push_back(number);
        if (read.ptr == end || *read.ptr != '.') break;
        at = read.ptr + 1;
    }
    return out;
}

bool has_a_say(const Node& node) {
    return node.standing.role != NodeRole::Removed && !node.facts.engine_version.empty();
}

}  // namespace

std::vector<std::string> version_notes(const Topology& topology) {
    std::map<std::string, int> votes;
    for (const Node& node : topology.nodes()) {
        if (has_a_say(node)) ++votes[node.facts.engine_version];
    }
    std::string usual;
    for (const auto& [version, count] : votes) {
        const bool more = usual.empty() || count > votes[usual];
        const bool higher = !usual.empty() && count == votes[usual] && numbers_of(version) > numbers_of(usual);
        if (more || higher) usual = version;
    }
    std::vector<std::string> notes;
    for (const Node& node : topology.nodes()) {
        const bool other = has_a_say(node) && node.facts.engine_version != usual;
        notes.push_back(other ? "runs engine version " + node.facts.engine_version + ", its peers " + usual
                              : std::string());
    }
    return notes;
}

}  // namespace miroir::cluster

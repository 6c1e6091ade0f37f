#include "quorum/passing_on.h"

#include <map>
#include <optional>

namespace miroir::quorum {

std::vector<Hints::HeldAt> passed_on(const std::vector<Hints::HeldAt>& all, std::uint64_t holder) {
    std::vector<Hints::HeldAt> out;
    // Who, other than `holder`, holds what of an index stood last among the places before.
    std::map<std::pair<NodeId, std::string>, std::uint64_t> keepers;
    for (const Hints::HeldAt& at : all) {
        std::optional<std::uint64_t> keeper;
        if (at.held.holder != holder) keeper = at.held.holder;
        for (const std::string& index : at.held.indexes) {
            if (at.held.holder != holder || at.held.task == holder) break;
            if (const auto found = keepers.find({at.node, index}); found != keepers.end()) keeper = found->second;
        }
        if (!keeper) continue;
        for (const std::string& index : at.held.indexes) keepers[{at.node, index}] = *keeper;
        if (at.held.holder != holder) continue;
        out.push_back(at);
        out.back().held.holder = *keeper;
    }
    return out;
}

}  // namespace miroir::quorum

// What the readers of all threads must know of nodes: who has writes waiting and answers nothing, who lacks shards of
// which index and answers nothing for those, which shards have lost documents for good, and which indexes are changing
// their names.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"

namespace miroir::quorum {

using ShardsByIndex = std::map<std::string, std::vector<ShardId>, std::less<>>;        // ascending
using CountsByIndex = std::map<std::string, std::vector<std::uint64_t>, std::less<>>;  // documents, by shard

// Swaps and renames under way: nodes carry them out each in its own time.
struct Shifts {
    std::map<std::uint64_t, std::set<std::string, std::less<>>> under_way;  // indexes, by task

    // The tasks that concern one of these indexes; of none: all.
    std::vector<std::uint64_t> of(const std::vector<IndexUid>& indexes) const {
        std::vector<std::uint64_t> out;
        for (const auto& [task, names] : under_way) {
            const auto concerns = [&names](const IndexUid& uid) { return names.contains(uid.value); };
            if (indexes.empty() || std::ranges::any_of(indexes, concerns)) out.push_back(task);
        }
        return out;
    }
};
using ShiftsPtr = std::shared_ptr<const Shifts>;

struct Behind {
    std::set<NodeId> waiting;
    std::map<NodeId, ShardsByIndex> lacking;
    ShardsByIndex lost;
    CountsByIndex counts;  // as they were last counted
    ShiftsPtr shifts = std::make_shared<const Shifts>();

    bool may_answer(const NodeId& node, std::string_view index, ShardId shard) const {
        if (waiting.contains(node)) return false;
        const auto debts = lacking.find(node);
        if (debts == lacking.end()) return true;
        const auto shards = debts->second.find(index);
        return shards == debts->second.end() || !std::ranges::binary_search(shards->second, shard);
    }
    bool in_step(const NodeId& node) const { return !waiting.contains(node) && !lacking.contains(node); }
    // Of these shards of the index, about.
    std::uint64_t documents_in(std::string_view index, const std::vector<ShardId>& shards) const {
        const auto found = counts.find(index);
        std::uint64_t out = 0;
        for (const ShardId shard : shards)
            out += found != counts.end() && shard.value < found->second.size() ? found->second[shard.value] : 0;
        return out;
    }
    std::vector<ShardId> lost_of(std::string_view index) const {
        const auto found = lost.find(index);
        return found == lost.end() ? std::vector<ShardId>() : found->second;
    }
};
using BehindPtr = std::shared_ptr<const Behind>;

class BehindBoard {
public:
    BehindPtr current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }
    bool is_behind(const NodeId& node) const { return !current()->in_step(node); }

    // By the one executor that writes.
    void set_waiting(const NodeId& node, bool waits) {
        if (current()->waiting.contains(node) == waits) return;
        change([&](Behind& next) {
            if (waits) next.waiting.insert(node);
            else next.waiting.erase(node);
        });
    }
    void set_lacking(const NodeId& node, ShardsByIndex shards) {
        change([&](Behind& next) {
            if (shards.empty()) next.lacking.erase(node);
            else next.lacking[node] = std::move(shards);
        });
    }
    void set_lost(ShardsByIndex lost) {
        change([&](Behind& next) { next.lost = std::move(lost); });
    }
    void set_shifts(ShiftsPtr shifts) {
        change([&](Behind& next) { next.shifts = std::move(shifts); });
    }
    void set_counts(CountsByIndex counts) {
        change([&](Behind& next) { next.counts = std::move(counts); });
    }

private:
    template <class Change>
    void change(Change&& apply) {
        auto next = std::make_shared<Behind>(*current());
        apply(*next);
        const std::lock_guard lock(mutex_);
        current_ = std::move(next);
    }

    mutable std::mutex mutex_;  // held for the copy of one pointer
    BehindPtr current_ = std::make_shared<const Behind>();
};

}  // namespace miroir::quorum

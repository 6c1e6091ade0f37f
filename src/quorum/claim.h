// Which process a node takes writes from. Each that opens a store goes by a name of its own, and leaves it among the
// tasks of a node before it writes there, at a uid ahead of all that may have been chosen before: what an older process
// sends after that is refused by the node itself. Who finds a name on its nodes that its store does not know has been
// replaced, and answers nobody any more. Written by the office, asked on any thread.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "env/random.h"
#include "json/value.h"
#include "quorum/write_order.h"
#include "tasks/store.h"

namespace miroir::quorum {

// How far ahead of the newest task of a node the name is left. More than one process sends at once.
inline constexpr std::uint64_t kClaimLeap = 1000;

inline constexpr std::string_view kClaimsTarget = "/tasks?limit=1&types=documentDeletion&indexUids=_miroir";
struct ClaimNote {
    std::string name;  // empty: none was left
    NodeId node;       // what it called the node
};
NodeRequest claim_request(const ClaimNote& note);
// The last one that was left, by what the node shows at the target. Nothing: that is no such page.
std::optional<ClaimNote> claim_in(const json::Value& page);

class Claim {
public:
    // Those who had the store before, and a name of its own.
    env::Task<Result<void>> open(tasks::Store& store, env::Random& random);
    // Its name is durable in the store when this ends well. Before it is left anywhere.
    env::Task<Result<void>> keep();

    const std::string& name() const { return name_; }
    bool knows(const std::string& name) const { return name == name_ || earlier_.contains(name); }
    // A node where this was left becomes ours when it is met: by the operator's wish whatever it was.
    bool may_follow(const std::string& name) const { return takes_over_ || name.empty() || knows(name); }
    void take_over() { takes_over_ = true; }

    void lose(const NodeId& node);
    Result<void> holds() const;  // MiroirReplaced, and where that was seen

private:
    tasks::Store* store_ = nullptr;
    std::string name_;
    std::set<std::string> earlier_;
    bool kept_ = false;
    bool takes_over_ = false;
    mutable std::mutex mutex_;  // held for a look
    std::optional<NodeId> lost_at_;
};

}  // namespace miroir::quorum

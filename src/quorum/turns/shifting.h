// Swaps and renames, as readers meet them. A name stands for one index on nodes that have carried it out and for
// another on those that have not: who answers from both has mixed two indexes. Readers are told before anything is
// sent, those that were there before are waited for, and whoever reads meanwhile asks here afterwards what he has met.
#pragma once

#include <functional>
#include <vector>

#include "cluster/topology.h"
#include "env/lane.h"
#include "quorum/behind.h"
#include "quorum/catalog_book.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

class Shifting {
public:
    // What a node says of its task; see NodeLink::task.
    using Ask = std::function<env::Task<Result<std::optional<json::Value>>>(NodeId node, std::string address,
                                                                            std::uint64_t uid)>;
    struct Parts {
        env::Env env;
        BehindBoard& board;
        const tasks::TaskBook& tasks;
        const CatalogBook& catalog;
        std::function<cluster::TopologyPtr()> topology;
        Ask ask;
        std::chrono::nanoseconds poll{};
    };
    explicit Shifting(Parts parts) : parts_(std::move(parts)), looked_at_(parts_.env.executor) {}

    // Before the task is sent, if it renames anything: returns once nobody reads who does not know of it.
    env::Task<void> announce(std::uint64_t uid);
    void forget_ended();

    // Has no node begun them, may some have, or are they over, so that it is worth reading again?
    enum class Seen : std::uint8_t { Before, Between, Over };
    env::Task<Seen> look_at(std::vector<std::uint64_t> tasks);
    env::Task<Seen> await(std::vector<std::uint64_t> tasks, std::chrono::nanoseconds longest);

private:
    bool is_over(std::uint64_t uid) const;
    env::Task<Seen> look_at_one(std::uint64_t uid);
    env::Task<bool> has_not_begun(NodeId node, std::string address, std::uint64_t uid);

    const Parts parts_;
    env::Lane looked_at_;  // one look serves all who came before it
    struct Look {
        std::vector<std::uint64_t> tasks;
        env::Monotonic begun{};
        Seen found = Seen::Between;
    } last_{};
};

}  // namespace miroir::quorum

// The operator's wishes about single nodes: come, go, never come back. Each is judged first and refused with the reason
// and the way out; what is granted is durable when it returns, and the rebalancer does the rest. Lives on the office's
// executor.
#pragma once

#include "quorum/repair/mover.h"
#include "rebalance/topology_book.h"

namespace miroir::rebalance {

struct Newcomer {
    cluster::NodeSpec spec;
    bool any_version = false;  // another engine version than that of the others is welcome
    bool only_judge = false;   // nothing is changed
};

class NodeLife {
public:
    // `max_node_bytes`: how large the database of a node may become by what moves to it; 0: no limit.
    NodeLife(TopologyBook& book, quorum::Mover& mover, std::uint64_t max_node_bytes = 0)
        : book_(book), mover_(mover), max_node_bytes_(max_node_bytes) {}

    // It must answer, run the others' engine version, be empty, and be nobody whom the cluster knows by another name.
    env::Task<Result<void>> add(Newcomer newcomer);
    env::Task<Result<void>> add_all(std::vector<Newcomer> newcomers);  // all of them, or none
    env::Task<Result<void>> drain(NodeId node, bool only_judge);
    env::Task<Result<void>> recover(NodeId node);  // back from draining
    // Forgets a node that holds nothing; with `lost`, writes off one that is down: what it held is copied from others.
    // `also` is durable with it.
    using Also = std::function<void(tasks::Batch&)>;
    env::Task<Result<void>> remove(NodeId node, bool lost, bool only_judge, Also also = {});
    // A removed node that answers again and is who it was, by what it knows of `witnesses`: what it holds is deleted,
    // and once it is empty it joins as a new one. False: not yet.
    env::Task<Result<bool>> take_back(NodeId node, std::vector<quorum::Witness> witnesses, Also also);

    // Where `expected` is not 0 and not the version of the present placement: somebody else was faster. 409.
    Result<void> judge_version(std::uint64_t expected) const;

private:
    // Nodes would have to take more than they may, once the cluster is this.
    Result<void> judge_room_in(const cluster::Topology& after) const;
    env::Task<Result<bool>> knows(const cluster::NodeSpec& spec, const std::vector<quorum::Witness>& witnesses);
    env::Task<Result<bool>> empty_out(const cluster::NodeSpec& spec, const std::vector<quorum::Witness>& witnesses);
    env::Task<Result<void>> meet(cluster::NodeSpec spec, bool any_version);
    env::Task<Result<std::string>> ask(const cluster::NodeSpec& spec, std::string target);

    TopologyBook& book_;
    quorum::Mover& mover_;
    std::uint64_t max_node_bytes_;
};

}  // namespace miroir::rebalance

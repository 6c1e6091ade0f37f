// Nodes that let Miroir choose the uids of their tasks do not clean up after themselves. What a node need not know any
// more is deleted there: finished tasks that are older than all by which it is recognised, and than all that are still
// asked for. Lives on one executor.
#pragma once

#include <functional>
#include <map>

#include "quorum/writer.h"

namespace miroir::quorum {

struct SweeperOptions {
    std::chrono::nanoseconds every = std::chrono::minutes(1);
    std::uint64_t kept = 10'000;  // of finished tasks, on each node
};

class Sweeper {
public:
    Sweeper(env::Env env, tasks::Store& store, const tasks::TaskBook& tasks, Writer& writer, SweeperOptions options)
        : env_(env), store_(store), tasks_(tasks), writer_(writer), options_(options) {}

    env::Task<void> run(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);

private:
    std::optional<std::uint64_t> oldest_needed(const NodeId& node) const;
    env::Task<void> sweep(cluster::Node node);

    env::Env env_;
    tasks::Store& store_;
    const tasks::TaskBook& tasks_;
    Writer& writer_;
    SweeperOptions options_;
    std::map<NodeId, std::uint64_t> swept_to_;  // the newest that was deleted
};

}  // namespace miroir::quorum

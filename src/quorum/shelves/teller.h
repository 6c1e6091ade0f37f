// Tells every node what stands on the shelves and concerns it: the switches of experimental features, and the dynamic
// search rules where the tasks that change them have not reached it. A node that comes back may be another than it was,
// so it is asked and told again.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "cluster/topology.h"
#include "quorum/shelves/shelves.h"
#include "quorum/writer.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

class Teller {
public:
    using TopologySource = std::function<cluster::TopologyPtr()>;

    Teller(env::Env env, tasks::Store& store, const tasks::TaskBook& tasks, Writer& writer, const ShelfBook& shelves,
           TopologySource topology, SettingsOptions options)
        : env_(env),
          store_(store),
          tasks_(tasks),
          writer_(writer),
          shelves_(shelves),
          topology_(std::move(topology)),
          options_(options) {}

    // Every node that can be reached has them when it returns.
    env::Task<void> tell_features();
    // The rules are changing, under the lane of rule_index(): each node is asked afterwards what it has.
    void doubt_rules() { rules_.clear(); }
    env::Task<void> run(env::Cancel stop);

private:
    struct Rules {
        env::Monotonic again_at{};
        unsigned attempts = 0;  // to mend them, without success so far
    };
    struct Told {
        std::string features{};  // as JSON
        env::Monotonic until{};  // somebody else may tell it otherwise: then again
    };
    void forget(const NodeId& node);
    env::Task<void> tell_rules();
    bool rules_at_rest(const NodeId& node) const;
    env::Task<void> compare_rules(NodeId node, std::string address);
    env::Task<void> mend_rules(NodeId node, const json::Array& shown);

    env::Env env_;
    tasks::Store& store_;
    const tasks::TaskBook& tasks_;
    Writer& writer_;
    const ShelfBook& shelves_;
    TopologySource topology_;
    SettingsOptions options_;
    std::map<NodeId, Told> told_;
    std::map<NodeId, Rules> rules_;  // of nodes that were asked
};

}  // namespace miroir::quorum

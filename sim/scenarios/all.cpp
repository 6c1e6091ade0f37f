#include <array>

#include "sim/scenario.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {

std::span<const Scenario> all_scenarios() {
    constexpr std::uint64_t kLong = 8;
    static constexpr std::array kAll = {
        Scenario{"probes", "nodes die and come back; readiness follows within bounds", play_probes},
        Scenario{"partition", "one-way and two-way cuts, flapping wires, a breaker; no storm of probes or calls",
                 play_partition},
        Scenario{"half_sent", "the orchestrator dies at each write of its store amid one write", play_half_sent},
        Scenario{"refused_end", "the store refuses the ends of tasks; they end in their order all the same",
                 play_refused_end},
        Scenario{"robbed", "a node comes back with an empty disk or an older one; it is filled anew before it answers",
                 play_robbed},
        Scenario{"let_go", "changes of settings let go of writes that are still on their way", play_let_go},
        Scenario{"kept_for_another", "who took a write lost it, while it was still kept for another node",
                 play_kept_for_another},
        Scenario{"robbed_alone", "all copies of a shard are lost while settings change; it goes on with the rest",
                 play_robbed_alone},
        Scenario{"no_quorum", "a write refused for want of replicas is there as a whole or not at all", play_no_quorum},
        Scenario{"swept", "nodes forget their old tasks, and none by which they are recognised", play_swept},
        Scenario{"writes", "documents and settings in a storm; nothing acknowledged is lost, replicas end equal",
                 play_writes},
        Scenario{"join", "a node joins under writes and searches", play_join, kLong},
        Scenario{"drain", "a node is drained under writes and searches", play_drain, kLong},
        Scenario{"move_kills_source", "the old owner dies amid a move", play_move_kills_source, kLong},
        Scenario{"move_kills_target", "the new owner dies amid a move", play_move_kills_target, kLong},
        Scenario{"move_kills_miroir", "the orchestrator dies at writes of its store amid moves", play_move_kills_miroir,
                 kLong},
        Scenario{"move_cut_off", "an owner is cut off amid a move, on one way or both", play_move_cut_off, kLong},
        Scenario{"node_lost", "a node is lost for good and written off; its shards are copied from the others",
                 play_node_lost, kLong},
        Scenario{"moves", "nodes come and go in a storm; nothing acknowledged is lost, nothing deleted comes back",
                 play_moves, kLong},
        Scenario{"altered", "copies are changed behind Miroir's back; they are found and put right", play_altered,
                 kLong},
        Scenario{"watched_over", "a storm while copies are compared all the time; comparing never does harm",
                 play_watched_over, kLong},
        Scenario{"abandoned", "a node never comes back and nobody says so; its copies are made anew", play_abandoned,
                 kLong},
        Scenario{"selftest", "bugs planted on purpose; the checkers must catch each of them", play_selftest},
    };
    return kAll;
}

}  // namespace miroir::sim

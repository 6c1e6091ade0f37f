#include <array>

#include "sim/scenario.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {

namespace {

constexpr std::uint64_t kLong = 8;
constexpr std::array kAll = {
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
    Scenario{"robbed_unkept", "a node comes back with less while the store refuses to write that down",
             play_robbed_unkept},
    Scenario{"doubled", "requests arrive twice and replies are cut; what was taken is known", play_doubled},
    Scenario{"no_quorum", "a write refused for want of replicas is there as a whole or not at all", play_no_quorum},
    Scenario{"back_in_a_moment", "a node is called down and is back at once; writes wait for it",
             play_back_in_a_moment},
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
    Scenario{"altered", "copies are changed behind Miroir's back; they are found and put right", play_altered, kLong},
    Scenario{"watched_over", "a storm while copies are compared all the time; comparing never does harm",
             play_watched_over, kLong},
    Scenario{"abandoned", "a node never comes back and nobody says so; its copies are made anew", play_abandoned,
             kLong},
    Scenario{"taken_back", "a node that was written off is back: it is emptied and joins again", play_taken_back,
             kLong},
    Scenario{"move_stands_still", "a move that does not get on is given up, and made again later",
             play_move_stands_still, kLong},
    Scenario{"move_kills_all", "old owner, new owner and orchestrator die at once, in any phase of a move",
             play_move_kills_all, kLong},
    Scenario{"writes_amid_copy", "many writes while a shard is copied, and none behind them", play_writes_amid_copy,
             kLong},
    Scenario{"cut_over_kills", "somebody dies within milliseconds of a cut-over, under a thousand writes a second",
             play_cut_over_kills, kLong},
    Scenario{"phase_bursts", "many writes at once whenever a move enters a phase", play_phase_bursts, kLong},
    Scenario{"move_amid_settings", "moves while changes of settings hold writes back", play_move_amid_settings, kLong},
    Scenario{"moves_overlap", "nodes join and leave while others are still being filled", play_moves_overlap, kLong},
    Scenario{"filter_amid_move", "deletions by a filter while shards move", play_filter_amid_move, kLong},
    Scenario{"group_joins", "a group more is filled under writes and searches", play_group_joins, kLong},
    Scenario{"new_addresses", "all nodes are found at other addresses after a start", play_new_addresses, kLong},
    Scenario{"exchanged", "nodes are started on each other's addresses; nobody is taken for another", play_exchanged,
             kLong},
    Scenario{"two_miroirs", "another is started with a copy of the store, and the first one is still there",
             play_two_miroirs, kLong},
    Scenario{"node_killed", "one node of three dies, comes back and gets what it missed", play_node_killed, kLong},
    Scenario{"two_killed", "two of three die: no search is whole, and none says so", play_two_killed, kLong},
    Scenario{"slow_node", "one node is half a second late with everything", play_slow_node, kLong},
    Scenario{"frozen", "a node takes requests and answers much later", play_frozen, kLong},
    Scenario{"catches_up", "writes never pause, and a node that was away gets what it missed", play_catches_up, kLong},
    Scenario{"replies_lost", "requests arrive and replies do not", play_replies_lost, kLong},
    Scenario{"node_disk_full", "a node's disk is full for a while", play_node_disk_full, kLong},
    Scenario{"store_full", "the orchestrator's disk is full: nothing is acknowledged, reads go on", play_store_full,
             kLong},
    Scenario{"clocks_jump", "clocks jump by an hour, to and fro", play_clocks_jump, kLong},
    Scenario{"settings_fail", "one node fails changes of settings that the others carry out", play_settings_fail,
             kLong},
    Scenario{"writes_fail_on_one", "one node fails writes that its peers carry out; it is made as they are",
             play_writes_fail_on_one, kLong},
    Scenario{"writes_fail_on_some", "several nodes fail writes; copies are alike all the same",
             play_writes_fail_on_some, kLong},
    Scenario{"selftest", "bugs planted on purpose; the checkers must catch each of them", play_selftest},
};

}  // namespace

std::span<const Scenario> all_scenarios() { return kAll; }

}  // namespace miroir::sim

// The stories, one function each.
#pragma once

#include "sim/run.h"

namespace miroir::sim {

void play_probes(Run& run);
void play_partition(Run& run);
void play_half_sent(Run& run);
void play_writes(Run& run);
void play_robbed(Run& run);
void play_refused_end(Run& run);
void play_let_go(Run& run);
void play_kept_for_another(Run& run);
void play_robbed_alone(Run& run);
void play_robbed_unkept(Run& run);
void play_doubled(Run& run);
void play_no_quorum(Run& run);
void play_back_in_a_moment(Run& run);
void play_swept(Run& run);
void play_join(Run& run);
void play_drain(Run& run);
void play_move_kills_source(Run& run);
void play_move_kills_target(Run& run);
void play_move_kills_miroir(Run& run);
void play_move_cut_off(Run& run);
void play_node_lost(Run& run);
void play_moves(Run& run);
void play_altered(Run& run);
void play_watched_over(Run& run);
void play_abandoned(Run& run);
void play_taken_back(Run& run);
void play_move_stands_still(Run& run);
void play_move_kills_all(Run& run);
void play_writes_amid_copy(Run& run);
void play_cut_over_kills(Run& run);
void play_phase_bursts(Run& run);
void play_move_amid_settings(Run& run);
void play_moves_overlap(Run& run);
void play_filter_amid_move(Run& run);
void play_group_joins(Run& run);
void play_new_addresses(Run& run);
void play_exchanged(Run& run);
void play_two_miroirs(Run& run);
void play_node_killed(Run& run);
void play_two_killed(Run& run);
void play_slow_node(Run& run);
void play_frozen(Run& run);
void play_catches_up(Run& run);
void play_replies_lost(Run& run);
void play_node_disk_full(Run& run);
void play_store_full(Run& run);
void play_clocks_jump(Run& run);
void play_settings_fail(Run& run);
void play_writes_fail_on_one(Run& run);
void play_writes_fail_on_some(Run& run);
void play_selftest(Run& run);

}  // namespace miroir::sim

// What the stories of writes and moves have in common: how they begin and end, and how a move is found.
#pragma once

#include "sim/scenarios/write_cluster.h"

namespace miroir::sim {

// One group, a spare node and one that stands by; readers; no changes of settings.
WriteClusterOptions small_cluster(Run& run);
// Some documents that nobody changes again, then writes all the time.
void begin(Run& run, WriteCluster& c);
// The storm is over: wires are whole, disks have room, everybody is there.
void settle_down(Run& run, WriteCluster& c);
// Writes end, it comes to rest within kRest, and everything is where it belongs.
void finish(Run& run, WriteCluster& c);

// A node is added or drained.
void come_or_go(Run& run, WriteCluster& c);
bool any_moves(WriteCluster& c);
// Until some move is under way, and then somewhere into it.
void run_into_a_move(Run& run, WriteCluster& c);
// The old or the new owner of a shard that moves.
Host& owner_of_a_move(Run& run, WriteCluster& c, bool old);

}  // namespace miroir::sim

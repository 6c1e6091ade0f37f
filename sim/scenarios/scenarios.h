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
void play_no_quorum(Run& run);
void play_swept(Run& run);
void play_selftest(Run& run);

}  // namespace miroir::sim

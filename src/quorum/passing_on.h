// What a change of settings holds back may stand behind what another change holds back of the same indexes: a swap of
// two indexes that are both being changed, and what was written to them after it. It waits for the other one, too.
#pragma once

#include <vector>

#include "quorum/hints.h"

namespace miroir::quorum {

// Of all that `holder` holds back, by node and place: what must not go before something else, with its next holder.
// The request of the change itself is never among it: it goes when its turn has come.
std::vector<Hints::HeldAt> passed_on(const std::vector<Hints::HeldAt>& all, std::uint64_t holder);

}  // namespace miroir::quorum

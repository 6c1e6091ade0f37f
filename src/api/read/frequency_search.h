// A search by matchingStrategy `frequency` over several nodes: see plan/frequency_plan.h.
#pragma once

#include "api/read/search_leg.h"

namespace miroir::api {

struct FrequencyOutcome {
    bool done = false;  // false: the nodes have to decide each for itself
    Leg leg;
    merge::MergedHits merged;
    std::string_view inexact;  // why the answer may differ from that of one node
};

env::Task<Result<FrequencyOutcome>> frequency_search(LegPlace place);

}  // namespace miroir::api

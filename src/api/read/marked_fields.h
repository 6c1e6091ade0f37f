// A node that has never seen the fields to be marked in hits leaves `_formatted` out, where one node that holds
// everything knows them.
#pragma once

#include "api/read/search_leg.h"
#include "api/read/search_run.h"

namespace miroir::api {

// Finds out whether hits without `_formatted` are to get one.
env::Task<Result<void>> settle_formatted(LegPlace place, SearchOutcome& outcome);

}  // namespace miroir::api

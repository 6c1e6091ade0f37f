// The documents of a page whose search asked for keys first: see plan/keys_first.h.
#pragma once

#include "api/read/search_leg.h"
#include "api/read/search_run.h"

namespace miroir::api {

// Puts the documents beside the hits of the page. False: one has gone or changed since its key was told, or its node
// can tell no more; the search is to be made again with everything at once.
env::Task<bool> fetch_page_documents(LegPlace place, SearchOutcome& outcome);

}  // namespace miroir::api

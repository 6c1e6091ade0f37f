// What a search needs where its best hits alone do not tell what counts: under `distinct`, below a threshold, or in a
// federation that asks one index several times.
#pragma once

#include "api/read/search_leg.h"
#include "api/read/search_run.h"

namespace miroir::api {

// Puts totals, facets and, where documents have several values, the page right, or says why they cannot be. `census`:
// how many documents there are of each value.
env::Task<void> settle_counts(LegPlace place, Leg census, SearchOutcome& outcome);

// The facets of the plan's search among these documents of its index.
env::Task<std::vector<merge::MergedFacet>> count_facets(Desk& desk, const plan::SearchPlan& plan,
                                                        std::vector<std::string_view> stamps, http::Call call,
                                                        std::vector<ShardId>& unanswered);

// Finds out how values are written that nodes write in several ways.
env::Task<void> settle_spellings(LegPlace place, SearchOutcome& outcome);
env::Task<void> settle_spellings(LegPlace place, std::vector<merge::UnclearSpelling> unclear,
                                 merge::FacetRecipe& recipe);

}  // namespace miroir::api

// What a search asks besides where the nodes' best hits alone do not tell what counts: all its documents with their
// places, the hits that none of the first answers holds, and the facets of the documents that count. Pure.
#pragma once

#include <span>
#include <string_view>

#include "plan/search_plan.h"

namespace miroir::plan {

// So many documents are looked at one by one; beyond, counts are those of what the nodes tell.
inline constexpr std::uint64_t kReplayMost = 10'000;
// Up to so many it is not worth while to look for a shorter way, which documents of several values may lead astray.
inline constexpr std::uint64_t kReplayAlways = 500;

// All documents with their places and distinct values, without distinct, threshold and page.
SearchPlan everything_plan(const SearchPlan& plan);

// The documents of these stamps, as the client will see them.
SearchPlan shown_plan(const SearchPlan& plan, std::span<const std::string_view> stamps);

// How many documents there are that have a value of the distinct field.
SearchPlan valued_plan(const SearchPlan& plan);

// The facets of the documents of these stamps.
SearchPlan counted_plan(const SearchPlan& plan, std::span<const std::string_view> stamps);

// The documents of these stamps as a filter.
json::Value stamps_clause(std::span<const std::string_view> stamps);

// All documents but the one of this stamp.
json::Value without_stamp(const std::string& stamp);

// What `plan` asks, of the documents with one value of a field only: the ways it is written, and their stamps.
SearchPlan spelling_plan(const SearchPlan& plan, const std::string& field, const std::string& value);

}  // namespace miroir::plan

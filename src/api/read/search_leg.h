// One question of a search plan, asked of all nodes of its cover and read as search answers.
#pragma once

#include <optional>
#include <vector>

#include "api/read/cover_round.h"
#include "plan/search_plan.h"

namespace miroir::api {

struct Leg {
    std::vector<merge::NodeAnswer> answers;
    std::vector<ShardId> missing;
    std::vector<cluster::NodeIndex> failed;
    std::optional<http::Reply> refusal;
    Unanswered why;  // something is missing
};

// What did not go as planned, for who wants to know.
struct Trail {
    std::vector<std::pair<cluster::NodeIndex, Error>> failures;  // each was asked of another node, if there was one
    std::vector<cluster::NodeIndex> hedged;                      // asked beside a node that was late
};

// Plain references: everything outlives the coroutines that take it.
struct LegPlace {
    Desk& desk;
    const plan::SearchPlan& plan;
    const cluster::Cover& cover;
    std::uint64_t seed = 0;
    http::Call call;
    Trail* trail = nullptr;
    std::vector<ShardId>* unanswered = nullptr;  // of all that is asked on the way
};

env::Task<Leg> run_leg(LegPlace place, plan::Leg which);

}  // namespace miroir::api

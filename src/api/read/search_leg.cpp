#include "api/read/search_leg.h"

namespace miroir::api {

env::Task<Leg> run_leg(LegPlace place, plan::Leg which) {
    Leg leg;
    const plan::SearchPlan& plan = place.plan;
    const scatter::CallsElsewhere elsewhere =
        [&](const std::vector<ShardId>& shards,
            const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        if (plan.alone) return std::vector<plan::NodeCall>{};
        MIROIR_TRY(cluster::Cover cover, place.desk.cover(*plan.topology, *plan.index, place.seed, avoid));
        return plan::calls_for(plan, restricted(std::move(cover), shards), which);
    };
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return {};
        MIROIR_TRY(merge::NodeAnswer answer,
                   merge::NodeAnswer::read(std::move(answered.reply.body), plan.recipe.distinct_field));
        leg.answers.push_back(std::move(answer));
        return {};
    };
    std::vector<plan::NodeCall> calls = plan::calls_for(plan, place.cover, which);
    scatter::Gathered gathered =
        co_await place.desk.scatter().run(plan.topology, std::move(calls), elsewhere, place.call, accept);
    leg.missing = std::move(gathered.missing);
    for (const auto& [node, error] : gathered.failures) leg.failed.push_back(node);
    for (scatter::Answered& answered : gathered.answers) {
        if (answered.reply.status >= 400) leg.refusal = scrubbed(std::move(answered.reply));
    }
    co_return leg;
}

}  // namespace miroir::api

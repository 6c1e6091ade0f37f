#include "api/read/search_leg.h"

#include <algorithm>

#include "merge/refusals.h"

namespace miroir::api {
namespace {

// What one node was to answer for by itself, asked of another that can do the same. The body names the shards unless
// the first node held nothing else; then the other must not either.
std::vector<plan::NodeCall> same_of_another(const plan::SearchPlan& plan, cluster::Cover cover) {
    std::vector<plan::NodeCall> calls;
    if (cover.parts.size() != 1 || !cover.missing.empty() || plan.calls.size() != 1) return calls;
    if (plan.whole && !cover.parts.front().whole) return calls;
    calls.push_back(plan.calls.front());
    calls.front().node = cover.parts.front().node;
    return calls;
}

// A node that has never seen a field may refuse to search on it, where one node that holds everything would not.
void take_refusals(scatter::Gathered& gathered, const plan::SearchPlan& plan, Leg& leg) {
    std::vector<std::string> bodies;
    for (scatter::Answered& answered : gathered.answers) {
        if (answered.reply.status < 400) continue;
        bodies.push_back(answered.reply.body);
        leg.refusal = std::move(answered.reply);
    }
    if (bodies.empty()) return;
    if (auto joined = merge::joined_search_on_refusal(bodies, plan.index->settings.displayed_attributes)) {
        if (!leg.answers.empty()) return leg.refusal.reset();
        leg.refusal->body = *std::move(joined);
    }
    leg.refusal = scrubbed(*std::move(leg.refusal));
}

merge::AnswerWish wish_of(const plan::SearchPlan& plan, plan::Leg which) {
    const protocol::SearchQuery& asked = plan::asked_in(plan, which);
    const merge::SearchRecipe& recipe = plan.recipe;
    return {.distinct_field = recipe.distinct_field.empty() ? recipe.key_field : recipe.distinct_field,
            .hits_max = asked.is_exhaustive() ? asked.hits_per_page.value_or(20) : asked.limit,
            .ranked = asked.show_ranking_score_details && !plan.alone,
            .facets = asked.facets && !asked.facets->empty()};
}

}  // namespace

env::Task<Leg> run_leg(LegPlace place, plan::Leg which) {
    Leg leg;
    const plan::SearchPlan& plan = place.plan;
    const scatter::CallsElsewhere elsewhere =
        [&](const std::vector<ShardId>& shards,
            const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        MIROIR_TRY(cluster::Cover cover, place.desk.cover(*plan.topology, *plan.index, place.seed, avoid));
        if (plan.alone) return same_of_another(plan, std::move(cover));
        return plan::calls_for(plan, restricted(std::move(cover), shards), which);
    };
    const merge::AnswerWish wish = wish_of(plan, which);
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return told_error(answered.reply);
        MIROIR_TRY(merge::NodeAnswer answer, merge::NodeAnswer::read(std::move(answered.reply.body), wish));
        answer.set_giver(answered.call.node, answered.call.shards);
        leg.answers.push_back(std::move(answer));
        return {};
    };
    std::vector<plan::NodeCall> calls = plan::calls_for(plan, place.cover, which);
    scatter::Gathered gathered =
        co_await place.desk.scatter().run(plan.topology, std::move(calls), elsewhere, place.call, accept);
    leg.missing = std::move(gathered.missing);
    if (place.unanswered != nullptr)
        place.unanswered->insert(place.unanswered->end(), leg.missing.begin(), leg.missing.end());
    leg.why = {.turned_away = gathered.turned_away, .too_costly = gathered.too_costly};
    for (const auto& [node, error] : gathered.failures) leg.failed.push_back(node);
    if (place.trail != nullptr) {
        std::ranges::copy(gathered.failures, std::back_inserter(place.trail->failures));
        std::ranges::copy(gathered.hedged, std::back_inserter(place.trail->hedged));
    }
    take_refusals(gathered, plan, leg);
    co_return leg;
}

}  // namespace miroir::api

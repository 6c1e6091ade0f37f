#include "api/read/replay_search.h"

#include <algorithm>
#include <map>

#include "merge/replay.h"
#include "plan/replay_plan.h"

namespace miroir::api {
namespace {

using plan::SearchPlan;

constexpr std::size_t kSpellingsMost = 32;

LegPlace with_plan(const LegPlace& place, const SearchPlan& plan) {
    return {.desk = place.desk,
            .plan = plan,
            .cover = place.cover,
            .seed = place.seed,
            .call = place.call,
            .trail = place.trail,
            .unanswered = place.unanswered};
}

bool complete(const Leg& leg) {
    return leg.missing.empty() && !leg.refusal && std::ranges::all_of(leg.answers, [](const merge::NodeAnswer& answer) {
               return answer.total() == answer.hits().size();
           });
}

// Words that must not be found make nodes look at the others, too: what these found hides documents without a vector.
bool by_vectors_only(const Leg& leg) {
    return std::ranges::all_of(leg.answers, [](const merge::NodeAnswer& answer) {
        return std::ranges::all_of(answer.hits(), &merge::Hit::semantic);
    });
}

// Do the nodes' best hits leave open what counts? Settles the total where they and the census tell it.
bool is_open(const Leg& census, std::uint64_t documents, SearchOutcome& outcome) {
    const SearchPlan& plan = outcome.plan;
    const merge::SearchRecipe& recipe = plan.recipe;
    if (plan.wants_candidates) return true;
    const bool distinct = !recipe.distinct_field.empty();
    if (plan.frame.semantic || (distinct && recipe.threshold)) return true;
    if (!distinct) {
        if (!recipe.estimates) return recipe.end() == plan.index->settings.max_total_hits;
        return outcome.merged.starved || (outcome.merged.below > 0 && outcome.merged.filled && plan.frame.facets);
    }
    if (!plan.census) return true;
    const auto total = merge::distinct_total(census.answers, recipe, outcome.merged);
    if (total) outcome.merged.total = *total;
    return !total || documents <= plan::kReplayAlways || plan.frame.facets || outcome.merged.tie_is_cut;
}

// Has a document several values, so that the census does not tell how many share one?
env::Task<bool> has_several_values(LegPlace place, const Leg& census) {
    const SearchPlan valued = plan::valued_plan(place.plan);
    const Leg leg = co_await run_leg(with_plan(place, valued), plan::Leg::Words);
    std::uint64_t documents = 0;
    for (const merge::NodeAnswer& answer : leg.answers) documents += answer.total();
    co_return leg.refusal || !leg.missing.empty() || documents != merge::values_of(census.answers);
}

struct Replays {
    Leg words, vectors;
    merge::Replayed all;
};

// One search's documents, or those of the two of a hybrid one; nothing when they are too many.
env::Task<std::optional<Replays>> replay_all(LegPlace place) {
    const SearchPlan& plan = place.plan;
    const SearchPlan everything = plan::everything_plan(plan);
    const merge::SearchRecipe& asked = plan.recipe;
    const std::uint64_t reachable = plan.index->settings.max_total_hits;
    const merge::ReplayRecipe recipe{.limit = asked.end(),
                                     .distinct = !asked.distinct_field.empty(),
                                     .threshold = asked.threshold,
                                     .to_the_end = !asked.estimates && asked.threshold && asked.end() < reachable};
    Replays out;
    out.words = co_await run_leg(with_plan(place, everything), plan::Leg::Words);
    if (!complete(out.words)) co_return std::nullopt;
    out.all = merge::replay(out.words.answers, recipe);
    const bool by_vector_only = plan.frame.semantic && !asked.semantic_ratio;
    if (!asked.estimates && recipe.distinct && !by_vector_only) merge::keep_earliest(out.all, out.words.answers);
    // Of no hits at all a node does not look at any vector.
    if (by_vector_only && asked.end() == 0 && recipe.to_the_end && *recipe.threshold > 0) out.all.candidates.clear();
    if (!asked.semantic_ratio || merge::words_suffice(out.all.hits, asked)) co_return out;
    out.vectors = co_await run_leg(with_plan(place, everything), plan::Leg::Vectors);
    const bool no_vector =
        out.vectors.refusal && error_of(*out.vectors.refusal).code == ErrorCode::VectorEmbeddingError;
    if (no_vector) co_return out;
    if (!complete(out.vectors) || !by_vectors_only(out.vectors)) co_return std::nullopt;
    const merge::Replayed near = merge::replay(out.vectors.answers, recipe);
    out.all = merge::replay_hybrid(out.all, near, *asked.semantic_ratio, recipe, out.vectors.answers);
    co_return out;
}

// The hits of the page as the client will see them: most are among the first answers, the others are fetched.
using Shown = std::map<std::pair<std::string_view, bool>, merge::PickedHit>;  // by stamp, and whether by vector

void add_shown(Shown& shown, const std::vector<merge::NodeAnswer>& answers, std::size_t from) {
    for (std::size_t i = from; i < answers.size(); ++i) {
        for (const merge::Hit& hit : answers[i].hits())
            shown.emplace(std::pair(merge::stamp_of(hit.key), hit.semantic),
                          merge::PickedHit{.answer = i, .hit = &hit});
    }
}

env::Task<void> fetch_shown(LegPlace place, std::vector<std::string_view> stamps, bool by_vector,
                            SearchOutcome& outcome) {
    if (stamps.empty()) co_return;
    const SearchPlan plan = plan::shown_plan(place.plan, stamps);
    const bool apart = by_vector && place.plan.recipe.semantic_ratio.has_value();
    Leg leg = co_await run_leg(with_plan(place, plan), apart ? plan::Leg::Vectors : plan::Leg::Words);
    std::ranges::move(leg.answers, std::back_inserter(outcome.answers));
}

// The documents are fetched later: what has been gone over again will be the next answers.
bool keep_page(const std::vector<merge::PickedHit>& hits, std::size_t begin, std::size_t end, SearchOutcome& outcome) {
    merge::MergedHits merged;
    merged.filled = hits.size() >= outcome.plan.recipe.end();
    for (std::size_t i = begin; i < end; ++i)
        merged.page.push_back({.answer = outcome.answers.size() + hits[i].answer, .hit = hits[i].hit});
    outcome.merged = std::move(merged);
    return true;
}

env::Task<bool> show_page(LegPlace place, const std::vector<merge::PickedHit>& hits, SearchOutcome& outcome) {
    const merge::SearchRecipe& recipe = place.plan.recipe;
    const std::size_t begin = std::min(recipe.skip, hits.size());
    const std::size_t end = std::min(begin + recipe.take, hits.size());
    if (place.plan.keys_first) co_return keep_page(hits, begin, end, outcome);
    Shown shown;
    add_shown(shown, outcome.answers, 0);
    std::vector<std::string_view> missing[2];
    for (std::size_t i = begin; i < end; ++i) {
        const std::string_view stamp = merge::stamp_of(hits[i].hit->key);
        if (!shown.contains({stamp, hits[i].hit->semantic})) missing[hits[i].hit->semantic].push_back(stamp);
    }
    const std::size_t known = outcome.answers.size();
    co_await fetch_shown(place, std::move(missing[0]), false, outcome);
    co_await fetch_shown(place, std::move(missing[1]), true, outcome);
    add_shown(shown, outcome.answers, known);
    merge::MergedHits merged;
    merged.filled = hits.size() >= recipe.end();
    for (std::size_t i = begin; i < end; ++i) {
        const auto found = shown.find({merge::stamp_of(hits[i].hit->key), hits[i].hit->semantic});
        if (found == shown.end()) co_return false;  // it was deleted meanwhile
        merged.page.push_back(found->second);
        if (hits[i].hit->semantic) ++merged.semantic_hits;
    }
    outcome.merged = std::move(merged);
    co_return true;
}

// What stands around the page, for what it leaves open.
void keep_neighbours(Replays& replays, SearchOutcome& outcome) {
    const merge::SearchRecipe& recipe = outcome.plan.recipe;
    const std::vector<merge::PickedHit>& hits = replays.all.hits;
    const std::size_t begin = std::min(recipe.skip, hits.size());
    outcome.merged.before.assign(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(begin));
    if (recipe.end() < hits.size()) outcome.merged.behind = hits[recipe.end()].hit;
    std::ranges::move(replays.words.answers, std::back_inserter(outcome.answers));
    std::ranges::move(replays.vectors.answers, std::back_inserter(outcome.answers));
}

}  // namespace

env::Task<void> settle_spellings(LegPlace place, std::vector<merge::UnclearSpelling> unclear,
                                 merge::FacetRecipe& recipe) {
    if (unclear.size() > kSpellingsMost) unclear.resize(kSpellingsMost);
    std::vector<SearchPlan> plans;
    plans.reserve(unclear.size());
    std::vector<env::Task<Leg>> running;
    for (const merge::UnclearSpelling& one : unclear) {
        plans.push_back(plan::spelling_plan(place.plan, one.field, one.spelling));
        running.push_back(run_leg(with_plan(place, plans.back()), plan::Leg::Words));
    }
    const std::vector<Leg> legs = co_await env::gather(place.desk.env().executor, std::move(running));
    for (std::size_t i = 0; i < legs.size(); ++i) {
        if (auto spelling = merge::earliest_spelling(legs[i].answers, unclear[i]))
            recipe.spellings.emplace(std::pair(unclear[i].field, unclear[i].normal), *std::move(spelling));
    }
}

env::Task<void> settle_spellings(LegPlace place, SearchOutcome& outcome) {
    std::vector<merge::UnclearSpelling> unclear = merge::unclear_spellings(counted_answers(outcome));
    if (unclear.empty()) co_return;
    SearchPlan counted = outcome.plan;
    if (outcome.counted) counted.asked = *outcome.counted_asked;
    else if (outcome.counted_from > 0) counted.asked = plan::asked_in(outcome.plan, plan::Leg::Vectors);
    co_await settle_spellings(with_plan(place, counted), std::move(unclear), outcome.plan.facet_recipe);
}

env::Task<std::vector<merge::MergedFacet>> count_facets(Desk& desk, const plan::SearchPlan& plan,
                                                        std::vector<std::string_view> stamps, http::Call call,
                                                        std::vector<ShardId>& unanswered) {
    const SearchPlan counted = plan::counted_plan(plan, stamps);
    const auto cover = desk.cover(*plan.topology, *plan.index, 0);
    if (!cover) co_return std::vector<merge::MergedFacet>();
    const LegPlace place{
        .desk = desk, .plan = counted, .cover = *cover, .seed = 0, .call = std::move(call), .unanswered = &unanswered};
    const Leg leg = co_await run_leg(place, plan::Leg::Words);
    merge::FacetRecipe recipe = plan.facet_recipe;
    recipe.spellings.clear();  // what the search found alone may begin with another document
    co_await settle_spellings(place, merge::unclear_spellings(leg.answers), recipe);
    co_return merge::merge_facets(leg.answers, recipe, stamps.size());
}

env::Task<void> settle_counts(LegPlace place, Leg census, SearchOutcome& outcome) {
    std::uint64_t documents = 0;
    for (const merge::NodeAnswer& answer : census.answers.empty() ? outcome.answers : census.answers)
        documents += answer.total();
    if (!is_open(census, documents, outcome)) {
        const bool by_census = place.plan.census && documents > 0;
        if (!by_census || !co_await has_several_values(place, census)) co_return;
    }
    const auto give_up = [&] { outcome.doubts.add("too many documents to tell which of them count"); };
    if (documents > plan::kReplayMost || !outcome.missing.empty() || !census.missing.empty()) co_return give_up();
    const bool pinned = std::ranges::any_of(outcome.answers, [](const auto& answer) { return !answer.pins().empty(); });
    if (pinned) co_return outcome.doubts.add("pinned documents count as the others do");
    std::optional<Replays> replays = co_await replay_all(place);
    if (!replays) co_return give_up();
    if (place.plan.recipe.shown_once) merge::drop_repeated(replays->all);
    if (!co_await show_page(place, replays->all.hits, outcome)) co_return give_up();
    outcome.merged.guessed = replays->all.guessed;
    keep_neighbours(*replays, outcome);
    const merge::Stamps& candidates = replays->all.candidates;
    outcome.merged.total = candidates.size();
    if (place.plan.wants_candidates) outcome.candidates.emplace(candidates.begin(), candidates.end());
    if (place.plan.wants_candidates || !place.plan.frame.facets) co_return;
    outcome.counted_asked = plan::counted_plan(place.plan, candidates).asked;
    const SearchPlan counted = plan::counted_plan(place.plan, candidates);
    Leg leg = co_await run_leg(with_plan(place, counted), plan::Leg::Words);
    outcome.counted = std::move(leg.answers);
}

}  // namespace miroir::api

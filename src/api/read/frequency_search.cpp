#include "api/read/frequency_search.h"

#include "api/read/doubts.h"
#include "json/parse.h"
#include "json/write.h"
#include "merge/step_merge.h"
#include "plan/frequency_plan.h"
#include "plan/shard_clause.h"

namespace miroir::api {
namespace {

using protocol::SearchQuery;

// A search for fewer words may put exact matches first that are none of the whole text: look a little further.
constexpr std::uint64_t kBehindPage = 50;

// All counts in one request a node: those of the shards it answers for and, where it holds others, those of all it has,
// for by these it would let words fall away itself.
plan::NodeCall counts_call(const plan::SearchPlan& plan, const std::vector<SearchQuery>& counts,
                           const cluster::CoverPart& part) {
    json::Array queries;
    const auto ask = [&](const SearchQuery& count) {
        json::Object query = protocol::to_json(count);
        query.set("indexUid", plan.index->uid.value);
        queries.emplace_back(std::move(query));
    };
    for (SearchQuery count : counts) {
        if (!part.whole) count.filter = plan::with_shard_clause(count.filter, part.shards);
        ask(count);
    }
    if (!part.whole) std::ranges::for_each(counts, ask);
    plan::NodeCall call{.node = part.node, .shards = part.shards, .method = "POST", .target = "/multi-search"};
    call.body = json::to_text(json::Value(json::Object{{"queries", std::move(queries)}}));
    return call;
}

using Counts = std::vector<std::uint64_t>;

struct Counted {
    Counts sums;                   // of the whole index
    std::vector<Counts> of_nodes;  // each of all it has
};

Result<void> add_counts(const std::string& reply, Counted& counted) {
    const std::size_t size = counted.sums.size();
    const auto parsed = json::parse(reply);
    const json::Value* results = parsed ? parsed->find("results") : nullptr;
    const auto unreadable = [] { return fail(ErrorCode::MiroirNodeBadReply, "the node's answer holds no counts"); };
    if (results == nullptr || !results->is_array()) return unreadable();
    const std::size_t told = results->array().size();
    if (told != size && told != 2 * size) return unreadable();
    Counts found;
    for (const json::Value& result : results->array()) {
        const json::Value* total = result.find("estimatedTotalHits");
        if (total == nullptr || !total->is_unsigned()) return unreadable();
        found.push_back(total->unsigned_integer());
    }
    for (std::size_t i = 0; i < size; ++i) counted.sums[i] += found[i];
    counted.of_nodes.emplace_back(found.end() - static_cast<std::ptrdiff_t>(size), found.end());
    return {};
}

// What the steps cannot show as one search would.
std::string_view not_shown(const SearchQuery& query, const plan::SearchPlan& plan, std::size_t steps) {
    const bool marks =
        steps > 1 && (query.attributes_to_highlight || query.attributes_to_crop || query.show_matches_position);
    if (marks) return "words that fell away are not marked";
    if (plan.frame.hits.score || plan.frame.hits.details) return "scores do not count the words that fell away";
    if (query.ranking_score_threshold || plan.recipe.threshold)
        return "the threshold does not count the words that fell away";
    if (steps > 1) return "words that fell away leave ties in another order";
    return {};
}

bool has_word_rule(const protocol::Settings& settings) {
    using Kind = protocol::RankingRule::Kind;
    return std::ranges::any_of(settings.ranking_rules, [](const protocol::RankingRule& rule) {
        return rule.kind != Kind::Sort && rule.kind != Kind::Asc && rule.kind != Kind::Desc;
    });
}

// How many rules about values stand before the first about words.
std::size_t rules_before_words(const protocol::Settings& settings, const SearchQuery& query) {
    using Kind = protocol::RankingRule::Kind;
    std::set<std::string> fields;
    std::size_t points = 0;
    bool sorted = false;
    for (const protocol::RankingRule& rule : settings.ranking_rules) {
        if (rule.kind == Kind::Asc || rule.kind == Kind::Desc) {
            fields.insert(rule.field);
        } else if (rule.kind == Kind::Sort) {
            if (std::exchange(sorted, true) || !query.sort) continue;
            for (const std::string& by : *query.sort) {
                if (by.starts_with("_geoPoint(")) ++points;
                else fields.insert(by.substr(0, by.rfind(':')));
            }
        } else {
            break;
        }
    }
    return fields.size() + points;
}

SearchQuery step_query(const SearchQuery& asked, const plan::FrequencyStep& step, bool last) {
    SearchQuery out = asked;
    out.q = step.text;
    out.matching_strategy = protocol::MatchingStrategy::All;
    if (!last) out.facets.reset();
    if (out.limit > 0) out.limit += kBehindPage;
    return out;
}

void take_leg(FrequencyOutcome& out, Leg leg) {
    if (leg.refusal) out.leg.refusal = std::move(leg.refusal);
    for (const ShardId shard : leg.missing) out.leg.missing.push_back(shard);
    std::ranges::move(leg.answers, std::back_inserter(out.leg.answers));
}

}  // namespace

env::Task<Result<FrequencyOutcome>> frequency_search(LegPlace place) {
    FrequencyOutcome out;
    const plan::SearchPlan& plan = place.plan;
    const auto words = plan::frequency_words(*plan.index, plan.asked.q.value_or(""));
    out.inexact = kFrequenciesOfNodes;
    if (!words) co_return out;
    if (!plan::may_fall(*words)) {
        out.inexact = {};
        co_return out;
    }
    const std::vector<SearchQuery> counts = plan::frequency_counts(*words, plan.asked);
    Counted counted{.sums = Counts(counts.size(), 0), .of_nodes = {}};
    const CallOf call_of = [&](const cluster::CoverPart& part) { return counts_call(plan, counts, part); };
    const scatter::Accept accept = [&](scatter::Answered& answered) {
        return add_counts(answered.reply.body, counted);
    };
    RoundPlace round{
        .desk = place.desk, .topology = plan.topology, .index = plan.index, .seed = place.seed, .call = place.call};
    MIROIR_CO_TRY(const Round counting, co_await ask_everywhere(std::move(round), call_of, accept));
    if (counting.refusal || !counting.missing.empty()) co_return out;

    const plan::FrequencySteps steps = plan::frequency_steps(*words, counted.sums);
    const auto falls_alike = [&](const Counts& of_node) {  // or finds nothing at all
        return std::ranges::all_of(of_node, [](std::uint64_t count) { return count == 0; }) ||
               plan::fall_alike(*words, counted.sums, of_node);
    };
    const bool alike = steps.exact && std::ranges::all_of(counted.of_nodes, falls_alike);
    if (alike) out.inexact = {};  // every node does as one would
    if (alike || plan.asked.hybrid || plan.settles || plan.apart) co_return out;
    std::vector<plan::SearchPlan> plans;
    plans.reserve(steps.steps.size());
    for (const plan::FrequencyStep& step : steps.steps) {
        plans.push_back(plan);
        plans.back().asked = step_query(plan.asked, step, &step == &steps.steps.back());
    }
    std::vector<env::Task<Leg>> running;
    for (const plan::SearchPlan& one : plans) {
        const LegPlace leg{
            .desk = place.desk, .plan = one, .cover = place.cover, .seed = place.seed, .call = place.call};
        running.push_back(run_leg(leg, plan::Leg::Words));
    }
    std::vector<Leg> legs = co_await env::gather(place.desk.env().executor, std::move(running));
    merge::StepRecipe recipe{.skip = plan.recipe.skip, .take = plan.recipe.take, .steps = {}};
    if (has_word_rule(plan.index->settings)) recipe.rules_before = rules_before_words(plan.index->settings, plan.asked);
    for (std::size_t i = 0; i < legs.size(); ++i) {
        const plan::FrequencyStep& step = steps.steps[i];
        recipe.steps.push_back({.first_answer = out.leg.answers.size(),
                                .fallen = step.fallen,
                                .from_the_end = step.from_the_end,
                                .neighbours = step.neighbours});
        take_leg(out, std::move(legs[i]));
    }
    out.merged = merge::merge_steps(out.leg.answers, recipe);
    out.inexact = steps.exact ? not_shown(plan.asked, plan, steps.steps.size()) : "words may belong together";
    out.done = true;
    co_return out;
}

}  // namespace miroir::api

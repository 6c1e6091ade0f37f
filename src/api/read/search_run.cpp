#include "api/read/search_run.h"

#include <algorithm>

#include "api/read/frequency_search.h"
#include "api/read/known_fields.h"
#include "api/read/marked_fields.h"
#include "api/read/page_documents.h"
#include "api/read/replay_search.h"
#include "api/read/word_knowledge.h"
#include "env/unix_time.h"
#include "json/parse.h"
#include "json/write.h"
#include "merge/hit_bytes.h"
#include "merge/open_questions.h"
#include "plan/keys_first.h"
#include "plan/pin_order.h"
#include "plan/read_checks.h"
#include "quorum/shelves/rule_repair.h"

namespace miroir::api {
namespace {

constexpr int kTurnsMax = 4;  // changes of settings that one search outlives
constexpr int kPlansMax = 3;  // the first, and again without nodes that failed

constexpr std::string_view kBeginnings = "each node knows words of its own that documents may begin with";

env::Task<Result<void>> add_vectors(LegPlace place, SearchOutcome& outcome) {
    std::vector<merge::PickedHit> words = outcome.merged.before;
    words.insert(words.end(), outcome.merged.page.begin(), outcome.merged.page.end());
    if (merge::words_suffice(words, outcome.plan.recipe)) co_return Result<void>{};
    Leg vectors = co_await run_leg(place, plan::Leg::Vectors);
    if (vectors.refusal && error_of(*vectors.refusal).code == ErrorCode::VectorEmbeddingError) co_return Result<void>{};
    if (vectors.refusal) {
        outcome.refusal = std::move(vectors.refusal);
        co_return Result<void>{};
    }
    std::uint64_t candidates = 0;  // of the vectors: everything that passes the filter, what words found among it
    for (const merge::NodeAnswer& answer : vectors.answers) candidates += answer.total();
    outcome.counted_from = outcome.answers.size();
    std::ranges::move(vectors.answers, std::back_inserter(outcome.answers));
    outcome.missing.insert(outcome.missing.end(), vectors.missing.begin(), vectors.missing.end());
    outcome.merged = merge::merge_hits(outcome.answers, outcome.plan.recipe);
    outcome.merged.total = candidates;
    co_return Result<void>{};
}

env::Task<Result<void>> finish(LegPlace place, SearchOutcome& outcome) {
    plan::SearchPlan& plan = outcome.plan;
    outcome.merged = merge::merge_hits(outcome.answers, plan.recipe);
    if (plan.alone && !outcome.answers.empty())
        outcome.merged.semantic_hits = outcome.answers[0].semantic_hit_count().value_or(outcome.merged.semantic_hits);
    if (!plan.vector_calls.empty()) co_return co_await add_vectors(place, outcome);
    const bool look_again =
        !plan.alone && plan.recipe.threshold && plan.recipe.estimates && plan.frame.facets && !outcome.merged.filled;
    if (look_again) {  // where the page is not full, one node would have looked at everything
        plan.asked.ranking_score_threshold = plan.recipe.threshold;
        Leg again = co_await run_leg(place, plan::Leg::Words);
        merge::MergedHits merged = merge::merge_hits(again.answers, plan.recipe);
        if (!again.answers.empty() && !merged.filled) {
            outcome.answers = std::move(again.answers);
            outcome.merged = std::move(merged);
        } else {  // it is full with hits that nodes had not shown: one node would have stopped there
            plan.asked.ranking_score_threshold.reset();
        }
    }
    co_return Result<void>{};
}

bool has_words(const protocol::SearchQuery& query) {
    return query.q && query.q->find_first_not_of(" \t\n\r\v\f") != std::string::npos;
}

// Are words marked in hits, which each node does with the words that it knows?
bool marks_words(const plan::SearchPlan& plan) {
    const protocol::SearchQuery& asked = plan::shown_in(plan);
    const bool marks = (asked.attributes_to_highlight && !asked.attributes_to_highlight->empty()) ||
                       (asked.attributes_to_crop && !asked.attributes_to_crop->empty()) || asked.show_matches_position;
    return marks && !plan.alone && has_words(asked);
}

// What each node ranks by what it holds itself, where that shows.
void add_doubts_of_order(SearchOutcome& outcome) {
    const plan::SearchPlan& plan = outcome.plan;
    const std::vector<const merge::Hit*> hits = merge::looked_at(outcome.merged);
    if (plan.asked.sort) {
        const merge::PlacesOpen open = merge::places_are_open(hits);
        if (open == merge::PlacesOpen::Order) outcome.doubts.add("places less than a metre apart tie as on each node");
        if (open == merge::PlacesOpen::Shown && plan.frame.hits.details) outcome.doubts.add(kPlacesOfNodes);
    }
    if (!has_words(plan.asked)) return;
    // A score weighs against a threshold, or against that of a vector, whatever ties.
    const bool ties_only = !plan.recipe.threshold && !plan.recipe.semantic_ratio;
    if (merge::beginning_is_open(hits, *plan.asked.q, ties_only)) outcome.doubts.add(kBeginnings);
    const bool by_attribute = plan.index->settings.proximity_precision == protocol::ProximityPrecision::ByAttribute;
    const std::vector<const merge::Hit*> all = ties_only ? hits : merge::all_hits(outcome.answers);
    if (by_attribute && merge::nearness_is_open(outcome.answers, all, ties_only))
        outcome.doubts.add("nearness by attribute is that among the best hits of each node");
}

void add_doubts(SearchOutcome& outcome) {
    const plan::SearchPlan& plan = outcome.plan;
    if (plan.alone) return;
    if (plan.pins_out_of_reach) outcome.doubts.add("pins to places far down may hold back others");
    if ((plan.frame.hits.score || plan.frame.hits.details) && has_words(plan.asked)) outcome.doubts.add(kScoresOfNodes);
    if (marks_words(plan)) outcome.doubts.add(kMarksOfNodes);
    add_doubts_of_order(outcome);
    if (outcome.merged.guessed) outcome.doubts.add("scores of rules around a sort are guessed");
    if (outcome.facets && std::ranges::any_of(*outcome.facets, &merge::MergedFacet::has_ties))
        outcome.doubts.add(kOrderOfCounts);
}

// The words, and the census where one is taken.
env::Task<std::vector<Leg>> run_legs(LegPlace place) {
    std::vector<Leg> ran;
    if (!place.plan.census) {
        ran.push_back(co_await run_leg(place, plan::Leg::Words));
        co_return ran;
    }
    std::vector<env::Task<Leg>> legs;
    legs.push_back(run_leg(place, plan::Leg::Words));
    legs.push_back(run_leg(place, plan::Leg::Census));
    co_return co_await env::gather(place.desk.env().executor, std::move(legs));
}

// May words fall away by their frequency, of which each node knows only a part?
bool counts_words(const plan::SearchPlan& plan) {
    return !plan.alone && plan.asked.matching_strategy == protocol::MatchingStrategy::Frequency &&
           has_words(plan.asked);
}

// Nobody may be missing, but where partial answers are allowed.
Result<void> check_missing(const Desk& desk, SearchOutcome& outcome, Unanswered why) {
    std::ranges::sort(outcome.missing);
    const auto repeated = std::ranges::unique(outcome.missing);
    outcome.missing.erase(repeated.begin(), repeated.end());
    const bool partial = desk.options().unavailable_shards == UnavailableShards::Partial && !outcome.answers.empty();
    if (!outcome.missing.empty() && !partial) return fail(unanswered_error(outcome.missing, why));
    add_lost(outcome.missing, desk.lost_of(*outcome.plan.index));
    return {};
}

Result<SearchOutcome> settled(const Desk& desk, const cluster::Cover& cover, SearchOutcome outcome,
                              FrequencyOutcome steps) {
    outcome.refusal = std::move(steps.leg.refusal);
    outcome.answers = std::move(steps.leg.answers);
    outcome.merged = std::move(steps.merged);
    outcome.missing = std::move(steps.leg.missing);
    outcome.missing.insert(outcome.missing.end(), cover.missing.begin(), cover.missing.end());
    if (!outcome.refusal) MIROIR_CHECK(check_missing(desk, outcome, steps.leg.why));
    return outcome;
}

Error broken_hit() {
    return {.code = ErrorCode::MiroirShardUnavailable, .message = "The nodes' answers cannot be read."};
}

std::vector<cluster::NodeIndex> givers_of(const SearchOutcome& outcome) {
    std::set<cluster::NodeIndex> nodes;
    for (const merge::NodeAnswer& answer : outcome.answers) nodes.insert(answer.giver());
    return {nodes.begin(), nodes.end()};
}

// Of the nodes, those that hold a document for one that begins with the query.
std::set<cluster::NodeIndex> judges_of(const SearchOutcome& outcome) {
    std::set<cluster::NodeIndex> nodes;
    for (const merge::NodeAnswer& answer : outcome.answers) {
        if (std::ranges::any_of(answer.hits(), merge::begins_with_query)) nodes.insert(answer.giver());
    }
    return nodes;
}

// Documents are passed on as they came, so those of the page are looked at once, while they are written.
std::optional<cluster::NodeIndex> giver_of_broken_hit(SearchOutcome& outcome) {
    const merge::PickedHit* broken = nullptr;
    if (outcome.plan.apart) {
        const auto found = std::ranges::find_if(
            outcome.merged.page, [](const merge::PickedHit& picked) { return !merge::is_sound(picked.shown().bytes); });
        if (found != outcome.merged.page.end()) broken = &*found;
    } else {
        merge::ShownHits shown = merge::write_hits(outcome.merged.page, outcome.plan.frame.hits);
        broken = shown.broken;
        outcome.shown = std::move(shown.text);
    }
    if (broken == nullptr) return std::nullopt;
    return outcome.answers[broken->answer].giver();
}

// Hits, totals and facets, whatever else has to be asked for them. `census`: the last of the legs, if there is one.
env::Task<Result<void>> settle(LegPlace place, Leg census, SearchOutcome& outcome) {
    MIROIR_CO_CHECK(co_await finish(place, outcome));
    if (outcome.plan.settles && !outcome.refusal)
        co_await settle_counts(place, outcome.plan.census ? std::move(census) : Leg(), outcome);
    if (outcome.plan.frame.facets && !outcome.plan.alone) co_await settle_spellings(place, outcome);
    co_return Result<void>{};
}

env::Task<void> settle_doubts(LegPlace place, SearchOutcome& outcome) {
    if (outcome.plan.frame.facets) outcome.facets = facets_of_outcome(outcome);
    add_doubts(outcome);
    if (outcome.doubts.has(kBeginnings) && co_await know_all(place, givers_of(outcome), judges_of(outcome)))
        outcome.doubts.drop(kBeginnings);
}

// Nobody believes what this node gave; the others are asked, unless that has been tried before.
Result<void> turn_away(Desk& desk, const SearchWish& wish, cluster::NodeIndex giver, int attempt,
                       std::vector<cluster::NodeIndex>& avoid) {
    desk.scatter().note_unusable();
    avoid.push_back(giver);
    if (wish.trail != nullptr) wish.trail->failures.emplace_back(giver, broken_hit());
    if (attempt == kPlansMax) return fail(broken_hit());
    return {};
}

env::Task<Result<SearchOutcome>> search_once(Desk& desk, const SearchWish& wish) {
    const std::uint64_t seed =
        wish.pin ? *wish.pin : desk.replica_seed(wish.index->uid.value + wish.query.q.value_or(""));
    const cluster::TopologyPtr topology = desk.topology();
    std::vector<cluster::NodeIndex> avoid;
    plan::PlanOptions options = wish.options;
    if (!options.apart) options.keys_first_from = desk.options().keys_first_from;
    options.pins = plan::pin_order(desk.shelves()->shelf(quorum::kRuleShelf), wish.index->uid.value);
    for (int attempt = 1;; ++attempt) {
        MIROIR_CO_TRY(const cluster::Cover cover, desk.cover(*topology, *wish.index, seed, avoid));
        if (cover.parts.empty())
            co_return fail(ErrorCode::MiroirShardUnavailable,
                           "No shard of the index has a node that can answer. Bring its nodes back.");
        SearchOutcome outcome;
        outcome.mixed = Desk::is_mixed(*topology, *wish.index, cover);
        MIROIR_CO_TRY(outcome.plan, plan::plan_search(wish.index, wish.query, topology, cover, options));
        std::vector<ShardId> unanswered;
        const LegPlace place{.desk = desk,
                             .plan = outcome.plan,
                             .cover = cover,
                             .seed = seed,
                             .call = wish.call,
                             .trail = wish.trail,
                             .unanswered = &unanswered};
        if (counts_words(outcome.plan)) {
            MIROIR_CO_TRY(FrequencyOutcome steps, co_await frequency_search(place));
            outcome.doubts.add(steps.inexact);
            if (steps.done) {
                Result<SearchOutcome> done = settled(desk, cover, std::move(outcome), std::move(steps));
                const bool answered = done && !done->refusal;
                const std::optional<cluster::NodeIndex> giver = answered ? giver_of_broken_hit(*done) : std::nullopt;
                if (!giver) co_return done;
                MIROIR_CO_CHECK(turn_away(desk, wish, *giver, attempt, avoid));
                continue;
            }
        }
        std::vector<Leg> ran = co_await run_legs(place);
        Leg& words = ran.front();
        if (words.refusal) {  // which may name the fields that all nodes know
            if (!words.missing.empty() && desk.options().unavailable_shards != UnavailableShards::Partial)
                co_return fail(unanswered_error(words.missing, words.why));
            outcome.refusal = std::move(words.refusal);
            co_return outcome;
        }
        if (outcome.plan.alone && !words.missing.empty() && !words.why.too_costly && attempt < kPlansMax) {
            avoid.insert(avoid.end(), words.failed.begin(), words.failed.end());
            continue;
        }
        outcome.answers = std::move(words.answers);
        outcome.missing = std::move(words.missing);
        outcome.missing.insert(outcome.missing.end(), cover.missing.begin(), cover.missing.end());
        MIROIR_CO_CHECK(co_await settle(place, std::move(ran.back()), outcome));
        if (outcome.plan.keys_first && !outcome.refusal && !co_await fetch_page_documents(place, outcome)) {
            options.keys_first_from = UINT64_MAX;
            continue;
        }
        MIROIR_CO_CHECK(co_await settle_formatted(place, outcome));
        outcome.missing.insert(outcome.missing.end(), unanswered.begin(), unanswered.end());
        MIROIR_CO_CHECK(check_missing(desk, outcome, words.why));
        if (const auto giver = giver_of_broken_hit(outcome)) {
            MIROIR_CO_CHECK(turn_away(desk, wish, *giver, attempt, avoid));
            continue;
        }
        co_await settle_doubts(place, outcome);
        co_return outcome;
    }
}

// Nodes get new settings only after reads have left them. A search that was under way when reads moved may have met
// both, so it is made again with the settings of now.
env::Task<Result<SearchOutcome>> search_steadily(Desk& desk, SearchWish wish) {
    for (int again = 0;; ++again) {
        Result<SearchOutcome> outcome = co_await search_once(desk, wish);
        if (desk.still_holds(*wish.index)) co_return outcome;
        if (again == kTurnsMax) {
            if (outcome) outcome->mixed = true;
            co_return outcome;
        }
        wish.index = desk.catalog()->find(wish.index->uid);
    }
}

}  // namespace

Result<void> prepare(const Visit& visit, const plan::IndexEntry& index, protocol::SearchQuery& query) {
    json::Value forced = visit.grant.forced_filter(index.uid.value);
    if (!forced.is_null())
        query.filter = protocol::join_filters(query.filter.value_or(json::Value()), std::move(forced));
    return plan::check_search(index, query, visit.desk.filter_gates());
}

env::Task<Result<SearchOutcome>> run_search(Desk& desk, SearchWish wish) {
    Result<void> facets = wish.query.facets ? plan::check_facets(*wish.index, *wish.query.facets) : Result<void>();
    if (!facets) wish.query.facets.reset();
    if (wish.query.filter) {
        RoundPlace place{.desk = desk, .topology = desk.topology(), .index = wish.index, .call = wish.call};
        MIROIR_CO_TRY(wish.query.filter, co_await filter_for_nodes(std::move(place), std::move(wish.query.filter)));
    }
    Result<SearchOutcome> outcome = co_await search_steadily(desk, std::move(wish));
    if (!facets && outcome && !outcome->refusal) co_return fail(std::move(facets).error());
    co_return outcome;
}

std::uint64_t elapsed_ms(const Visit& visit) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(visit.desk.env().clock.now() - visit.begun).count());
}

std::string draw_uuid_v7(Desk& desk) {
    env::Env env = desk.env();
    return env::uuid_v7(env.random, static_cast<std::uint64_t>(env::unix_ms(env.clock)));
}

bool wants_metadata(const Visit& visit) {
    const std::string_view asked = visit.in.headers.get("Meili-Include-Metadata");
    return asked == "true" || asked == "1";
}

json::Object metadata_of(const Visit& visit, const plan::IndexEntry& index, const std::optional<std::string>& q) {
    json::Object out;
    if (q) out.append("query", *q);
    out.append("queryUid", draw_uuid_v7(visit.desk));
    out.append("indexUid", index.uid.value);
    if (index.primary_key) out.append("primaryKey", *index.primary_key);
    return out;
}

std::span<const merge::NodeAnswer> counted_answers(const SearchOutcome& outcome) {
    return outcome.counted ? std::span<const merge::NodeAnswer>(*outcome.counted)
                           : std::span(outcome.answers).subspan(outcome.counted_from);
}

std::vector<merge::MergedFacet> facets_of_outcome(const SearchOutcome& outcome) {
    if (outcome.facets) return *outcome.facets;
    return merge::merge_facets(counted_answers(outcome), outcome.plan.facet_recipe, outcome.merged.total);
}

std::string search_body(const Visit& visit, const SearchOutcome& outcome) {
    merge::ReplyFrame frame = outcome.plan.frame;
    frame.processing_ms = elapsed_ms(visit);
    frame.request_uid = draw_uuid_v7(visit.desk);
    if (wants_metadata(visit))
        frame.metadata = json::to_text(metadata_of(visit, *outcome.plan.index, outcome.plan.asked.q));
    std::vector<merge::MergedFacet> counted;
    if (frame.facets && !outcome.facets) counted = facets_of_outcome(outcome);
    const std::vector<merge::MergedFacet>& facets = outcome.facets ? *outcome.facets : counted;
    return merge::write_search_reply(outcome.shown, outcome.answers, outcome.merged, facets, frame);
}

void add_search_headers(http::Reply& reply, const SearchOutcome& outcome, Doubts further) {
    reply.headers.add("X-Miroir-Settings-Version", std::to_string(outcome.plan.index->settings_version));
    if (outcome.mixed) reply.headers.add("X-Miroir-Settings-Inconsistent", "true");
    add_coverage(reply, outcome.missing, outcome.plan.index->shards);
    further.add(outcome.doubts);
    further.tell(reply);
}

Error error_of(const http::Reply& refusal) {
    Error error{.code = ErrorCode::BadRequest,
                .message = "The query was refused by the engine.",
                .node = {},
                .status = refusal.status};
    const auto body = json::parse(refusal.body);
    if (!body) return error;
    if (const json::Value* code = body->find("code"); code != nullptr && code->is_string())
        error.code = error_code_of(code->string());
    if (const json::Value* message = body->find("message"); message != nullptr && message->is_string())
        error.message = message->string();
    return error;
}

}  // namespace miroir::api

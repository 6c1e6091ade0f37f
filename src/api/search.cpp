// Searching: parse and check, plan, scatter, merge, reply. The checks are those of the engine, made on the client's own
// query and settings, so that no refusal ever speaks of what Miroir adds.
#include <algorithm>

#include "api/routes.h"
#include "cluster/reserved.h"
#include "merge/search_reply.h"
#include "plan/search_plan.h"
#include "protocol/filter/filter.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::SearchQuery;

constexpr int kPlansMax = 3;              // the first, and again without nodes that failed
constexpr double kWordsGoodEnough = 0.45;  // the engine's own bound for leaving vectors out

// FNV-1a: the same query prefers the same replicas, in every process.
std::uint64_t seed_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

Error about(const plan::IndexEntry& index, Error error) {
    error.message = "Index `" + index.uid.value + "`: " + error.message;
    return error;
}

Result<void> check_filter(const plan::IndexEntry& index, const std::optional<json::Value>& filter) {
    if (!filter) return {};
    MIROIR_TRY(const auto parsed, protocol::parse_filter(*filter, ErrorCode::InvalidSearchFilter));
    if (!parsed) return {};
    MIROIR_CHECK(protocol::check_filter_gates(*parsed, {}));
    MIROIR_TRY(const auto fused, protocol::reparsed(*parsed, ErrorCode::InvalidSearchFilter));
    if (!fused) return {};
    const auto checked = protocol::check_filterable(*fused, index.settings.filterable_attributes, ErrorCode::InvalidSearchFilter);
    if (!checked) return fail(about(index, checked.error()));
    return {};
}

std::string shards_text(const std::vector<ShardId>& shards) {
    std::string out = "shards=";
    for (const ShardId shard : shards) {
        if (out.back() != '=') out += ',';
        out += std::to_string(shard.value);
    }
    return out;
}

// The part of a cover that concerns these shards only.
cluster::Cover restricted(cluster::Cover cover, const std::vector<ShardId>& shards) {
    for (cluster::CoverPart& part : cover.parts) {
        std::erase_if(part.shards, [&](ShardId shard) { return !std::ranges::binary_search(shards, shard); });
        part.whole = false;
    }
    std::erase_if(cover.parts, [](const cluster::CoverPart& part) { return part.shards.empty(); });
    return cover;
}

struct Leg {
    std::vector<merge::NodeAnswer> answers;
    std::vector<ShardId> missing;
    std::vector<cluster::NodeIndex> failed;
    std::optional<http::Reply> refusal;  // a 4xx: the query's own fault
};

// A refusal that names what is ours was provoked by what we added; the client gets its code without the text.
http::Reply scrubbed(http::Reply reply) {
    http::Reply out;
    out.status = reply.status;
    out.headers.add("Content-Type", "application/json");
    out.body = std::move(reply.body);
    const bool ours = out.body.find(cluster::kReservedPrefix) != std::string::npos;
    if (ours) return server::error_reply({.code = ErrorCode::BadRequest, .message = "The query was refused by the engine."});
    return out;
}

env::Task<Leg> run_leg(Desk& desk, const plan::SearchPlan& plan, plan::Leg which, std::uint64_t seed, http::Call call) {
    const scatter::CallsElsewhere elsewhere = [&](const std::vector<ShardId>& shards, const std::vector<cluster::NodeIndex>& avoid)
        -> Result<std::vector<plan::NodeCall>> {
        if (plan.alone) return std::vector<plan::NodeCall>{};
        MIROIR_TRY(cluster::Cover cover, desk.cover(*plan.topology, *plan.index, seed, avoid));
        return plan::calls_for(plan, restricted(std::move(cover), shards), which);
    };
    std::vector<plan::NodeCall> calls = which == plan::Leg::Words ? plan.calls : plan.vector_calls;
    scatter::Gathered gathered = co_await desk.scatter().run(plan.topology, std::move(calls), elsewhere, std::move(call));
    Leg leg;
    leg.missing = std::move(gathered.missing);
    for (const auto& [node, error] : gathered.failures) leg.failed.push_back(node);
    for (scatter::Answered& answered : gathered.answers) {
        if (answered.reply.status >= 400) {
            leg.refusal = scrubbed(std::move(answered.reply));
            continue;
        }
        Result<merge::NodeAnswer> answer = merge::NodeAnswer::read(std::move(answered.reply.body), plan.recipe.distinct_field);
        if (answer) {
            leg.answers.push_back(*std::move(answer));
        } else {
            leg.failed.push_back(answered.call.node);
            leg.missing.insert(leg.missing.end(), answered.call.shards.begin(), answered.call.shards.end());
        }
    }
    co_return leg;
}

// Words alone are good enough when they fill the page and every hit of it weighs enough.
bool words_suffice(const merge::MergedHits& words, const merge::SearchRecipe& recipe) {
    if (words.page.size() < recipe.take) return false;
    return std::ranges::all_of(words.page, [&](const merge::PickedHit& picked) {
        return picked.hit->score * (1 - *recipe.semantic_ratio) >= kWordsGoodEnough;
    });
}

http::Reply finished(const plan::SearchPlan& plan, const Leg& leg, const merge::MergedHits& merged, const Visit& visit) {
    merge::ReplyFrame frame = plan.frame;
    env::Env env = visit.desk.env();
    frame.processing_ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(env.clock.now() - visit.begun).count());
    const auto unix_ms = std::chrono::duration_cast<std::chrono::milliseconds>(env.clock.wall().time_since_epoch()).count();
    frame.request_uid = env::uuid_v7(env.random, static_cast<std::uint64_t>(unix_ms));
    std::vector<merge::MergedFacet> facets;
    if (frame.facets) facets = merge::merge_facets(leg.answers, plan.facet_recipe, merged.total);
    http::Reply reply = server::json_text_reply(200, merge::write_search_reply(leg.answers, merged, facets, frame));
    reply.headers.add("X-Miroir-Settings-Version", std::to_string(plan.index->settings_version));
    if (!leg.missing.empty()) reply.headers.add("X-Miroir-Degraded", shards_text(leg.missing));
    return reply;
}

env::Task<Result<http::Reply>> merged_reply(Desk& desk, const plan::SearchPlan& plan, Leg words, std::uint64_t seed, const Visit& visit) {
    if (plan.vector_calls.empty()) {
        merge::MergedHits merged = merge::merge_hits(words.answers, plan.recipe);
        if (plan.alone && !words.answers.empty() && words.answers[0].semantic_hit_count()) merged.semantic_hits = *words.answers[0].semantic_hit_count();
        co_return finished(plan, words, merged, visit);
    }
    const merge::MergedHits by_words = merge::merge_hits(words.answers, plan.recipe);
    if (words_suffice(by_words, plan.recipe)) co_return finished(plan, words, by_words, visit);
    Leg vectors = co_await run_leg(desk, plan, plan::Leg::Vectors, seed, visit.in.call);
    if (vectors.refusal) co_return std::move(*vectors.refusal);
    std::uint64_t candidates = 0;  // of the vectors: everything that passes the filter, what words found among it
    for (const merge::NodeAnswer& answer : vectors.answers) candidates += answer.total();
    std::ranges::move(vectors.answers, std::back_inserter(words.answers));
    merge::MergedHits merged = merge::merge_hits(words.answers, plan.recipe);
    merged.total = candidates;
    co_return finished(plan, words, merged, visit);
}

Reply search(Visit visit, SearchQuery query) {
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(check_filter(*index, query.filter));
    json::Value forced = visit.grant.forced_filter(index->uid.value);
    if (!forced.is_null()) query.filter = protocol::join_filters(query.filter.value_or(json::Value()), std::move(forced));
    const std::uint64_t seed = seed_of(index->uid.value + query.q.value_or(""));
    const cluster::TopologyPtr topology = visit.desk.topology();
    std::vector<cluster::NodeIndex> avoid;
    for (int attempt = 1;; ++attempt) {
        MIROIR_CO_TRY(const cluster::Cover cover, visit.desk.cover(*topology, *index, seed, avoid));
        if (cover.parts.empty()) co_return fail(ErrorCode::MiroirShardUnavailable, "No shard of the index has a node that can answer. Bring its nodes back.");
        MIROIR_CO_TRY(const plan::SearchPlan plan, plan::plan_search(index, query, topology, cover));
        Leg leg = co_await run_leg(visit.desk, plan, plan::Leg::Words, seed, visit.in.call);
        if (leg.refusal) co_return std::move(*leg.refusal);
        if (plan.alone && !leg.missing.empty() && attempt < kPlansMax) {
            avoid.insert(avoid.end(), leg.failed.begin(), leg.failed.end());
            continue;
        }
        leg.missing.insert(leg.missing.end(), cover.missing.begin(), cover.missing.end());
        std::ranges::sort(leg.missing);
        const bool partial = visit.desk.options().unavailable_shards == UnavailableShards::Partial && !leg.answers.empty();
        if (!leg.missing.empty() && !partial) {
            co_return fail(ErrorCode::MiroirShardUnavailable, "No node answered for " + shards_text(leg.missing) + ". Bring their nodes back, or allow partial answers.");
        }
        co_return co_await merged_reply(visit.desk, plan, std::move(leg), seed, visit);
    }
}

Reply post_search(Visit visit) {
    MIROIR_CO_TRY(SearchQuery query, protocol::parse_search_query(visit.body));
    MIROIR_CO_CHECK(protocol::check_search_query(query, {}));
    co_return co_await search(std::move(visit), std::move(query));
}

Reply get_search(Visit visit) {
    MIROIR_CO_TRY(SearchQuery query, protocol::parse_search_parameters(visit.in.raw_query));
    MIROIR_CO_CHECK(protocol::check_search_query(query, {}));
    co_return co_await search(std::move(visit), std::move(query));
}

// What a search would ask of whom, without asking.
Reply explain(Visit visit) {
    MIROIR_CO_TRY(const SearchQuery query, protocol::parse_search_query(visit.body));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    MIROIR_CO_CHECK(check_filter(*index, query.filter));
    const cluster::TopologyPtr topology = visit.desk.topology();
    MIROIR_CO_TRY(const cluster::Cover cover, visit.desk.cover(*topology, *index, seed_of(index->uid.value + query.q.value_or(""))));
    MIROIR_CO_TRY(const plan::SearchPlan plan, plan::plan_search(index, query, topology, cover));
    co_return ok(plan::explained(plan));
}

constexpr Route kRoutes[] = {
    {"POST", "/indexes/{index_uid}/search", "search", BodyKind::Json, post_search},
    {"GET", "/indexes/{index_uid}/search", "search", BodyKind::None, get_search},
    {"POST", "/indexes/{index_uid}/explain", "*", BodyKind::Json, explain},
};

}  // namespace

std::span<const Route> search_routes() { return kRoutes; }

}  // namespace miroir::api

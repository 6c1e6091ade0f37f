// A search carried out for somebody who wants to know why its hits stand where they stand.
#include <algorithm>

#include "api/read/search_run.h"
#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::api {
namespace {

const std::string& name_of(const SearchOutcome& outcome, cluster::NodeIndex node) {
    return outcome.plan.topology->node(node).id.value;
}

// The rule of a hit at a place of its key, as the details name it.
std::string rule_at(const json::Value& document, std::size_t place) {
    const json::Value* details = document.find("_rankingScoreDetails");
    if (details == nullptr || !details->is_object() || place >= details->object().size()) return {};
    const std::string& name = (details->object().begin() + static_cast<std::ptrdiff_t>(place))->first;
    return name.starts_with(cluster::kStampField) ? "insertion" : name;
}

// What put the hit before the one behind it; null: nothing did, or nobody knows.
json::Value decided(const merge::Hit& hit, const merge::Hit* behind, const json::Value& document) {
    if (behind == nullptr || hit.key.empty() || behind->key.empty()) return {};
    if (hit.semantic != behind->semantic) return "score of words against score of vectors";
    const std::size_t place = merge::deciding_place(hit.key, behind->key);
    const std::string rule = rule_at(document, place);
    return rule.empty() ? json::Value() : json::Value(rule);
}

json::Array hits_of(const SearchOutcome& outcome) {
    const std::vector<merge::PickedHit>& page = outcome.merged.page;
    const plan::IndexEntry& index = *outcome.plan.index;
    json::Array out;
    for (std::size_t i = 0; i < page.size(); ++i) {
        const merge::Hit& hit = *page[i].hit;
        const json::Value ranked = json::parse(hit.bytes).value_or(json::Value());
        const json::Value document = json::parse(page[i].shown().bytes).value_or(json::Value());
        const json::Value* id = index.primary_key ? document.find(*index.primary_key) : nullptr;
        json::Object line;
        line.append("id", id != nullptr ? *id : json::Value());
        const std::string text = id == nullptr ? "" : id->is_string() ? id->string() : json::to_text(*id);
        line.append("shard", id == nullptr ? json::Value() : json::Value(cluster::shard_of(text, index.shards).value));
        line.append("node", name_of(outcome, outcome.answers[page[i].answer].giver()));
        line.append("score", hit.score);
        line.append("decidedBy", decided(hit, i + 1 < page.size() ? page[i + 1].hit : outcome.merged.behind, ranked));
        out.emplace_back(std::move(line));
    }
    return out;
}

json::Object trail_of(const SearchOutcome& outcome, const Trail& trail) {
    json::Array retried, hedged, missing;
    for (const auto& [node, error] : trail.failures)
        retried.emplace_back(json::Object{{"node", name_of(outcome, node)}, {"why", error.message}});
    for (const cluster::NodeIndex node : trail.hedged) hedged.emplace_back(name_of(outcome, node));
    for (const ShardId shard : outcome.missing) missing.emplace_back(shard.value);
    json::Array doubts;
    for (const std::string& reason : outcome.doubts.reasons()) doubts.emplace_back(reason);
    return {{"failed", std::move(retried)},
            {"hedged", std::move(hedged)},
            {"missingShards", std::move(missing)},
            {"inexact", std::move(doubts)}};
}

}  // namespace

env::Task<Result<json::Object>> executed(Desk& desk, SearchWish wish) {
    Trail trail;
    wish.trail = &trail;
    wish.query.show_ranking_score = true;
    wish.query.show_ranking_score_details = true;
    wish.query.attributes_to_retrieve.reset();
    MIROIR_CO_TRY(const SearchOutcome outcome, co_await run_search(desk, std::move(wish)));
    if (outcome.refusal) co_return fail(error_of(*outcome.refusal));
    json::Object out = trail_of(outcome, trail);
    out.append("total", outcome.merged.total);
    out.append("hits", hits_of(outcome));
    co_return out;
}

}  // namespace miroir::api

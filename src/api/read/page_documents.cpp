#include "api/read/page_documents.h"

#include <algorithm>
#include <map>

#include "plan/keys_first.h"

namespace miroir::api {
namespace {

using merge::RankEntry;

// What a document is sorted by and how many of the words it has. Other ranks may follow who it is ranked with.
bool told_alike(const RankEntry& a, const RankEntry& b) {
    if (a.shape != b.shape || a.present != b.present) return false;
    if (a.shape == RankEntry::Shape::Value) return a.is_text == b.is_text && a.number == b.number && a.text == b.text;
    const bool counted = a.shape == RankEntry::Shape::Weight && a.steps > 0;
    return !counted || a.number == b.number;
}

bool is_unchanged(const merge::Hit& key, const merge::Hit& hit) {
    return key.distance == hit.distance && std::ranges::equal(key.key, hit.key, told_alike);
}

// By node. Nothing when a hit has no stamp to ask for it by, as pinned ones.
std::vector<plan::KeysOfNode> keys_of(const SearchOutcome& outcome) {
    std::map<cluster::NodeIndex, plan::KeysOfNode> by_node;
    for (const merge::PickedHit& picked : outcome.merged.page) {
        const merge::NodeAnswer& answer = outcome.answers[picked.answer];
        const std::string_view stamp = merge::stamp_of(picked.hit->key);
        if (stamp.empty()) return {};
        plan::KeysOfNode& keys = by_node[answer.giver()];
        keys.node = answer.giver();
        for (const ShardId shard : answer.shards()) {
            if (std::ranges::find(keys.shards, shard) == keys.shards.end()) keys.shards.push_back(shard);
        }
        keys.stamps.push_back(stamp);
    }
    std::vector<plan::KeysOfNode> out;
    for (auto& [node, keys] : by_node) out.push_back(std::move(keys));
    return out;
}

bool put_beside(SearchOutcome& outcome) {
    std::map<std::string_view, const merge::Hit*> found;
    for (const merge::NodeAnswer& answer : outcome.documents) {
        for (const merge::Hit& hit : answer.hits()) found.emplace(merge::stamp_of(hit.key), &hit);
    }
    for (merge::PickedHit& picked : outcome.merged.page) {
        const auto document = found.find(merge::stamp_of(picked.hit->key));
        if (document == found.end() || !is_unchanged(*picked.hit, *document->second)) return false;
        picked.document = document->second;
    }
    return true;
}

}  // namespace

env::Task<bool> fetch_page_documents(LegPlace place, SearchOutcome& outcome) {
    if (outcome.merged.page.empty()) co_return true;
    const plan::SearchPlan& plan = place.plan;
    const std::vector<plan::KeysOfNode> keys = keys_of(outcome);
    if (keys.empty()) co_return false;
    const scatter::CallsElsewhere elsewhere =
        [&](const std::vector<ShardId>& shards,
            const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        MIROIR_TRY(cluster::Cover cover, place.desk.cover(*plan.topology, *plan.index, place.seed, avoid));
        return plan::document_calls(plan, keys, restricted(std::move(cover), shards));
    };
    const merge::AnswerWish wish{.hits_max = outcome.merged.page.size(), .ranked = true};
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return told_error(answered.reply);
        MIROIR_TRY(merge::NodeAnswer answer, merge::NodeAnswer::read(std::move(answered.reply.body), wish));
        answer.set_giver(answered.call.node, std::move(answered.call.shards));
        outcome.documents.push_back(std::move(answer));
        return {};
    };
    const scatter::Gathered gathered = co_await place.desk.scatter().run(
        plan.topology, plan::document_calls(plan, keys), elsewhere, place.call, accept);
    if (place.trail != nullptr) {
        std::ranges::copy(gathered.failures, std::back_inserter(place.trail->failures));
        std::ranges::copy(gathered.hedged, std::back_inserter(place.trail->hedged));
    }
    co_return put_beside(outcome);
}

}  // namespace miroir::api

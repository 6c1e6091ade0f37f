// Nodes whose settings are not the committed ones: those that missed a change, and those that somebody changed behind
// our back. They are found by what they show, sent the committed settings, and asked again before they count as good.
#include <algorithm>

#include "env/log.h"
#include "json/write.h"
#include "plan/node_settings.h"
#include "plan/settings_print.h"
#include "quorum/passing_on.h"
#include "quorum/writer.h"

namespace miroir::quorum {
namespace {

constexpr auto kRepairPause = std::chrono::seconds(10);  // once the quick attempts are used up

// The committed settings, and an end to the embedders that the node has besides.
std::string repair_body(const plan::IndexEntry& index, const json::Value& shown) {
    json::Object body = plan::node_settings_after(index.settings, {});
    const json::Value* embedders = shown.find("embedders");
    if (embedders != nullptr && embedders->is_object()) {
        for (const json::Member& member : embedders->object()) {
            if (!index.settings.embedders.contains(member.first)) body["embedders"][member.first] = nullptr;
        }
    }
    return json::to_text(json::Value(std::move(body)));
}

void count_repair(env::Metrics& metrics, const IndexUid& index) {
    static constexpr env::MetricName kRepairs{"miroir_settings_drift_repair_total",
                                              "Nodes brought back to the committed settings"};
    metrics.counter(kRepairs, {{"index", index.value}}).add(1);
}

}  // namespace

// What a change kept back that has ended meanwhile: its writer had looked a moment before.
env::Task<bool> Writer::free_orphans() {
    tasks::Batch batch;
    std::vector<Release> released;
    const std::vector<Hints::HeldAt> all = hints_.all_held();
    bool handed_over = false;
    for (const Hints::HeldAt& at : all) {
        if (changes_.contains(at.held.holder) || sending_.contains(at.held.task)) continue;
        std::vector<Hints::HeldAt> behind = passed_on(all, at.held.holder);
        const auto here = std::ranges::find_if(
            behind, [&at](const Hints::HeldAt& each) { return each.node == at.node && each.place == at.place; });
        if (here != behind.end()) {
            hints_.hold(batch, here->node, here->place, std::move(here->held));
            handed_over = true;
            continue;
        }
        hints_.unhold(batch, at.node, at.place);
        released.push_back({.node = at.node, .place = at.place, .task = at.held.task, .part = at.held.part});
    }
    if (released.empty() && !handed_over) co_return false;
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return false;
    co_await let_go(std::move(released), Hints::kNoTask);
    co_return true;
}

void Writer::note_refusal(const NodeId& node) {
    for (auto& [key, suspect] : suspects_) suspect.refused = suspect.refused || key.second == node;
}

bool Writer::may_compare(const cluster::Node& node, const plan::IndexEntry& index) const {
    const bool changing =
        std::ranges::any_of(changes_, [&](const auto& change) { return change.second.index == index.uid; });
    return node.readable() && !changing && !hints_.any(node.id) && !debts_.owes(node.id, index.uid) &&
           !index.node_versions.contains(node.id);
}

env::Task<void> Writer::watch_settings(std::function<cluster::TopologyPtr()> topology, env::Cancel stop) {
    while (!stop.requested()) {
        co_await env::sleep_for(env_, options_.settings.drift_interval, stop);
        if (stop.requested() || !options_.settings.auto_repair) continue;
        co_await compare_settings(topology());
    }
}

env::Task<void> Writer::compare_settings(cluster::TopologyPtr topology) {
    const plan::CatalogPtr catalog = catalog_.committed();
    for (const auto& [uid, index] : catalog->indexes) {
        for (const cluster::Node& node : topology->nodes()) {
            if (!may_compare(node, *index)) continue;
            SettingsLook::Seen seen{.node = node.id};
            const bool shown = co_await show(seen, uid, node.address);
            if (!shown || plan::fits_settings(*index, seen.print)) continue;
            // Nothing may have changed while the node was asked.
            const plan::IndexPtr now = catalog_.committed()->find(uid);
            if (!now || now->settings_version != index->settings_version || !may_compare(node, *now)) continue;
            suspects_.try_emplace({uid, node.id});
        }
    }
}

// True when something was done about it.
env::Task<bool> Writer::mend_settings(cluster::Node node) {
    if (!node.writable() || hints_.any(node.id)) co_return false;
    std::vector<plan::IndexPtr> found;
    for (const auto& [uid, index] : catalog_.committed()->indexes) {
        if (debts_.owes(node.id, uid)) continue;  // it gets them with the copy
        const std::uint64_t version = index->version_on(node.id);
        const bool lacks = version != index->settings_version && version != plan::IndexEntry::kChanging;
        if (lacks || suspects_.contains({uid, node.id})) found.push_back(index);
    }
    bool moved = false;
    for (const plan::IndexPtr& index : found) {
        const bool mended = co_await mend_index(node, index);
        moved = moved || mended;
        if (hints_.any(node.id)) break;
    }
    co_return moved;
}

env::Task<bool> Writer::set_versions(plan::IndexPtr index, std::map<NodeId, std::uint64_t> versions,
                                     std::string print) {
    plan::CatalogChange change{.kind = plan::CatalogChange::Kind::SetNodes, .uid = index->uid, .other = {}};
    change.node_versions = std::move(versions);
    change.settings_print = std::move(print);
    tasks::Batch batch;
    catalog_.change(change, batch);
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (kept) catalog_.changed_now(change);
    co_return kept.has_value();
}

env::Task<bool> Writer::mend_index(cluster::Node node, plan::IndexPtr index) {
    const std::pair<IndexUid, NodeId> key{index->uid, node.id};
    SettingsSuspect& suspect = suspects_[key];
    if (suspect.again_at && env_.clock.now() < *suspect.again_at) co_return false;
    const json::Value shown = co_await link(node.id).look(node.address, "/indexes/" + index->uid.value + "/settings");
    if (!shown.is_object()) {
        suspect.again_at = env_.clock.now() + options_.settings.retry_least;
        co_return false;
    }
    const std::string print = plan::settings_print(shown);
    std::map<NodeId, std::uint64_t> versions = index->node_versions;
    // Sent and carried out, and shown as before: that is how the engine writes these settings.
    const bool learnt =
        suspect.attempts > 0 && !suspect.refused && print == suspect.print && index->settings_print.empty();
    if (plan::fits_settings(*index, print) || learnt) {
        const bool known = versions.erase(node.id) > 0 || learnt;
        const bool kept =
            !known || co_await set_versions(index, std::move(versions), learnt ? print : index->settings_print);
        if (kept) suspects_.erase(key);
        co_return kept;
    }
    const auto quick = options_.settings.retry_least * (1U << std::min(suspect.attempts, 10U));
    suspect.again_at =
        env_.clock.now() +
        (suspect.attempts < options_.settings.max_repair_retries ? quick : std::chrono::nanoseconds(kRepairPause));
    ++suspect.attempts;
    suspect.print = print;
    suspect.refused = false;
    env_.log.warn("quorum", "a node has other settings than those committed: it is sent them again",
                  {{"node", node.id.value}, {"index", index->uid.value}, {"version", index->settings_version}});
    count_repair(*options_.metrics, index->uid);
    const bool marked = versions.try_emplace(node.id, plan::IndexEntry::kDrifted).second;
    if (marked) {
        const bool kept = co_await set_versions(index, std::move(versions), index->settings_print);
        if (!kept) co_return false;
    }
    NodeRequest request = settings_patch(index->uid, repair_body(*index, shown));
    co_return co_await owe_repair(store_, hints_, node.id, std::move(request), true);
}

}  // namespace miroir::quorum

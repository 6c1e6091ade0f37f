#include "quorum/shelves/teller.h"

#include <algorithm>

#include "env/log.h"
#include "json/write.h"
#include "quorum/shelves/rule_repair.h"

namespace miroir::quorum {
namespace {

using protocol::Feature;

constexpr std::chrono::nanoseconds kTellEvery = std::chrono::seconds(1);
constexpr std::size_t kRulesMost = 100'000;  // asked for at once

// What changes how a node reads, writes or refuses. The others are answered here alone.
constexpr Feature kOfNodes[] = {
    Feature::EditDocumentsByFunction, Feature::ContainsFilter, Feature::DynamicSearchRules, Feature::ChatCompletions,
    Feature::GetTaskDocumentsRoute,   Feature::ForeignKeys,    Feature::LegacySearch,       Feature::RenderRoute};

// A node is given whole settings, also those that stayed when the client turned their feature off. Who may set and use
// them is decided here.
constexpr Feature kAlways[] = {Feature::CompositeEmbedders, Feature::Multimodal};

std::string features_for_nodes(const Shelves& shelves) {
    json::Object out;
    for (const Feature feature : kOfNodes)
        out.append(std::string(protocol::feature_row(feature).name), shelves.feature(feature));
    for (const Feature feature : kAlways) out.append(std::string(protocol::feature_row(feature).name), true);
    return json::to_text(json::Value(std::move(out)));
}

}  // namespace

env::Task<void> Teller::tell_features() {
    const cluster::TopologyPtr topology = topology_();
    const std::string wanted = features_for_nodes(*shelves_.current());
    for (const cluster::Node& node : topology->nodes()) {
        // It may come back as another, or have come back already: who was emptied is in debt.
        if (!node.writable() || writer_.debts().any(node.id)) forget(node.id);
        Told& told = told_[node.id];
        if (!node.writable() || (told.features == wanted && told.until > env_.clock.now())) continue;
        http::Outgoing request;
        request.method = "PATCH";
        request.target = "/experimental-features";
        request.headers.add("Content-Type", "application/json");
        request.body = wanted;
        const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
        if (reply && reply->status == 200)
            told_[node.id] = {.features = wanted, .until = env_.clock.now() + options_.drift_interval};
    }
}

void Teller::forget(const NodeId& node) {
    told_.erase(node);
    rules_.erase(node);
}

bool Teller::rules_at_rest(const NodeId& node) const {
    return !writer_.hints().any(node) && std::ranges::none_of(tasks_.unfinished(), [](const tasks::TaskEntry* entry) {
        return entry->task.type == protocol::TaskType::DsrUpdate || entry->task.type == protocol::TaskType::DsrClear;
    });
}

env::Task<void> Teller::tell_rules() {
    if (!shelves_.current()->feature(Feature::DynamicSearchRules)) {
        rules_.clear();  // nodes do not show them
        co_return;
    }
    const cluster::TopologyPtr topology = topology_();
    for (const cluster::Node& node : topology->nodes()) {
        if (!node.writable() || told_[node.id].features.empty() || !rules_at_rest(node.id)) continue;
        if (rules_[node.id].again_at > env_.clock.now()) continue;
        co_await compare_rules(node.id, node.address);
    }
}

// Nothing changes them meanwhile.
env::Task<void> Teller::compare_rules(NodeId node, std::string address) {
    const env::Lane::Pass pass = co_await writer_.lane(rule_index()).enter();
    if (!rules_at_rest(node)) co_return;
    json::Object question{{"limit", kRulesMost}};
    const json::Value list =
        co_await writer_.link(node).look(std::move(address), std::string(kRulesTarget), std::move(question));
    const json::Value* shown = list.find("results");
    if (shown != nullptr && shown->is_array()) co_await mend_rules(std::move(node), shown->array());
}

env::Task<void> Teller::mend_rules(NodeId node, const json::Array& shown) {
    Rules& rules = rules_[node];
    std::vector<NodeRequest> requests = rule_repair(shelves_.current()->shelf(kRuleShelf), shown);
    if (requests.empty()) {
        rules = {.again_at = env_.clock.now() + options_.drift_interval};
        co_return;
    }
    const std::chrono::nanoseconds pause = options_.retry_least * (1U << std::min(rules.attempts++, 10U));
    rules.again_at = env_.clock.now() + pause;
    env_.log.warn("quorum", "a node has other dynamic search rules than those kept here: it is sent them again",
                  {{"node", node.value}, {"requests", requests.size()}});
    for (NodeRequest& request : requests) {
        const bool owed = co_await owe_repair(store_, writer_.hints(), node, std::move(request), false);
        if (!owed) co_return;
    }
}

env::Task<void> Teller::run(env::Cancel stop) {
    while (!stop.requested()) {
        co_await tell_features();
        co_await tell_rules();
        co_await env::sleep_for(env_, kTellEvery, stop);
    }
}

}  // namespace miroir::quorum

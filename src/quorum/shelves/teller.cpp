#include "quorum/shelves/teller.h"

#include "json/write.h"

namespace miroir::quorum {
namespace {

using protocol::Feature;

constexpr std::chrono::nanoseconds kTellEvery = std::chrono::seconds(1);

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
        if (!node.writable()) features_told_.erase(node.id);  // it may come back as another
        if (!node.writable() || features_told_[node.id] == wanted) continue;
        http::Outgoing request;
        request.method = "PATCH";
        request.target = "/experimental-features";
        request.headers.add("Content-Type", "application/json");
        request.body = wanted;
        const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
        if (reply && reply->status == 200) features_told_[node.id] = wanted;
    }
}

env::Task<void> Teller::run(env::Cancel stop) {
    while (!stop.requested()) {
        co_await tell_features();
        co_await env::sleep_for(env_, kTellEvery, stop);
    }
}

}  // namespace miroir::quorum

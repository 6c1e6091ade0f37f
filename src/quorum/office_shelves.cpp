// What the office does with the shelves: the default keys of a fresh server, and the features that nodes must have.
#include "json/write.h"
#include "quorum/office.h"

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

env::Task<Result<void>> Office::plant_default_keys() {
    if (!shelves_->current()->shelf("keys").empty()) co_return Result<void>{};
    std::vector<ShelfPut> puts;
    for (protocol::ApiKey& key : protocol::default_keys(env_.clock.wall())) {
        key.uid = env::uuid_v4(env_.random);
        puts.push_back({.shelf = "keys", .name = key.uid, .value = protocol::key_record(key)});
    }
    const Result<bool> planted = co_await shelves_->put(shelves_->current()->version, std::move(puts));
    if (!planted) co_return fail(planted.error());
    co_return Result<void>{};
}

env::Task<Result<bool>> Office::put_on_shelves(std::uint64_t version, std::vector<ShelfPut> puts) {
    Result<bool> done = co_await shelves_->put(version, std::move(puts));
    if (done && *done) co_await tell_features(topology_());
    co_return done;
}

env::Task<void> Office::tell_features(cluster::TopologyPtr topology) {
    const std::string wanted = features_for_nodes(*shelves_->current());
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

env::Task<void> Office::keep_features_told(env::Cancel stop) {
    while (!stop.requested()) {
        co_await tell_features(topology_());
        co_await env::sleep_for(env_, kTellEvery, stop);
    }
}

}  // namespace miroir::quorum

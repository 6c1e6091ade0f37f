#include "node/api/desk.h"

#include <array>

#include "env/unix_time.h"
#include "protocol/keys/index_uid.h"

namespace miroir::node {
namespace {

struct FeatureRow {
    std::string_view name;
    std::string_view spoken;
    std::string_view link;
};

constexpr std::array kFeatures = std::to_array<FeatureRow>({
    {"metrics", "metrics", "https://github.com/meilisearch/product/discussions/625"},
    {"logsRoute", "logs route", "https://github.com/orgs/meilisearch/discussions/721"},
    {"editDocumentsByFunction", "edit documents by function", "https://github.com/orgs/meilisearch/discussions/762"},
    {"containsFilter", "contains filter", "https://github.com/orgs/meilisearch/discussions/763"},
    {"dynamicSearchRules", "dynamic search rules", "https://github.com/orgs/meilisearch/discussions/884"},
    {"network", "network", "https://github.com/orgs/meilisearch/discussions/805"},
    {"getTaskDocumentsRoute", "get task documents route", "https://github.com/orgs/meilisearch/discussions/808"},
    {"taskQueueCompactionRoute", "task queue compaction route", "https://github.com/orgs/meilisearch/discussions/883"},
    {"compositeEmbedders", "composite embedders", "https://github.com/orgs/meilisearch/discussions/816"},
    {"chatCompletions", "chat completions", "https://github.com/orgs/meilisearch/discussions/835"},
    {"multimodal", "multimodal", "https://github.com/orgs/meilisearch/discussions/846"},
    {"foreignKeys", "foreign_keys", "https://github.com/orgs/meilisearch/discussions/873"},
    {"disableDocumentsFetchQueue", "disable documents fetch queue", "https://github.com/orgs/meilisearch/discussions"},
    {"legacySearch", "legacy search", "https://github.com/orgs/meilisearch/discussions"},
    {"renderRoute", "render route", "https://github.com/orgs/meilisearch/discussions/885"},
});

constexpr auto kNames = [] {
    std::array<std::string_view, kFeatures.size()> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kFeatures[i].name;
    return names;
}();

}  // namespace

std::span<const std::string_view> feature_names() { return kNames; }

Desk::Desk(env::Env env, World& world, Ledger& ledger, Scheduler& scheduler, Disk& disk, FaultTable& faults,
           DeskOptions options)
    : env_(env),
      world_(world),
      ledger_(ledger),
      scheduler_(scheduler),
      disk_(disk),
      faults_(faults),
      options_(std::move(options)) {
    ring_.master_key = options_.master_key;
}

std::string Desk::draw_request_uid() {
    const auto ms = env::unix_time<std::chrono::milliseconds>(now());
    return env::uuid_v7(env_.random, static_cast<std::uint64_t>(ms));
}

const protocol::KeyRing& Desk::ring() {
    if (!ring_stale_) return ring_;
    ring_ = {.master_key = options_.master_key};
    for (const auto& [uid, record] : world_.shelf("keys")) {
        if (auto key = protocol::key_of_record(record)) ring_.put(uid, std::move(*key));
    }
    ring_stale_ = false;
    return ring_;
}

void Desk::put(std::string_view shelf, std::string_view name, json::Value value) {
    if (shelf == "keys") ring_stale_ = true;
    ledger_.put(shelf, name, std::move(value));
}

void Desk::plant_default_keys() {
    if (!world_.shelf("keys").empty()) return;
    for (protocol::ApiKey& key : protocol::default_keys(now())) {
        key.uid = draw_uuid();
        put("keys", key.uid, protocol::key_record(key));
    }
}

bool Desk::feature(std::string_view name) const {
    const Shelf& shelf = world_.shelf("features");
    const auto found = shelf.find(name);
    return found != shelf.end() && found->second.is_bool() && found->second.boolean();
}

json::Value Desk::features_view() const {
    json::Object out;
    for (const FeatureRow& row : kFeatures) out.append(std::string(row.name), feature(row.name));
    return out;
}

protocol::SettingsGates Desk::settings_gates() const {
    return {.chat_completions = feature("chatCompletions"),
            .foreign_keys = feature("foreignKeys"),
            .multimodal = feature("multimodal"),
            .composite_embedders = feature("compositeEmbedders")};
}

protocol::SearchFeatures Desk::search_features() const {
    return {.network = feature("network"), .multimodal = feature("multimodal")};
}

Result<void> Desk::require_feature(std::string_view name, std::string_view what) const {
    if (feature(name)) return {};
    for (const FeatureRow& row : kFeatures) {
        if (row.name != name) continue;
        return fail(ErrorCode::FeatureNotEnabled, std::string(what) + " requires enabling the `" +
                                                      std::string(row.spoken) + "` experimental feature. See " +
                                                      std::string(row.link));
    }
    return {};
}

Result<StoredIndex*> Desk::open(std::string_view uid) {
    MIROIR_CHECK(protocol::check_index_uid(uid));
    StoredIndex* const stored = world_.find(uid);
    if (stored == nullptr) return fail(no_such_index(uid));
    return stored;
}

}  // namespace miroir::node

// What every route works with: the world, the ledger, the clock and the keys, and the few steps that all of them share
// (admitting a request, enqueuing a task, asking for a feature). One a node, one executor.
#pragma once

#include <string>
#include <string_view>

#include "env/env.h"
#include "node/faults/fault_table.h"
#include "node/retrieve/search.h"
#include "node/store/disk.h"
#include "node/tasks/scheduler.h"
#include "protocol/keys/authorise.h"
#include "protocol/query/search_query.h"
#include "protocol/settings/settings.h"
#include "server/router.h"

namespace miroir::node {

struct DeskOptions {
    std::optional<std::string> master_key{};
    std::size_t payload_limit = 100'000'000;
    bool replication_parameters = false;  // headers TaskId and DryRun
    bool faults_route = false;
    bool production = false;
};

class Desk {
public:
    Desk(env::Env env, World& world, Ledger& ledger, Scheduler& scheduler, Disk& disk, FaultTable& faults,
         DeskOptions options);

    World& world() { return world_; }
    Ledger& ledger() { return ledger_; }
    Scheduler& scheduler() { return scheduler_; }
    Disk& disk() { return disk_; }
    FaultTable& faults() { return faults_; }
    const DeskOptions& options() const { return options_; }
    env::Env env() const { return env_; }
    protocol::Instant now() { return env_.clock.wall(); }
    std::string draw_uuid() { return env::uuid_v4(env_.random); }
    std::string draw_request_uid();

    // The keys as they stand; kept until a key changes.
    const protocol::KeyRing& ring();
    void put(std::string_view shelf, std::string_view name, json::Value value);
    // The four keys of a fresh server.
    void plant_default_keys();

    bool feature(std::string_view name) const;
    json::Value features_view() const;
    protocol::SettingsGates settings_gates() const;
    protocol::SearchFeatures search_features() const;
    // FeatureNotEnabled, in the engine's words, unless the feature is on.
    Result<void> require_feature(std::string_view name, std::string_view what) const;

    Result<StoredIndex*> open(std::string_view uid);  // InvalidIndexUid, IndexNotFound

private:
    env::Env env_;
    World& world_;
    Ledger& ledger_;
    Scheduler& scheduler_;
    Disk& disk_;
    FaultTable& faults_;
    DeskOptions options_;
    protocol::KeyRing ring_;
    bool ring_stale_ = true;
};

std::span<const std::string_view> feature_names();

}  // namespace miroir::node

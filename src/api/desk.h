// What the endpoints of one hall share: the world, the snapshots, the way to read from the nodes and the way to the
// office that writes. One a hall; the office lives on the first executor and is reached by a hop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/read/page_ends.h"
#include "cluster/breakers.h"
#include "cluster/cover.h"
#include "cluster/snapshot.h"
#include "env/env.h"
#include "env/hop.h"
#include "env/log_switch.h"
#include "env/metrics.h"
#include "http/streaming.h"
#include "plan/catalog.h"
#include "protocol/filter/filter.h"
#include "protocol/keys/authorise.h"
#include "protocol/query/search_query.h"
#include "quorum/office.h"
#include "quorum/shelves/shelves.h"
#include "scatter/scatter.h"
#include "scatter/single_flight.h"
#include "server/router.h"

namespace miroir::api {

// FNV-1a: the same text gives the same seed in every process.
std::uint64_t seed_of(std::string_view text);

enum class UnavailableShards : std::uint8_t { Error, Partial };

// How the replica that answers is chosen among those that may.
struct ReplicaChoice {
    enum class Strategy : std::uint8_t { Adaptive, RoundRobin, Random };
    Strategy strategy = Strategy::Adaptive;
    double exploration = 0.05;  // Adaptive: how often a replica found too dear is asked all the same
};

// Searches that equal one in flight may wait for its answer.
struct CoalescingOptions {
    bool enabled = true;
    scatter::SingleFlightOptions flights{};
};

// What a read does whose session has unfinished writes.
struct SessionOptions {
    enum class Strategy : std::uint8_t { Block, RoutePin };
    bool enabled = true;
    Strategy strategy = Strategy::Block;
    std::chrono::nanoseconds max_wait = std::chrono::seconds(5);
};
struct SessionCounts {
    env::Counter& enforced;
    env::Counter& timed_out;
    env::Histogram& waited;
};

// Conversations with models elsewhere.
struct ChatOptions {
    http::StreamingClient* outside = nullptr;                     // applies the policy of networks; none: no models
    std::chrono::nanoseconds patience = std::chrono::minutes(5);  // with a model, from one piece to the next
    std::string usual_key{};                                      // for workspaces that have none
    std::size_t held_max = 256;                                   // at once
    std::shared_ptr<std::size_t> held = std::make_shared<std::size_t>(0);
};

// A second round costs about as much as so many documents from each node: docs/benchmarks.md, "Keys first".
inline constexpr std::uint64_t kKeysFirstFrom = 400;

struct DeskOptions {
    env::Metrics* metrics = nullptr;
    std::size_t payload_limit = 100'000'000;
    UnavailableShards unavailable_shards = UnavailableShards::Partial;
    json::Value fixed_webhook{};  // of the configuration; null: none
    ReplicaChoice replicas;
    CoalescingOptions coalescing;
    std::uint64_t keys_first_from = kKeysFirstFrom;  // hits up to the end of a page whose documents are fetched apart
    SessionOptions sessions;
    ChatOptions chats;
    env::LogSwitch* log_switch = nullptr;         // of this process; none: its log is nobody's business
    std::function<std::string()> metrics_text;    // what is counted for operators
    const cluster::Breakers* breakers = nullptr;  // whom they hold back is not chosen; none: everybody may be
    std::shared_ptr<PageEnds> page_ends = std::make_shared<PageEnds>();
};

class SearchFlights;

class Desk {
public:
    using CatalogSource = std::function<plan::CatalogPtr()>;
    using ShelvesSource = std::function<quorum::ShelvesPtr()>;
    using Behind = std::function<quorum::BehindPtr()>;  // who may not answer for what

    Desk(env::Env env, const cluster::SnapshotHolder& topology, CatalogSource catalog, ShelvesSource shelves,
         Behind behind, scatter::Scatter scatter, quorum::Office& office, env::Executor& office_executor,
         DeskOptions options);
    ~Desk();

    env::Env env() const { return env_; }
    const DeskOptions& options() const { return options_; }
    cluster::TopologyPtr topology() const { return topology_.current(); }
    plan::CatalogPtr catalog() const { return catalog_(); }
    const scatter::Scatter& scatter() const { return scatter_; }
    SearchFlights& search_flights() { return *flights_; }
    SessionCounts& session_counts() { return session_counts_; }

    // What clients keep here, and the experimental features as they have switched them.
    quorum::ShelvesPtr shelves() const { return shelves_(); }
    bool feature(protocol::Feature feature) const { return shelves_()->feature(feature); }
    Result<void> require(protocol::Feature feature, std::string_view action) const;  // FeatureNotEnabled
    protocol::SettingsGates settings_gates() const;
    protocol::SearchFeatures search_features() const;
    protocol::FilterGates filter_gates() const;

    Result<plan::IndexPtr> open(std::string_view uid) const;  // InvalidIndexUid, IndexNotFound

    Result<protocol::Grant> admit(const server::Incoming& in, std::string_view action,
                                  std::optional<std::string_view> index) const;

    // Which node answers for which shards of this index, and the same again without some nodes.
    Result<cluster::Cover> cover(const cluster::Topology& topology, const plan::IndexEntry& index, std::uint64_t seed,
                                 const std::vector<cluster::NodeIndex>& avoid = {},
                                 std::optional<ShardId> only = {}) const;

    // A number that prefers some replicas, the same ones for the same text unless the operator wants otherwise.
    std::uint64_t replica_seed(std::string_view text) const;
    // Is this still how things stood when `index` was looked up? If not, an answer may mix two versions of settings.
    bool still_holds(const plan::IndexEntry& index) const;
    // Were nodes asked that are between two versions? The reply says so then.
    static bool is_mixed(const cluster::Topology& topology, const plan::IndexEntry& index, const cluster::Cover& cover);

    // Shards of which documents are lost for good: replies name them as degraded.
    std::vector<ShardId> lost_of(const plan::IndexEntry& index) const { return behind_()->lost_of(index.uid.value); }

    // Swaps and renames under way. Who holds it while he reads is waited for before one is sent.
    quorum::ShiftsPtr shifts() const { return behind_()->shifts; }

    // Does the node answer, with every write applied or on its way?
    bool is_in_step(const cluster::Node& node) const { return node.readable() && behind_()->in_step(node.id); }

    // Asks the office. `work` is made on this thread and runs on the office's.
    template <class T>
    env::Task<T> ask(env::Task<T> work) {
        return env::hop(env_.executor, office_executor_, std::move(work));
    }
    quorum::Office& office() { return office_; }

    // Fields of an index that nodes were found to know, bounded.
    std::set<std::string> remembered_fields(const plan::IndexEntry& index) const;
    void remember_fields(const plan::IndexEntry& index, std::set<std::string> fields);

private:
    void weigh(cluster::CoverPreference& preference, const cluster::Topology& topology) const;

    env::Env env_;
    const cluster::SnapshotHolder& topology_;
    CatalogSource catalog_;
    ShelvesSource shelves_;
    Behind behind_;
    scatter::Scatter scatter_;
    quorum::Office& office_;
    env::Executor& office_executor_;
    DeskOptions options_;
    env::Counter& explorations_;
    std::unique_ptr<SearchFlights> flights_;
    SessionCounts session_counts_;
    mutable std::uint64_t turn_ = 0;                                             // RoundRobin
    std::map<std::pair<IndexUid, std::int64_t>, std::set<std::string>> fields_;  // by index and when it was made
};

}  // namespace miroir::api

#include "api/desk.h"

#include <algorithm>
#include <array>

#include "api/read/search_flights.h"
#include "protocol/keys/index_uid.h"

namespace miroir::api {
namespace {

constexpr env::MetricName kExplorations{.name = "miroir_replica_selection_exploration_total",
                                        .help = "Reads that chose their replicas without looking at their cost."};

constexpr env::MetricName kPinned{.name = "miroir_session_pin_enforced_total",
                                  .help = "Reads that waited for a write of their session, or kept to its replicas."};
constexpr env::MetricName kLate{.name = "miroir_session_wait_timeout_total",
                                .help = "Reads that waited for a write of their session in vain."};
constexpr env::MetricName kWaited{.name = "miroir_session_wait_duration_seconds",
                                  .help = "How long reads waited for a write of their session."};
constexpr std::array kWaitedBounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};

env::Metrics& metrics_of(const DeskOptions& options) {
    return options.metrics != nullptr ? *options.metrics : env::no_metrics();
}

SessionCounts session_counts_in(const DeskOptions& options) {
    const bool pins = options.sessions.strategy == SessionOptions::Strategy::RoutePin;
    env::Metrics& metrics = metrics_of(options);
    return {.enforced = metrics.counter(kPinned, {{"strategy", pins ? "route_pin" : "block"}}),
            .timed_out = metrics.counter(kLate),
            .waited = metrics.histogram(kWaited, kWaitedBounds)};
}

}  // namespace

Desk::Desk(env::Env env, const cluster::SnapshotHolder& topology, CatalogSource catalog, ShelvesSource shelves,
           Behind behind, scatter::Scatter scatter, quorum::Office& office, env::Executor& office_executor,
           DeskOptions options)
    : env_(env),
      topology_(topology),
      catalog_(std::move(catalog)),
      shelves_(std::move(shelves)),
      behind_(std::move(behind)),
      scatter_(std::move(scatter)),
      office_(office),
      office_executor_(office_executor),
      options_(std::move(options)),
      explorations_(metrics_of(options_).counter(kExplorations)),
      flights_(std::make_unique<SearchFlights>(env_, options_.coalescing, metrics_of(options_))),
      session_counts_(session_counts_in(options_)) {}

Desk::~Desk() = default;

Result<plan::IndexPtr> Desk::open(std::string_view uid) const {
    MIROIR_CHECK(protocol::check_index_uid(uid));
    const IndexUid name{std::string(uid)};
    if (plan::IndexPtr index = catalog()->find(name)) return index;
    return fail(quorum::index_not_found(name));
}

Result<protocol::Grant> Desk::admit(const server::Incoming& in, std::string_view action,
                                    std::optional<std::string_view> index) const {
    const protocol::Ask ask{.authorization = in.headers.get("authorization"),
                            .has_authorization = in.headers.has("authorization"),
                            .action = action,
                            .index_uid = index,
                            .now = env_.clock.wall()};
    return protocol::authorise(shelves_()->ring, ask);
}

Result<void> Desk::require(protocol::Feature feature, std::string_view action) const {
    return protocol::check_feature(this->feature(feature), action, feature);
}

protocol::SettingsGates Desk::settings_gates() const {
    using protocol::Feature;
    const quorum::ShelvesPtr shelves = shelves_();
    return {.chat_completions = shelves->feature(Feature::ChatCompletions),
            .foreign_keys = shelves->feature(Feature::ForeignKeys),
            .multimodal = shelves->feature(Feature::Multimodal),
            .composite_embedders = shelves->feature(Feature::CompositeEmbedders)};
}

protocol::SearchFeatures Desk::search_features() const {
    const quorum::ShelvesPtr shelves = shelves_();
    return {.network = shelves->feature(protocol::Feature::Network),
            .multimodal = shelves->feature(protocol::Feature::Multimodal)};
}

protocol::FilterGates Desk::filter_gates() const {
    using protocol::Feature;
    const quorum::ShelvesPtr shelves = shelves_();
    return {.contains_filter = shelves->feature(Feature::ContainsFilter),
            .foreign_keys = shelves->feature(Feature::ForeignKeys),
            .network = shelves->feature(Feature::Network),
            .multimodal = shelves->feature(Feature::Multimodal)};
}

std::uint64_t seed_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

std::uint64_t Desk::replica_seed(std::string_view text) const {
    switch (options_.replicas.strategy) {
        case ReplicaChoice::Strategy::RoundRobin: return ++turn_;
        case ReplicaChoice::Strategy::Random: return env_.random.next();
        case ReplicaChoice::Strategy::Adaptive: break;
    }
    return seed_of(text);
}

// The replica that the seed prefers keeps its place until another is clearly cheaper. Now and then it is asked all the
// same, or nobody would learn that it is well again; such a call is asked twice at once.
void Desk::weigh(cluster::CoverPreference& preference, const cluster::Topology& topology) const {
    constexpr double kClearly = 3;
    if (options_.replicas.strategy != ReplicaChoice::Strategy::Adaptive || topology.nodes().size() < 2) return;
    if (scatter_.may_explore() && env::chance(env_.random, options_.replicas.exploration)) {
        explorations_.add();
        return;
    }
    preference.stick = kClearly;
    preference.cost = [this, &topology](cluster::NodeIndex node) {
        return scatter_.paces().cost(topology.node(node).id);
    };
}

// Nodes of one version of settings, if they can answer for everything that anybody can answer for. Otherwise, with a
// single copy, those that are being changed too: there is no other.
Result<cluster::Cover> Desk::cover(const cluster::Topology& topology, const plan::IndexEntry& index, std::uint64_t seed,
                                   const std::vector<cluster::NodeIndex>& avoid, std::optional<ShardId> only) const {
    cluster::CoverPreference preference;
    preference.seed = seed;
    preference.shards = index.shards;
    preference.avoid = avoid;
    preference.only = only;
    if (options_.breakers != nullptr) {
        const cluster::Instant now = env_.clock.now().time_since_epoch();
        for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
            if (!options_.breakers->passes(topology.nodes()[i].id, now))
                preference.avoid.push_back(static_cast<cluster::NodeIndex>(i));
        }
    }
    const quorum::BehindPtr behind = behind_();
    std::vector<char> lacks_nothing;  // most nodes, most of the time: found out once for all shards
    for (const cluster::Node& node : topology.nodes())
        lacks_nothing.push_back(behind->in_step(node.id) && !index.node_versions.contains(node.id) ? 1 : 0);
    preference.fresh = [&](cluster::NodeIndex node, ShardId shard) {
        if (lacks_nothing[node] != 0) return true;
        const NodeId& id = topology.node(node).id;
        return behind->may_answer(id, index.uid.value, shard) && !index.node_versions.contains(id);
    };
    weigh(preference, topology);
    const bool partial = options_.unavailable_shards == UnavailableShards::Partial;
    if (index.node_versions.empty()) {
        preference.allow_missing = partial;
        return cluster::cover(topology, preference);
    }
    if (Result<cluster::Cover> pure = cluster::cover(topology, preference)) return pure;
    preference.fresh = [&](cluster::NodeIndex node, ShardId shard) {
        const NodeId& id = topology.node(node).id;
        const std::uint64_t version = index.version_on(id);
        const bool answers = version == index.settings_version || version == plan::IndexEntry::kChanging ||
                             version == plan::IndexEntry::kDrifted;
        return behind->may_answer(id, index.uid.value, shard) && answers;
    };
    preference.allow_missing = partial;
    return cluster::cover(topology, preference);
}

bool Desk::still_holds(const plan::IndexEntry& index) const {
    const plan::IndexPtr now = catalog()->find(index.uid);
    return !now || (now->settings_version == index.settings_version && now->settings_turn == index.settings_turn);
}

bool Desk::is_mixed(const cluster::Topology& topology, const plan::IndexEntry& index, const cluster::Cover& cover) {
    if (index.node_versions.empty()) return false;
    return std::ranges::any_of(cover.parts, [&](const cluster::CoverPart& part) {
        return index.node_versions.contains(topology.node(part.node).id);
    });
}

std::set<std::string> Desk::remembered_fields(const plan::IndexEntry& index) const {
    const auto found = fields_.find({index.uid, index.created_at_ns});
    return found == fields_.end() ? std::set<std::string>() : found->second;
}

void Desk::remember_fields(const plan::IndexEntry& index, std::set<std::string> fields) {
    constexpr std::size_t kIndexesMost = 1000;
    constexpr std::size_t kFieldsMost = 1000;
    if (fields_.size() >= kIndexesMost) fields_.clear();
    if (fields.size() <= kFieldsMost) fields_[{index.uid, index.created_at_ns}] = std::move(fields);
}

}  // namespace miroir::api

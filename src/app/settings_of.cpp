#include "app/settings_of.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "cluster/schedule.h"
#include "protocol/instance/webhook.h"

namespace miroir::app {
namespace {

std::uint32_t share(std::uint32_t whole, std::uint32_t threads) {
    return std::max(1u, (whole + threads - 1) / threads);
}

}  // namespace

cluster::TopologySpec topology_spec(const config::Config& config) {
    constexpr double kPlainWeight = 100;  // the cluster counts in hundredths
    cluster::TopologySpec spec{.nodes = {}, .shards = config.shards, .replicas = config.replication_factor};
    for (const config::Node& node : config.nodes) {
        spec.nodes.push_back({.id = NodeId{node.id},
                              .address = node.address,
                              .group = GroupId{node.replica_group},
                              .zone = node.zone,
                              .weight = static_cast<std::uint32_t>(std::lround(node.weight * kPlainWeight))});
    }
    return spec;
}

quorum::SettingsOptions settings_options(const config::Config& config) {
    quorum::SettingsOptions options;
    const bool one_by_one = config.settings_broadcast.strategy == config::SettingsStrategy::Sequential;
    options.rollout = one_by_one ? plan::Rollout::Sequential : plan::Rollout::TwoPhase;
    options.max_repair_retries = config.settings_broadcast.max_repair_retries;
    options.verify_timeout = config.settings_broadcast.verify_timeout;
    options.drift_interval = config.settings_drift_check.interval;
    options.auto_repair = config.settings_drift_check.auto_repair;
    return options;
}

quorum::TaskRetention task_retention(const config::Config& config) {
    const config::TaskRegistry& asked = config.task_registry;
    quorum::TaskRetention kept{.most = asked.max_tasks, .age = std::nullopt};
    if (asked.ttl_seconds != 0) kept.age = std::chrono::seconds(asked.ttl_seconds);
    kept.look_every = std::chrono::seconds(asked.prune_interval_s);
    kept.at_once = asked.prune_batch_size;
    return kept;
}

cluster::HealthOptions health_options(const config::Config& config) {
    return {.interval = config.health.interval,
            .timeout = config.health.timeout,
            .unhealthy_threshold = config.health.unhealthy_threshold,
            .recovery_threshold = config.health.recovery_threshold};
}

scatter::PaceOptions pace_options(const config::Config& config) {
    return {.latency_weight = config.replica_selection.latency_weight,
            .inflight_weight = config.replica_selection.inflight_weight,
            .error_weight = config.replica_selection.error_weight,
            .half_life = config.replica_selection.ewma_half_life};
}

scatter::ScatterOptions scatter_options(const config::Config& config, env::Metrics& metrics, scatter::Paces& paces) {
    scatter::ScatterOptions options{.node_timeout = config.scatter_node_timeout, .node_key = config.node_master_key};
    options.hedging.enabled = config.hedging.enabled;
    options.hedging.p95_multiplier = config.hedging.p95_trigger_multiplier;
    options.hedging.min_trigger = config.hedging.min_trigger;
    options.hedging.max_per_query = config.hedging.max_hedges_per_query;
    options.hedging.cross_group = config.hedging.cross_group_fallback;
    options.board = &paces;
    options.metrics = &metrics;
    return options;
}

api::DeskOptions desk_options(const config::Config& config, env::Metrics& metrics) {
    using Strategy = api::ReplicaChoice::Strategy;
    api::DeskOptions options{.payload_limit = config.server.max_body_bytes};
    options.unavailable_shards =
        config.search_unavailable_shards == "error" ? api::UnavailableShards::Error : api::UnavailableShards::Partial;
    const std::string& strategy = config.replica_selection.strategy;
    options.replicas.strategy = strategy == "random"        ? Strategy::Random
                                : strategy == "round_robin" ? Strategy::RoundRobin
                                                            : Strategy::Adaptive;
    options.replicas.exploration = config.replica_selection.exploration_epsilon;
    options.coalescing.enabled = config.query_coalescing.enabled;
    options.coalescing.flights = {.window = config.query_coalescing.window,
                                  .followers_max = config.query_coalescing.max_subscribers,
                                  .flights_max = config.query_coalescing.max_pending_queries};
    options.sessions.enabled = config.session_pinning.enabled;
    options.sessions.max_wait = config.session_pinning.max_wait;
    const bool pins = config.session_pinning.wait_strategy == "route_pin";
    options.sessions.strategy = pins ? api::SessionOptions::Strategy::RoutePin : api::SessionOptions::Strategy::Block;
    options.chats.patience = config.chat_timeout;
    options.chats.usual_key = config.chat_api_key;
    options.metrics = &metrics;
    options.fixed_webhook = protocol::fixed_webhook(config.task_webhook_url, config.task_webhook_authorization);
    return options;
}

rebalance::RebalancerOptions rebalancer_options(const config::Config& config, env::Metrics& metrics) {
    return {.by_itself = config.rebalancer.by_itself,
            .limits = {.per_node = config.rebalancer.max_concurrent_migrations,
                       .small_per_node = 8 * config.rebalancer.max_concurrent_migrations},
            .grace = config.rebalancer.grace,
            .write_off_after = config.rebalancer.write_off_after,
            .take_back = config.rebalancer.take_back,
            .move_timeout = config.rebalancer.move_timeout,
            .max_node_bytes = config.rebalancer.max_node_bytes,
            .windows = cluster::parse_windows(config.rebalancer.allowed_windows).value(),  // checked when it was read
            .metrics = &metrics};
}

quorum::MenderOptions mender_options(const config::Config& config) {
    return {.copy = {.bytes_per_second = config.rebalancer.bytes_per_second,
                     .courtesy = {.slowdown = config.rebalancer.search_slowdown}},
            .at_once = config.rebalancer.max_concurrent_migrations,
            .skip_delta_pass = config.rebalancer.skip_delta_pass};
}

quorum::AntiEntropyOptions anti_entropy_options(const config::Config& config, env::Metrics& metrics) {
    const config::AntiEntropy& wished = config.anti_entropy;
    return {.enabled = wished.enabled,
            .every = cluster::parse_schedule(wished.schedule).value(),  // checked when it was read
            .shards_per_pass = wished.shards_per_pass,
            .at_once = wished.max_read_concurrency,
            .page = wished.fingerprint_batch_size,
            .cpu_percent = wished.cpu_percent,
            .auto_repair = wished.auto_repair,
            .metrics = &metrics};
}

quorum::AckRule ack_rule(const config::Config& config) {
    using Kind = quorum::AckRule::Kind;
    if (config.writes_acks == "half") return {.kind = Kind::Half};
    if (config.writes_acks == "quorum") return {.kind = Kind::Quorum};
    if (config.writes_acks == "all") return {.kind = Kind::All};
    quorum::AckRule rule{.kind = Kind::Number};
    const std::string& text = config.writes_acks;  // checked when it was read
    std::from_chars(text.data(), text.data() + text.size(), rule.number);
    return rule;
}

wire::ClientOptions client_options(const config::Config& config) {
    wire::ClientOptions options;
    options.tls.authorities = config.node_tls.ca_path;
    options.tls.certificate = config.node_tls.cert_path;
    options.tls.key = config.node_tls.key_path;
    options.connect_timeout = config.connection_pool_per_node.connect_timeout;
    options.idle_timeout = config.connection_pool_per_node.idle_timeout;
    options.idle_per_address = config.connection_pool_per_node.max_idle;
    return options;
}

// Receivers are anybody's: the system's authorities, and no certificate of ours.
wire::ClientOptions outside_options(const config::Config& config) {
    wire::ClientOptions options;
    options.connect_timeout = std::chrono::seconds(10);
    options.networks = http::NetworkPolicy::parse(config.allowed_networks).value_or(http::NetworkPolicy());
    return options;
}

webhooks::CourierOptions courier_options(const config::Config& config) {
    return {.fixed_webhook = protocol::fixed_webhook(config.task_webhook_url, config.task_webhook_authorization)};
}

bool nodes_use_tls(const config::Config& config) {
    if (config.node_tls != config::NodeTls()) return true;
    return std::ranges::any_of(config.nodes,
                               [](const config::Node& node) { return node.address.starts_with("https:"); });
}

wire::ListenerOptions listener_options(const config::Config& config, std::uint32_t threads) {
    wire::ListenerOptions options;
    options.host = config.http_addr.host;
    options.port = config.http_addr.port;
    options.share_port = threads > 1;
    if (config.tls.enabled()) {
        options.tls = wire::ListenerTls{.certificate = config.tls.cert_path,
                                        .key = config.tls.key_path,
                                        .client_authorities = config.tls.client_ca_path,
                                        .client_required = config.tls.require_client_cert};
    }
    options.request_line_bytes = config.server.max_url_bytes;
    options.header_bytes = config.server.max_header_bytes;
    options.header_timeout = config.server.header_timeout;
    options.body_idle_timeout = config.server.body_timeout;
    options.keep_alive_timeout = config.server.idle_timeout;
    options.connections = share(config.server.max_connections, threads);
    return options;
}

wire::ListenerOptions metrics_listener_options(const config::Config& config) {
    wire::ListenerOptions options;
    options.host = config.metrics_addr.host;
    options.port = config.metrics_addr.port;
    options.connections = 64;
    return options;
}

server::FrontDoorOptions door_options(const config::Config& config, std::uint32_t threads) {
    server::FrontDoorOptions options;
    options.in_flight_max = share(config.server.max_concurrent_requests, threads);
    options.queue_max = 4 * options.in_flight_max;
    options.always_admitted = {"/health", "/_miroir/ready", "/_miroir/topology", "/_miroir/metrics"};
    options.time_limit = config.server.request_timeout;
    options.inflated_body_max = config.server.max_body_bytes;
    return options;
}

server::FrontDoorOptions metrics_door_options() {
    server::FrontDoorOptions options;
    options.in_flight_max = 16;
    options.access_log = false;
    return options;
}

admin::OperationsOptions operations_options(const config::Config& config) {
    admin::OperationsOptions options;
    options.admin_key = config.admin_api_key;
    options.version.node_key = config.node_master_key;
    options.version.node_timeout = config.health.timeout;
    return options;
}

}  // namespace miroir::app

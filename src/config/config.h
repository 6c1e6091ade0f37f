// What the operator decided, as plain values with defaults that work. Immutable once loaded; only app/ reads it and
// hands each room its own part. What a key is called, how it is checked and explained stands in key_table.cpp;
// how the values are found (file, environment, flags) in load.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/upkeep.h"
#include "env/log.h"

namespace miroir::config {

using std::chrono::milliseconds;

enum class Mode : std::uint8_t { Development, Production };

// How new settings reach the nodes: in verified waves, or one node after another.
enum class SettingsStrategy : std::uint8_t { TwoPhase, Sequential };

// Where to listen. An IPv6 host is kept without its brackets.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};

struct Server {
    std::uint32_t threads = 0;  // executors that share nothing; 0: one a core
    std::uint32_t max_connections = 10'000;
    std::uint32_t max_concurrent_requests = 500;  // more wait their turn, then get 503
    std::uint64_t max_body_bytes = 100'000'000;   // also after decompression
    std::uint32_t max_header_bytes = 65'536;
    std::uint32_t max_url_bytes = 32'768;
    milliseconds header_timeout{10'000};
    milliseconds body_timeout{30'000};  // without one byte of progress
    milliseconds idle_timeout{75'000};
    milliseconds request_timeout{30'000};
    milliseconds drain_timeout{25'000};  // after SIGTERM; below the 30 s an orchestrator of containers grants
    bool operator==(const Server&) const = default;
};

// TLS towards clients: off while cert_path is empty.
struct Tls {
    std::string cert_path;
    std::string key_path;
    std::string client_ca_path;  // set: client certificates are asked for and checked
    bool require_client_cert = false;
    bool enabled() const { return !cert_path.empty(); }
    bool operator==(const Tls&) const = default;
};

// TLS towards nodes, used for https:// addresses. Their certificates are always checked.
struct NodeTls {
    std::string ca_path;    // empty: the system's authorities
    std::string cert_path;  // our own certificate, for nodes that ask for one
    std::string key_path;
    bool operator==(const NodeTls&) const = default;
};

struct Node {
    std::string id;
    std::string address;  // http://host:port or https://host:port, nothing behind it
    std::uint32_t replica_group = 0;
    std::string zone;  // empty: unknown
    double weight = 1.0;
    bool operator==(const Node&) const = default;
};

struct Health {
    milliseconds interval{5'000};
    milliseconds timeout{2'000};
    std::uint32_t unhealthy_threshold = 3;
    std::uint32_t recovery_threshold = 2;
    bool operator==(const Health&) const = default;
};

// A second try for a node that is late; see docs/config.md.
struct Hedging {
    bool enabled = true;
    double p95_trigger_multiplier = 1.2;
    milliseconds min_trigger{15};
    std::uint32_t max_hedges_per_query = 2;
    bool cross_group_fallback = true;
    bool operator==(const Hedging&) const = default;
};

struct ReplicaSelection {
    std::string strategy = "adaptive";
    double latency_weight = 1.0;
    double inflight_weight = 2.0;
    double error_weight = 10.0;
    milliseconds ewma_half_life{5'000};
    double exploration_epsilon = 0.05;
    bool operator==(const ReplicaSelection&) const = default;
};

struct QueryCoalescing {
    bool enabled = true;
    milliseconds window{50};
    std::uint32_t max_subscribers = 1'000;
    std::uint32_t max_pending_queries = 10'000;
    bool operator==(const QueryCoalescing&) const = default;
};

struct SessionPinning {
    bool enabled = true;
    std::uint32_t ttl_seconds = 900;
    std::uint32_t max_sessions = 100'000;
    std::string wait_strategy = "block";
    milliseconds max_wait{5'000};
    bool operator==(const SessionPinning&) const = default;
};

struct TaskRegistry {
    std::uint32_t ttl_seconds = 604'800;
    std::uint32_t prune_interval_s = 300;
    std::uint32_t prune_batch_size = 10'000;
    std::uint32_t max_tasks = 1'000'000;
    bool operator==(const TaskRegistry&) const = default;
};

struct SettingsBroadcast {
    SettingsStrategy strategy = SettingsStrategy::TwoPhase;
    milliseconds verify_timeout{60'000};
    std::uint32_t max_repair_retries = 3;
    bool operator==(const SettingsBroadcast&) const = default;
};

struct SettingsDriftCheck {
    milliseconds interval{300'000};
    bool auto_repair = true;
    bool operator==(const SettingsDriftCheck&) const = default;
};

struct ConnectionPool {
    std::uint32_t max_idle = 32;
    milliseconds idle_timeout{4'000};  // nodes close theirs after 5 s
    milliseconds connect_timeout{1'000};
    bool operator==(const ConnectionPool&) const = default;
};

struct Config {
    Mode mode = Mode::Development;
    env::LogLevel log_level = env::LogLevel::Info;
    Endpoint http_addr{.host = "0.0.0.0", .port = 7700};
    Endpoint metrics_addr{.host = "0.0.0.0", .port = 9090};
    std::string master_key;       // what clients show us; empty: no authentication
    std::string node_master_key;  // what we show the nodes; empty: they have none
    std::string admin_api_key;    // for /_miroir/*; empty: those routes stay closed
    std::uint32_t shards = 64;
    std::uint32_t replication_factor = 2;
    std::uint32_t replica_groups = 1;
    std::vector<Node> nodes;
    std::string task_store_path = "miroir-data/tasks.db";  // tasks, indexes, settings, hints: what must survive
    bool task_store_take_over = false;                     // whoever wrote to the nodes last
    std::string task_webhook_url;                          // told of every finished task; empty: none
    std::string task_webhook_authorization;                // the Authorization header sent to it
    std::string allowed_networks;  // private networks that webhooks, exports and chats may reach
    std::string chat_api_key;
    std::chrono::milliseconds chat_timeout{300'000};  // between two words of a model
    std::string dump_dir = "dumps";                   // where dumps are written
    std::string import_dump;                          // loaded at the start; empty: none
    bool ignore_missing_dump = false;
    bool ignore_dump_if_db_exists = false;
    Server server;
    Tls tls;
    NodeTls node_tls;
    Health health;
    milliseconds scatter_node_timeout{5'000};
    std::string search_unavailable_shards = "partial";
    std::string writes_acks = "half";
    Hedging hedging;
    ReplicaSelection replica_selection;
    QueryCoalescing query_coalescing;
    SessionPinning session_pinning;
    TaskRegistry task_registry;
    ConnectionPool connection_pool_per_node;
    SettingsBroadcast settings_broadcast;
    SettingsDriftCheck settings_drift_check;
    Rebalancing rebalancer;
    AntiEntropy anti_entropy;
    bool operator==(const Config&) const = default;
};

}  // namespace miroir::config

#include "config/key_table.h"

#include <algorithm>
#include <array>

namespace miroir::config {
namespace {

constexpr std::uint64_t kHour = 3'600'000;
constexpr std::uint64_t kGigabyte = 1'000'000'000;

// In the order of docs/config.md and of `config print`.
constexpr auto kKeys = std::to_array<Key<Config>>({
    {{.path = "env",
      .explanation =
          "`production` refuses to start without a master key of 16 bytes or more; `development` only warns.",
      .meili = "MEILI_ENV"},
     [](Config& c) -> Target { return &c.mode; }},
    {{.path = "log_level",
      .explanation = "What is logged: this level and everything more severe.",
      .meili = "MEILI_LOG_LEVEL"},
     [](Config& c) -> Target { return &c.log_level; }},
    {{.path = "http_addr",
      .explanation = "Where clients are served. Port 0 takes any free port and logs which.",
      .meili = "MEILI_HTTP_ADDR"},
     [](Config& c) -> Target { return &c.http_addr; }},
    {{.path = "metrics_addr",
      .explanation = "Where `/metrics` is served, without a key: keep it inside. Never the same place as `http_addr`."},
     [](Config& c) -> Target { return &c.metrics_addr; }},
    {{.path = "master_key",
      .explanation =
          "The key that may do everything; client keys and tokens derive from it. Empty: no key is asked for, "
          "which `production` refuses.",
      .meili = "MEILI_MASTER_KEY",
      .secret = true},
     [](Config& c) -> Target { return &c.master_key; }},
    {{.path = "node_master_key",
      .explanation =
          "The master key of the nodes. Clients never see it. Empty: the nodes ask for none. Changed without a "
          "restart: put the new key into the file, send SIGHUP, restart the nodes with it one by one; until "
          "then they are shown the old one.",
      .secret = true},
     [](Config& c) -> Target { return &c.node_master_key; }},
    {{.path = "admin.api_key",
      .explanation = "The key for `/_miroir/*`. Empty: the routes that need it stay closed.",
      .secret = true},
     [](Config& c) -> Target { return &c.admin_api_key; }},
    {{.path = "shards",
      .explanation = "Into how many parts a new index is cut, fixed when it is made. Eight for each node a group will "
                     "ever have is a good number; above 256 each search costs more.",
      .min = 1,
      .max = 512},
     [](Config& c) -> Target { return &c.shards; }},
    {{.path = "replication_factor",
      .explanation = "How many nodes of each group hold a copy of each shard. A group needs at least as many nodes.",
      .min = 1,
      .max = 16},
     [](Config& c) -> Target { return &c.replication_factor; }},
    {{.path = "replica_groups",
      .explanation = "How many groups of nodes hold a full copy each. Searches are spread over the groups.",
      .min = 1,
      .max = 64},
     [](Config& c) -> Target { return &c.replica_groups; }},
    {{.path = "task_store.path",
      .explanation =
          "The file that keeps tasks, indexes, settings and the writes that nodes have missed. Its folder is "
          "made when it is missing. Keep it on a disk that survives."},
     [](Config& c) -> Target { return &c.task_store_path; }},
    {{.path = "task_store.take_over",
      .explanation = "Take the nodes even where a Miroir that the store knows nothing of has written to them. For one "
                     "start, with an older copy of a store that was lost; that Miroir must not run any more."},
     [](Config& c) -> Target { return &c.task_store_take_over; }},
    {{.path = "task_webhook_url",
      .explanation = "A webhook that is told of every finished task, besides those that clients define. It is shown "
                     "under the nil uuid and cannot be changed by clients.",
      .meili = "MEILI_TASK_WEBHOOK_URL"},
     [](Config& c) -> Target { return &c.task_webhook_url; }},
    {{.path = "task_webhook_authorization_header",
      .explanation = "The `Authorization` header sent to `task_webhook_url`.",
      .meili = "MEILI_TASK_WEBHOOK_AUTHORIZATION_HEADER",
      .secret = true,
      .whole_header = true},
     [](Config& c) -> Target { return &c.task_webhook_authorization; }},
    {{.path = "experimental_allowed_ip_networks",
      .explanation = "Networks (`10.0.0.0/8,fd00::/8`, or `any`) of private addresses that webhooks, exports and "
                     "chats may reach. Empty: only public addresses.",
      .meili = "MEILI_EXPERIMENTAL_ALLOWED_IP_NETWORKS"},
     [](Config& c) -> Target { return &c.allowed_networks; }},
    {{.path = "chat_timeout_ms",
      .explanation = "How long a model that a chat workspace names may say nothing, before its first word and between "
                     "two.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.chat_timeout; }},
    {{.path = "chat_api_key",
      .explanation = "The key that models are shown where a chat workspace has none of its own.",
      .meili = "OPENAI_API_KEY",
      .secret = true},
     [](Config& c) -> Target { return &c.chat_api_key; }},
    {{.path = "dump_dir",
      .explanation = "Where `POST /dumps` writes. The folder is made when it is missing.",
      .meili = "MEILI_DUMP_DIR"},
     [](Config& c) -> Target { return &c.dump_dir; }},
    {{.path = "import_dump",
      .explanation = "A dump of Meilisearch or Miroir that is loaded before clients are served. The cluster must be "
                     "empty.",
      .meili = "MEILI_IMPORT_DUMP"},
     [](Config& c) -> Target { return &c.import_dump; }},
    {{.path = "ignore_missing_dump",
      .explanation = "Start without it when the file of `import_dump` is not there.",
      .meili = "MEILI_IGNORE_MISSING_DUMP"},
     [](Config& c) -> Target { return &c.ignore_missing_dump; }},
    {{.path = "ignore_dump_if_db_exists",
      .explanation = "Start without `import_dump` when the cluster holds something already, instead of refusing.",
      .meili = "MEILI_IGNORE_DUMP_IF_DB_EXISTS"},
     [](Config& c) -> Target { return &c.ignore_dump_if_db_exists; }},
    {{.path = "server.bind", .explanation = "The host part of `http_addr` alone.", .part_of = "http_addr"},
     [](Config& c) -> Target { return &c.http_addr.host; }},
    {{.path = "server.port", .explanation = "The port of `http_addr` alone.", .min = 1, .part_of = "http_addr"},
     [](Config& c) -> Target { return &c.http_addr.port; }},
    {{.path = "server.threads",
      .explanation = "Threads that serve requests, each on its own. 0: one for each core.",
      .max = 256},
     [](Config& c) -> Target { return &c.server.threads; }},
    {{.path = "server.max_connections",
      .explanation = "Client connections open at the same time; one more is closed at once.",
      .min = 1,
      .max = 1'000'000},
     [](Config& c) -> Target { return &c.server.max_connections; }},
    {{.path = "server.max_concurrent_requests",
      .explanation = "Requests worked on at the same time; more wait for a moment, then get 503.",
      .min = 1,
      .max = 1'000'000},
     [](Config& c) -> Target { return &c.server.max_concurrent_requests; }},
    {{.path = "server.max_body_bytes",
      .explanation = "The largest request body, also after decompression; a larger one gets 413 `payload_too_large`. "
                     "Takes units: `100 MB`, `95.4 MiB`; a small `b` means bits, as in Meilisearch.",
      .min = 1'024,
      .max = 64 * kGigabyte,
      .meili = "MEILI_HTTP_PAYLOAD_SIZE_LIMIT"},
     [](Config& c) -> Target { return &c.server.max_body_bytes; }},
    {{.path = "server.max_header_bytes",
      .explanation = "All header lines of a request together; more gets 431.",
      .min = 1'024,
      .max = 1'048'576},
     [](Config& c) -> Target { return &c.server.max_header_bytes; }},
    {{.path = "server.max_url_bytes",
      .explanation = "Path and query of a request; more gets 414.",
      .min = 256,
      .max = 1'048'576},
     [](Config& c) -> Target { return &c.server.max_url_bytes; }},
    {{.path = "server.header_timeout_ms",
      .explanation = "From the first byte of a request to the end of its header.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.server.header_timeout; }},
    {{.path = "server.body_timeout_ms",
      .explanation = "The longest pause inside a body, and the longest a client may take to accept a piece of a reply.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.server.body_timeout; }},
    {{.path = "server.idle_timeout_ms",
      .explanation = "How long a connection may wait for its next request.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.server.idle_timeout; }},
    {{.path = "server.request_timeout_ms",
      .explanation = "How long Miroir may work on a request after its header has come; then 504 `miroir_timeout`.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.server.request_timeout; }},
    {{.path = "server.drain_timeout_ms",
      .explanation = "How long running requests may take to finish after SIGTERM. Keep it below what the supervisor "
                     "grants before it kills (30 s in Kubernetes).",
      .max = kHour},
     [](Config& c) -> Target { return &c.server.drain_timeout; }},
    {{.path = "tls.cert_path",
      .explanation = "Certificate chain (PEM) shown to clients. Set: clients are served over TLS only.",
      .meili = "MEILI_SSL_CERT_PATH"},
     [](Config& c) -> Target { return &c.tls.cert_path; }},
    {{.path = "tls.key_path", .explanation = "Private key (PEM) of `tls.cert_path`.", .meili = "MEILI_SSL_KEY_PATH"},
     [](Config& c) -> Target { return &c.tls.key_path; }},
    {{.path = "tls.client_ca_path",
      .explanation = "Authorities (PEM) whose client certificates are accepted.",
      .meili = "MEILI_SSL_AUTH_PATH"},
     [](Config& c) -> Target { return &c.tls.client_ca_path; }},
    {{.path = "tls.require_client_cert",
      .explanation = "Refuse clients that show no certificate. Needs `tls.client_ca_path`.",
      .meili = "MEILI_SSL_REQUIRE_AUTH"},
     [](Config& c) -> Target { return &c.tls.require_client_cert; }},
    {{.path = "node_tls.ca_path",
      .explanation = "Authorities (PEM) that sign the certificates of `https://` nodes. Empty: those of the system."},
     [](Config& c) -> Target { return &c.node_tls.ca_path; }},
    {{.path = "node_tls.cert_path", .explanation = "Certificate (PEM) shown to nodes that ask for one."},
     [](Config& c) -> Target { return &c.node_tls.cert_path; }},
    {{.path = "node_tls.key_path", .explanation = "Private key (PEM) of `node_tls.cert_path`."},
     [](Config& c) -> Target { return &c.node_tls.key_path; }},
    {{.path = "health.interval_ms",
      .explanation = "Pause between two health probes of a node.",
      .min = 10,
      .max = kHour},
     [](Config& c) -> Target { return &c.health.interval; }},
    {{.path = "health.timeout_ms",
      .explanation = "A probe without an answer after this time has failed. At most `health.interval_ms`.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.health.timeout; }},
    {{.path = "health.unhealthy_threshold",
      .explanation = "Failures in a row after which a node is down.",
      .min = 1,
      .max = 1'000},
     [](Config& c) -> Target { return &c.health.unhealthy_threshold; }},
    {{.path = "health.recovery_threshold",
      .explanation = "Successes in a row after which a node that was down is back.",
      .min = 1,
      .max = 1'000},
     [](Config& c) -> Target { return &c.health.recovery_threshold; }},
    {{.path = "scatter.node_timeout_ms",
      .explanation = "How long one node may take for its part of a request. At most `server.request_timeout_ms`.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.scatter_node_timeout; }},
    {{.path = "search.unavailable_shards",
      .explanation = "When no node can answer for some shards: `partial` answers with the others and names them in "
                     "`X-Miroir-Degraded`, `error` gives 503 `miroir_shard_unavailable`.",
      .one_of = "partial, error"},
     [](Config& c) -> Target { return &c.search_unavailable_shards; }},
    {{.path = "writes.acks",
      .explanation = "How many copies of each shard must have accepted a write before it is acknowledged: `half` of "
                     "them rounded up, a majority (`quorum`), `all`, or a number. The others get it later, from a "
                     "durable record.",
      .min = 1,
      .max = 1'024,
      .one_of = "half, quorum, all",
      .or_number = true},
     [](Config& c) -> Target { return &c.writes_acks; }},
    {{.path = "hedging.enabled",
      .explanation =
          "Ask another replica as well when a node is late with its part of a read; the first answer counts. "
          "At most one call in twenty is asked twice."},
     [](Config& c) -> Target { return &c.hedging.enabled; }},
    {{.path = "hedging.p95_trigger_multiplier",
      .explanation = "Late is what takes longer than the node's own 95th percentile times this.",
      .max = 100,
      .smallest = 0.1},
     [](Config& c) -> Target { return &c.hedging.p95_trigger_multiplier; }},
    {{.path = "hedging.min_trigger_ms", .explanation = "Nothing is late before this time.", .max = kHour},
     [](Config& c) -> Target { return &c.hedging.min_trigger; }},
    {{.path = "hedging.max_hedges_per_query", .explanation = "Second tries that one read may send.", .max = 64},
     [](Config& c) -> Target { return &c.hedging.max_hedges_per_query; }},
    {{.path = "hedging.cross_group_fallback", .explanation = "A second try may go to a node of another group."},
     [](Config& c) -> Target { return &c.hedging.cross_group_fallback; }},
    {{.path = "replica_selection.strategy",
      .explanation = "Which of two replicas answers a read: `adaptive` keeps to the same one for the same query while "
                     "it is not clearly dearer (slower, busier, failing more), `round_robin` and `random` do not look.",
      .one_of = "adaptive, round_robin, random"},
     [](Config& c) -> Target { return &c.replica_selection.strategy; }},
    {{.path = "replica_selection.latency_weight",
      .explanation = "A replica's cost grows by this share for each millisecond it takes to answer.",
      .max = 1'000,
      .smallest = 0},
     [](Config& c) -> Target { return &c.replica_selection.latency_weight; }},
    {{.path = "replica_selection.inflight_weight",
      .explanation = "And by this share for each request that it has in hand.",
      .max = 1'000,
      .smallest = 0},
     [](Config& c) -> Target { return &c.replica_selection.inflight_weight; }},
    {{.path = "replica_selection.error_weight",
      .explanation = "And by this share when all its answers are failures, by half of it when half are.",
      .max = 1'000,
      .smallest = 0},
     [](Config& c) -> Target { return &c.replica_selection.error_weight; }},
    {{.path = "replica_selection.ewma_half_life_ms",
      .explanation = "After this time what was learnt of a replica weighs half.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.replica_selection.ewma_half_life; }},
    {{.path = "replica_selection.exploration_epsilon",
      .explanation = "The share of reads that do not look at the cost, so that a replica that is well again is found.",
      .max = 1,
      .smallest = 0},
     [](Config& c) -> Target { return &c.replica_selection.exploration_epsilon; }},
    {{.path = "query_coalescing.enabled",
      .explanation = "A search equal to one in flight shares its answer, unless the index has changed meanwhile."},
     [](Config& c) -> Target { return &c.query_coalescing.enabled; }},
    {{.path = "query_coalescing.window_ms",
      .explanation = "A search may join another for this long after that began.",
      .min = 1,
      .max = 1'000},
     [](Config& c) -> Target { return &c.query_coalescing.window; }},
    {{.path = "query_coalescing.max_subscribers",
      .explanation = "Searches that share one answer.",
      .min = 1,
      .max = 1'000'000},
     [](Config& c) -> Target { return &c.query_coalescing.max_subscribers; }},
    {{.path = "query_coalescing.max_pending_queries",
      .explanation = "Different searches that wait for others to join, in each thread.",
      .min = 1,
      .max = 1'000'000},
     [](Config& c) -> Target { return &c.query_coalescing.max_pending_queries; }},
    {{.path = "session_pinning.enabled",
      .explanation = "Reads that carry the `X-Miroir-Session` of an earlier write see that write."},
     [](Config& c) -> Target { return &c.session_pinning.enabled; }},
    {{.path = "session_pinning.ttl_seconds",
      .explanation = "A session is forgotten after this time without a request.",
      .min = 1,
      .max = 86'400},
     [](Config& c) -> Target { return &c.session_pinning.ttl_seconds; }},
    {{.path = "session_pinning.max_sessions",
      .explanation = "Sessions with unfinished writes that are remembered; beyond it the oldest is forgotten.",
      .min = 1,
      .max = 10'000'000},
     [](Config& c) -> Target { return &c.session_pinning.max_sessions; }},
    {{.path = "session_pinning.wait_strategy",
      .explanation = "`block` lets a read wait until the session's writes are applied; `route_pin` does not wait, it "
                     "only keeps the session to the same replicas.",
      .one_of = "block, route_pin"},
     [](Config& c) -> Target { return &c.session_pinning.wait_strategy; }},
    {{.path = "session_pinning.max_wait_ms",
      .explanation = "How long such a read waits; then 504 `miroir_timeout`.",
      .max = kHour},
     [](Config& c) -> Target { return &c.session_pinning.max_wait; }},
    {{.path = "task_registry.ttl_seconds",
      .explanation = "Ended tasks are forgotten after this time; 0: never because of their age.",
      .max = 315'360'000},
     [](Config& c) -> Target { return &c.task_registry.ttl_seconds; }},
    {{.path = "task_registry.prune_interval_s",
      .explanation = "How often those are looked for.",
      .min = 1,
      .max = 86'400},
     [](Config& c) -> Target { return &c.task_registry.prune_interval_s; }},
    {{.path = "task_registry.prune_batch_size",
      .explanation = "How many of them are forgotten at once.",
      .min = 1,
      .max = 1'000'000},
     [](Config& c) -> Target { return &c.task_registry.prune_batch_size; }},
    {{.path = "task_registry.max_tasks",
      .explanation = "So many tasks are kept; then a tenth of them goes, the oldest ended ones first.",
      .min = 1'000,
      .max = 10'000'000},
     [](Config& c) -> Target { return &c.task_registry.max_tasks; }},
    {{.path = "connection_pool_per_node.max_idle",
      .explanation = "Idle connections to a node that each thread keeps.",
      .max = 65'535},
     [](Config& c) -> Target { return &c.connection_pool_per_node.max_idle; }},
    {{.path = "connection_pool_per_node.idle_timeout_s",
      .explanation = "An idle connection is closed after this time. Nodes close theirs after 5 s.",
      .min = 1,
      .max = 3'600},
     [](Config& c) -> Target { return &c.connection_pool_per_node.idle_timeout; }},
    {{.path = "connection_pool_per_node.connect_timeout_ms",
      .explanation = "How long connecting to a node may take, TLS included.",
      .min = 1,
      .max = kHour},
     [](Config& c) -> Target { return &c.connection_pool_per_node.connect_timeout; }},
    {{.path = "settings_broadcast.strategy",
      .explanation = "How new settings of an index reach its nodes. `two_phase`: in verified waves, so that no search "
                     "mixes two versions where there is more than one copy. `sequential`: one node after another."},
     [](Config& c) -> Target { return &c.settings_broadcast.strategy; }},
    {{.path = "settings_broadcast.verify_timeout_s",
      .explanation = "How long a change waits for nodes that catch up, or that do not show what they were given.",
      .min = 1,
      .max = 3'600},
     [](Config& c) -> Target { return &c.settings_broadcast.verify_timeout; }},
    {{.path = "settings_broadcast.max_repair_retries",
      .explanation = "How often nodes that did not take settings over are sent them again, with growing pauses, before "
                     "the change is undone everywhere and its task fails.",
      .max = 20},
     [](Config& c) -> Target { return &c.settings_broadcast.max_repair_retries; }},
    {{.path = "settings_drift_check.interval_s",
      .explanation = "How often the settings that nodes show are compared with those committed.",
      .min = 1,
      .max = 86'400},
     [](Config& c) -> Target { return &c.settings_drift_check.interval; }},
    {{.path = "settings_drift_check.auto_repair",
      .explanation = "Send a node whose settings somebody changed behind Miroir's back the committed ones."},
     [](Config& c) -> Target { return &c.settings_drift_check.auto_repair; }},
    {{.path = "rebalancer.auto",
      .explanation = "Move shards by itself after a change of the nodes. Off: only when an operator starts it."},
     [](Config& c) -> Target { return &c.rebalancer.by_itself; }},
    {{.path = "rebalancer.max_concurrent_migrations",
      .explanation = "How many shards a node gives, and how many it takes, at the same time; eight times as many where "
                     "together they have no more than 20,000 documents.",
      .min = 1,
      .max = 256},
     [](Config& c) -> Target { return &c.rebalancer.max_concurrent_migrations; }},
    {{.path = "rebalancer.grace_s",
      .explanation = "How long the copy on the old owner is kept after the new one answers.",
      .max = 86'400},
     [](Config& c) -> Target { return &c.rebalancer.grace; }},
    {{.path = "rebalancer.max_bytes_per_second",
      .explanation = "How much is copied to nodes, repairs among it. 0: as fast as it goes.",
      .max = 1'000'000'000'000},
     [](Config& c) -> Target { return &c.rebalancer.bytes_per_second; }},
    {{.path = "rebalancer.search_slowdown",
      .explanation = "So many times as long as before may the nodes' answers to searches take (95th percentile) while "
                     "documents are copied; beyond that copying rests, for up to nine tenths of the time. 0: copying "
                     "does not look at searches.",
      .max = 100,
      .smallest = 0},
     [](Config& c) -> Target { return &c.rebalancer.search_slowdown; }},
    {{.path = "rebalancer.write_off_after_s",
      .explanation =
          "A node that is down for so long is lost for good where others have all it held: its copies are made "
          "anew elsewhere. 0: only an operator says so.",
      .max = 30 * 86'400},
     [](Config& c) -> Target { return &c.rebalancer.write_off_after; }},
    {{.path = "rebalancer.auto_rebalance_on_recovery",
      .explanation =
          "Take back a node that was written off for being down and answers again: it is emptied and joins like a "
          "new one. What an operator removed stays away."},
     [](Config& c) -> Target { return &c.rebalancer.take_back; }},
    {{.path = "rebalancer.migration_timeout_s",
      .explanation =
          "A move is given up, and planned anew, when nothing has been copied or cut over for so long. 0: never.",
      .max = 30 * 86'400},
     [](Config& c) -> Target { return &c.rebalancer.move_timeout; }},
    {{.path = "rebalancer.max_node_bytes",
      .explanation = "How large the database of a node may become by shards that move to it. 0: no limit.",
      .max = 1'000'000'000'000'000},
     [](Config& c) -> Target { return &c.rebalancer.max_node_bytes; }},
    {{.path = "rebalancer.allowed_windows",
      .explanation =
          "When moves may begin, `HH:MM-HH:MM` in UTC, several parted by commas. Empty: always. Shards that lack "
          "a copy do not wait."},
     [](Config& c) -> Target { return &c.rebalancer.allowed_windows; }},
    {{.path = "rebalancer.skip_delta_pass",
      .explanation = "Cut a shard over without comparing the copy once more. Refused unless anti_entropy.enabled."},
     [](Config& c) -> Target { return &c.rebalancer.skip_delta_pass; }},
    {{.path = "anti_entropy.enabled",
      .explanation = "Compare the copies of every shard from time to time, whatever is known of them."},
     [](Config& c) -> Target { return &c.anti_entropy.enabled; }},
    {{.path = "anti_entropy.schedule",
      .explanation = "When a pass begins: `every 30s`, `every 45m`, `every 6h`, `every 7d`."},
     [](Config& c) -> Target { return &c.anti_entropy.schedule; }},
    {{.path = "anti_entropy.shards_per_pass",
      .explanation = "So many shards in one pass, the next ones in the next. 0: all.",
      .max = 4'096},
     [](Config& c) -> Target { return &c.anti_entropy.shards_per_pass; }},
    {{.path = "anti_entropy.max_read_concurrency",
      .explanation = "How many comparisons run side by side.",
      .min = 1,
      .max = 64},
     [](Config& c) -> Target { return &c.anti_entropy.max_read_concurrency; }},
    {{.path = "anti_entropy.fingerprint_batch_size",
      .explanation = "Documents read from a node at once.",
      .min = 10,
      .max = 10'000},
     [](Config& c) -> Target { return &c.anti_entropy.fingerprint_batch_size; }},
    {{.path = "anti_entropy.cpu_percent",
      .explanation = "The share of one core's time that comparing may take, of nodes and Miroir together.",
      .max = 100},
     [](Config& c) -> Target { return &c.anti_entropy.cpu_percent; }},
    {{.path = "anti_entropy.auto_repair", .explanation = "Repair what differs. Off: only count it and name it."},
     [](Config& c) -> Target { return &c.anti_entropy.auto_repair; }},
});

constexpr auto kNodeKeys = std::to_array<Key<Node>>({
    {{.path = "id",
      .explanation = "The node's name, its identity: letters, digits, `.`, `_`, `-`. Never give it to another node.",
      .required = true},
     [](Node& n) -> Target { return &n.id; }},
    {{.path = "address",
      .explanation = "`http://host:port` or `https://host:port`. May change while the name stays.",
      .required = true},
     [](Node& n) -> Target { return &n.address; }},
    {{.path = "replica_group", .explanation = "The group it belongs to, from 0.", .max = 63},
     [](Node& n) -> Target { return &n.replica_group; }},
    {{.path = "zone", .explanation = "Where it stands; copies of one shard avoid sharing a zone. Empty: unknown."},
     [](Node& n) -> Target { return &n.zone; }},
    {{.path = "weight",
      .explanation = "Its share of the shards compared with the other nodes of its group, in hundredths.",
      .max = 1'000},
     [](Node& n) -> Target { return &n.weight; }},
});

// Levenshtein, with a swap of neighbours counted as one.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::string joined(std::string_view path, char separator) {
    std::string out(path);
    std::ranges::replace(out, '.', separator);
    return out;
}

}  // namespace

std::span<const Key<Config>> keys() { return kKeys; }
std::span<const Key<Node>> node_keys() { return kNodeKeys; }

bool is_section(std::string_view path) {
    return std::ranges::any_of(kKeys, [&](const auto& key) {
        return key.path.size() > path.size() && key.path.starts_with(path) && key.path[path.size()] == '.';
    });
}

const Key<Config>* find_key(std::string_view path) {
    const auto* found = std::ranges::find(kKeys, path, [](const auto& key) { return key.path; });
    return found == kKeys.end() ? nullptr : found;
}

const Key<Node>* find_node_key(std::string_view name) {
    const auto* found = std::ranges::find(kNodeKeys, name, [](const auto& key) { return key.path; });
    return found == kNodeKeys.end() ? nullptr : found;
}

std::optional<std::string> nearest(std::string_view wrong, std::span<const std::string> known) {
    constexpr std::size_t kLongest = 128;  // nobody mistypes a name so long
    if (wrong.size() > kLongest) return std::nullopt;
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, wrong.size() / 4) + 1;
    for (const std::string& name : known) {
        // "max_body_bytes" is meant for "server.max_body_bytes" as well.
        const std::size_t dot = name.rfind('.');
        std::size_t far = distance(wrong, name);
        if (dot != std::string::npos && wrong.substr(wrong.rfind('.') + 1) == std::string_view(name).substr(dot + 1)) {
            far = std::min<std::size_t>(far, 1);
        }
        if (far < best_distance) {
            best = &name;
            best_distance = far;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(*best);
}

std::vector<std::string> all_paths() {
    std::vector<std::string> out;
    for (const auto& key : kKeys) out.emplace_back(key.path);
    out.emplace_back("nodes");
    return out;
}

std::vector<std::string> all_node_names() {
    std::vector<std::string> out;
    for (const auto& key : kNodeKeys) out.emplace_back(key.path);
    return out;
}

std::string variable_of(std::string_view path) {
    std::string out = "MIROIR_" + joined(path, '_');
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return out;
}

std::string flag_of(std::string_view path) {
    std::string out = "--" + joined(path, '-');
    std::ranges::replace(out, '_', '-');
    return out;
}

}  // namespace miroir::config

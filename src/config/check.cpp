// The rules between keys. Each one names the key to change first and says what would do.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "cluster/schedule.h"
#include "config/load.h"
#include "config/values.h"
#include "http/client.h"
#include "http/networks.h"

namespace miroir::config {
namespace {

constexpr std::size_t kShortestProductionKey = 16;  // bytes, as Meilisearch demands

class Check {
public:
    Check(const Config& config, bool need_nodes) : config_(config), need_nodes_(need_nodes) {}

    std::vector<Problem> run() {
        keys();
        listeners();
        tls();
        times();
        networks();
        nodes();
        groups();
        writes();
        moves();
        places();
        return std::move(problems_);
    }

private:
    void complain(std::string key, std::string found, std::string message) {
        problems_.push_back({.source = "configuration",
                             .line = 0,
                             .key = std::move(key),
                             .found = std::move(found),
                             .message = std::move(message)});
    }

    void keys() {
        if (config_.mode != Mode::Production) return;
        if (config_.master_key.size() < kShortestProductionKey) {
            complain("master_key", "",
                     config_.master_key.empty() ? "is not set; `env: production` needs one of 16 bytes or more"
                                                : "is shorter than 16 bytes; `env: production` needs 16 or more");
        }
        if (!config_.admin_api_key.empty() && config_.admin_api_key.size() < kShortestProductionKey) {
            complain("admin.api_key", "", "is shorter than 16 bytes; `env: production` needs 16 or more");
        }
    }

    // More copies than there are would acknowledge no write, ever.
    void writes() {
        const std::string& acks = config_.writes_acks;
        const auto number = std::strtoull(acks.c_str(), nullptr, 10);
        const std::uint64_t copies = std::uint64_t{config_.replication_factor} * config_.replica_groups;
        if (number <= copies) return;
        complain("writes.acks", acks,
                 "there are " + std::to_string(copies) + (copies == 1 ? " copy" : " copies") +
                     " of each shard (replication_factor times replica_groups), so "
                     "no write could be acknowledged; allowed: at most that, or `half`, `quorum`, `all`");
    }

    void listeners() {
        const auto everywhere = [](const std::string& host) { return host == "0.0.0.0" || host == "::"; };
        const Endpoint& http = config_.http_addr;
        const Endpoint& metrics = config_.metrics_addr;
        if (!parse_endpoint(endpoint_text(http)))
            complain("server.bind", http.host, "allowed: a host name or an address");
        if (http.port == 0 || http.port != metrics.port) return;
        if (http.host == metrics.host || everywhere(http.host) || everywhere(metrics.host)) {
            complain("metrics_addr", endpoint_text(metrics), "is the same place as http_addr; give it another port");
        }
    }

    void pair(const char* cert, bool has_cert, const char* key, bool has_key) {
        if (has_cert == has_key) return;
        complain(has_cert ? cert : key, "", std::string("needs ") + (has_cert ? key : cert) + " beside it");
    }

    void tls() {
        pair("tls.cert_path", !config_.tls.cert_path.empty(), "tls.key_path", !config_.tls.key_path.empty());
        pair("node_tls.cert_path", !config_.node_tls.cert_path.empty(), "node_tls.key_path",
             !config_.node_tls.key_path.empty());
        if (!config_.tls.client_ca_path.empty() && !config_.tls.enabled()) {
            complain("tls.client_ca_path", "",
                     "needs tls.cert_path and tls.key_path: without TLS there are no client certificates");
        }
        if (config_.tls.require_client_cert && config_.tls.client_ca_path.empty()) {
            complain("tls.require_client_cert", "true",
                     "needs tls.client_ca_path, the authorities to check them against");
        }
    }

    void networks() {
        const Result<http::NetworkPolicy> policy = http::NetworkPolicy::parse(config_.allowed_networks);
        if (!policy) complain("experimental_allowed_ip_networks", "", policy.error().message);
        const std::string& hook = config_.task_webhook_url;
        if (hook.empty()) return;
        if (const auto url = http::parse_url(hook); !url) complain("task_webhook_url", "", url.error().message);
    }

    void at_most(const char* key, std::int64_t value, const char* other_key, std::int64_t limit) {
        if (value <= limit) return;
        complain(key, std::to_string(value),
                 "is more than " + std::string(other_key) + " (" + std::to_string(limit) + "); allowed: at most that");
    }

    void times() {
        at_most("health.timeout_ms", config_.health.timeout.count(), "health.interval_ms",
                config_.health.interval.count());
        at_most("scatter.node_timeout_ms", config_.scatter_node_timeout.count(), "server.request_timeout_ms",
                config_.server.request_timeout.count());
    }

    void nodes() {
        std::map<std::string, std::size_t> ids;
        std::map<std::string, std::size_t> addresses;
        if (config_.nodes.empty() && need_nodes_) {
            complain("nodes", "",
                     "no node is named; give a list with id and address each, in the file or as "
                     "MIROIR_NODES=NAME=http://HOST:PORT,…");
        }
        for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
            const Node& node = config_.nodes[i];
            const std::string path = "nodes[" + std::to_string(i) + "].";
            check_id(path, node.id);
            const auto [id, new_id] = ids.emplace(node.id, i);
            if (!new_id)
                complain(path + "id", node.id,
                         "nodes[" + std::to_string(id->second) + "] has this id already; ids are unique");
            if (node.replica_group >= config_.replica_groups) {
                complain(path + "replica_group", std::to_string(node.replica_group),
                         "groups count from 0 to " + std::to_string(config_.replica_groups - 1) +
                             "; raise replica_groups or change this");
            }
            const auto address = normal_address(node.address);
            if (!address) {
                complain(path + "address", node.address.contains('@') ? "" : node.address, address.error());
                continue;
            }
            const auto [place, new_place] = addresses.emplace(*address, i);
            if (!new_place)
                complain(
                    path + "address", node.address,
                    "node `" + config_.nodes[place->second].id + "` has this address already; addresses are unique");
        }
    }

    void check_id(const std::string& path, const std::string& id) {
        constexpr std::size_t kLongest = 253;
        const auto word = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                   c == '-';
        };
        if (!id.empty() && id.size() <= kLongest && std::ranges::all_of(id, word)) return;
        complain(path + "id", id.substr(0, kLongest), "allowed: 1 to 253 letters, digits, `.`, `_` and `-`");
    }

    void groups() {
        if (config_.nodes.empty()) return;
        std::map<std::uint32_t, std::uint32_t> sizes;
        for (const Node& node : config_.nodes) ++sizes[node.replica_group];
        for (std::uint32_t group = 0; group < config_.replica_groups; ++group) {
            const bool left = sizes[group] == 0 && group + 1 < config_.replica_groups;  // a group that was removed
            if (sizes[group] >= config_.replication_factor || left) continue;
            // What nobody wrote was not found anywhere.
            const bool by_default = config_.replication_factor == Config().replication_factor;
            complain("replication_factor", by_default ? "" : std::to_string(config_.replication_factor),
                     (by_default ? "is " + std::to_string(config_.replication_factor) + ", and group " : "group ") +
                         std::to_string(group) + " has " + std::to_string(sizes[group]) +
                         (sizes[group] == 1 ? " node" : " nodes") + "; add nodes to it or lower replication_factor" +
                         (sizes[group] == 0 ? " or replica_groups" : ""));
        }
    }

    void moves() {
        const auto windows = cluster::parse_windows(config_.rebalancer.allowed_windows);
        if (!windows)
            complain("rebalancer.allowed_windows", config_.rebalancer.allowed_windows, windows.error().message);
        const auto schedule = cluster::parse_schedule(config_.anti_entropy.schedule);
        if (!schedule) complain("anti_entropy.schedule", config_.anti_entropy.schedule, schedule.error().message);
        const bool watched = config_.anti_entropy.enabled && config_.anti_entropy.auto_repair;
        if (config_.rebalancer.skip_delta_pass && !watched) {
            complain(
                "rebalancer.skip_delta_pass", "true",
                "needs anti_entropy.enabled and anti_entropy.auto_repair: without the last comparison nothing else "
                "finds what a copy missed");
        }
    }

    // What could never work there, whoever runs it. Folders that are missing are made.
    void places() {
        std::error_code unseen;
        const std::filesystem::path store(config_.task_store_path);
        if (!store.has_filename() || std::filesystem::is_directory(store, unseen))
            complain("task_store.path", store.string(),
                     "is a folder; name the file in it, as in `" + (store / "tasks.db").string() + "`");
        const std::filesystem::path dumps(config_.dump_dir);
        if (std::filesystem::exists(dumps, unseen) && !std::filesystem::is_directory(dumps, unseen))
            complain("dump_dir", dumps.string(), "is no folder");
    }

    const Config& config_;
    const bool need_nodes_;
    std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check(const Config& config, bool need_nodes) { return Check(config, need_nodes).run(); }

std::vector<std::string> secrets(const Config& config) {
    std::vector<std::string> out;
    for (const std::string& secret : {config.master_key, config.node_master_key, config.admin_api_key,
                                      config.task_webhook_authorization, config.chat_api_key}) {
        if (!secret.empty()) out.push_back(secret);
    }
    return out;
}

}  // namespace miroir::config

#include "app/dev_plan.h"

#include <charconv>

#include "config/load.h"

namespace miroir::app {
namespace {

Result<config::Endpoint> endpoint_of(const std::string& text, std::string_view flag) {
    const std::size_t colon = text.rfind(':');
    config::Endpoint out;
    if (colon != std::string::npos) {
        out.host = text.substr(0, colon);
        const char* end = text.data() + text.size();
        const auto read = std::from_chars(text.data() + colon + 1, end, out.port);
        if (read.ec == std::errc() && read.ptr == end && out.port != 0 && !out.host.empty()) return out;
    }
    return fail(ErrorCode::MiroirConfigInvalid,
                std::string(flag) + " " + text + ": HOST:PORT is expected, as 127.0.0.1:7700");
}

std::vector<std::string> command_of(const DevOptions& options, const std::string& listen, const std::string& folder) {
    const bool embedded = options.engine == Engine::Embedded;
    std::vector<std::string> out = {options.engine_binary};
    if (embedded) out.emplace_back("node");
    out.insert(out.end(),
               {"--http-addr", listen, "--master-key", options.master_key, "--experimental-replication-parameters"});
    if (embedded) {
        out.insert(out.end(), {"--db-path", folder});
    } else {
        // Two thirds of the memory for each of several engines on one machine would make the smallest task slow.
        out.insert(out.end(), {"--db-path", folder + "/db", "--no-analytics", "--max-indexing-memory", "512MiB"});
    }
    return out;
}

}  // namespace

Result<DevPlan> plan_dev(const DevOptions& options) {
    MIROIR_TRY(config::Endpoint http, endpoint_of(options.http_addr, "--http-addr"));
    MIROIR_TRY(config::Endpoint metrics, endpoint_of(options.metrics_addr, "--metrics-addr"));
    const std::uint32_t count = options.nodes * options.groups;
    if (count == 0 || count > 64)
        return fail(ErrorCode::MiroirConfigInvalid, "--nodes times --groups: 1 to 64 nodes are allowed");
    if (http.port + count > 65535)
        return fail(ErrorCode::MiroirConfigInvalid, "--http-addr: no room for the nodes' ports behind this one");
    DevPlan plan;
    plan.config.http_addr = http;
    plan.config.metrics_addr = metrics;
    plan.config.master_key = options.master_key;
    plan.config.node_master_key = options.master_key;
    plan.config.admin_api_key = options.master_key;
    plan.config.shards = options.shards;
    plan.config.replication_factor = options.replicas;
    plan.config.replica_groups = options.groups;
    plan.config.task_store_path = options.db_path + "/miroir/tasks.db";
    plan.config.log_level = env::LogLevel::Warn;
    plan.config.health.interval = std::chrono::milliseconds(1000);
    plan.config.health.timeout = std::chrono::milliseconds(1000);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string listen = "127.0.0.1:" + std::to_string(http.port + 1 + i);
        DevNode node;
        node.name = "node-" + std::to_string(i + 1);
        node.address = "http://" + listen;
        node.folder = options.db_path + "/" + node.name;
        node.log = options.db_path + "/" + node.name + ".log";
        node.command = command_of(options, listen, node.folder);
        plan.config.nodes.push_back({.id = node.name, .address = node.address, .replica_group = i / options.nodes});
        plan.nodes.push_back(std::move(node));
    }
    const std::vector<config::Problem> problems = config::check(plan.config);
    if (!problems.empty()) return fail(ErrorCode::MiroirConfigInvalid, problems.front().text());
    return plan;
}

}  // namespace miroir::app

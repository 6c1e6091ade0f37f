// `miroir dev` as data: which nodes are started with which commands, and the configuration of the Miroir over them.
// Pure; dev_cluster.h carries it out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace miroir::app {

enum class Engine : std::uint8_t { Embedded, Meilisearch };

struct DevOptions {
    std::uint32_t nodes = 3;  // in each group
    std::uint32_t replicas = 1;
    std::uint32_t groups = 1;
    std::uint32_t shards = 16;
    std::string http_addr = "127.0.0.1:7700";
    std::string metrics_addr = "127.0.0.1:9090";
    std::string db_path = "data";
    std::string master_key = "dev-key";
    Engine engine = Engine::Embedded;
    std::string then;           // a shell command, run once when the nodes are up
    std::string engine_binary;  // of Meilisearch; of ourselves for the embedded engine
};

struct DevNode {
    std::string name;     // "node-1"
    std::string address;  // "http://127.0.0.1:7701"
    std::string folder;   // its data; also the working directory of a real engine
    std::string log;      // the file its output goes to
    std::vector<std::string> command;
};

struct DevPlan {
    std::vector<DevNode> nodes;
    config::Config config;
};

// Nodes listen on the ports behind that of `http_addr`, one after another. An error names what does not fit.
Result<DevPlan> plan_dev(const DevOptions& options);

}  // namespace miroir::app

#include "app/serve.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "app/dump_import.h"
#include "app/house.h"
#include "app/ports.h"
#include "app/settings_of.h"
#include "env/real/json_log.h"

namespace miroir::app {
namespace {

constexpr int kCouldNotStart = 2;

int refuse(const Error& error) {
    std::fprintf(stderr, "miroir: %s\n", error.message.c_str());
    return kCouldNotStart;
}

// Every client and every node is a file: take as many as the system grants.
void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Of all that the configuration says, the node key alone is taken anew.
void take_anew(const std::optional<config::Loaded>& anew, House& house, env::JsonLog& log) {
    constexpr std::string_view kTarget = "config";
    if (!anew) return log.error(kTarget, "the configuration is not sound: all stays as it was");
    const std::string& key = anew->config.node_master_key;
    if (key.empty()) return log.error(kTarget, "node_master_key is empty: that takes a restart");
    log.redact(config::secrets(anew->config));
    if (house.rotate_node_key(key)) log.info(kTarget, "the nodes are shown another key from now on");
    else log.info(kTarget, "node_master_key is the same; everything else takes a restart");
}

}  // namespace

int serve(const config::Loaded& loaded, const ReadAgain& read_again) {
    std::signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    const config::Config& config = loaded.config;
    env::Reactor first;
    env::JsonLog log(first, config.log_level, env::host_name());
    log.redact(config::secrets(config));

    if (!config.import_dump.empty()) {  // it may take long: what would end it for nothing is told now
        if (const Result<void> free = refuse_taken_ports(config, first); !free) return refuse(free.error());
    }
    if (const Result<void> imported = import_dump(config, log); !imported) return refuse(imported.error());
    Result<cluster::TopologyPtr> topology = cluster::make_topology(topology_spec(config));
    if (!topology) return refuse(topology.error());
    auto house = std::make_unique<House>(config, log, log, first, *std::move(topology));
    if (const Result<void> opened = house->open(); !opened) return refuse(opened.error());
    if (read_again && !config.node_master_key.empty())
        house->on_hang_up([&read_again, &log, &house = *house] { take_anew(read_again(), house, log); });
    for (const std::string& warning : loaded.warnings) log.warn("config", warning);
    // What was cut off is still suspended somewhere: it is not torn down under its own feet.
    if (!house->run()) std::_Exit(0);
    return 0;
}

}  // namespace miroir::app

#include "app/serve.h"

#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "app/dump_import.h"
#include "app/house.h"
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

}  // namespace

int serve(const config::Loaded& loaded) {
    std::signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    const config::Config& config = loaded.config;
    env::Reactor first;
    env::JsonLog log(first, config.log_level, env::host_name());
    log.redact(config::secrets(config));

    if (const Result<void> imported = import_dump(config, log); !imported) return refuse(imported.error());
    Result<cluster::TopologyPtr> topology = cluster::make_topology(topology_spec(config));
    if (!topology) return refuse(topology.error());
    auto house = std::make_unique<House>(config, log, first, *std::move(topology));
    if (const Result<void> opened = house->open(); !opened) return refuse(opened.error());
    for (const std::string& warning : loaded.warnings) log.warn("config", warning);
    // What was cut off is still suspended somewhere: it is not torn down under its own feet.
    if (!house->run()) std::_Exit(0);
    return 0;
}

}  // namespace miroir::app

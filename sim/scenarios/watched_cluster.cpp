#include "sim/scenarios/watched_cluster.h"

#include <algorithm>

namespace miroir::sim {
namespace {
using namespace std::chrono_literals;
constexpr std::chrono::nanoseconds kSlack = 200ms;  // messages on their way, on a quiet network
}  // namespace

WatchedCluster::WatchedCluster(Run& run) : run_(run) {
    options_.interval = run.between(500ms, 10s);
    options_.timeout = run.between(200ms, 2s);
    options_.unhealthy_threshold = 1 + static_cast<std::uint32_t>(run.below(4));
    options_.recovery_threshold = 1 + static_cast<std::uint32_t>(run.below(3));
    options_.version_every = 1 + static_cast<std::uint32_t>(run.below(12));
    run.network.options.delay_shape = static_cast<DelayShape>(run.below(3));

    const std::uint32_t groups = 1 + static_cast<std::uint32_t>(run.below(2));
    const std::uint32_t replicas = 1 + static_cast<std::uint32_t>(run.below(2));
    const auto nodes = groups * (replicas + static_cast<std::uint32_t>(run.below(3)));
    spec_ = {.nodes = {}, .shards = 16, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        spec_.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {i % groups}, .zone = {}});
        manners_.push_back(std::make_shared<FakeNodeManner>());
        nodes_.push_back(&run.host(name, fake_node(manners_.back())));
    }
    watcher_ = &run.host("watcher", sim::watcher(spec_, options_));
    run.always(50ms, [this] { check_versions(); });
}

void WatchedCluster::check_versions() {
    if (!watcher_->alive()) return;
    if (watcher_->lives() != watched_life_) last_version_ = 0;
    watched_life_ = watcher_->lives();
    const std::uint64_t version = watcher().topology().current()->version();
    if (version < last_version_) run_.unsafe("the topology's version went back");
    last_version_ = version;
}

bool WatchedCluster::all_up() {
    for (std::size_t i = 0; i < size(); ++i) {
        if (!is_up(i)) return false;
    }
    return true;
}

std::chrono::nanoseconds WatchedCluster::notice_bound() const {
    const std::chrono::nanoseconds interval = options_.interval;
    const std::chrono::nanoseconds timeout = options_.timeout;
    const auto threshold = options_.unhealthy_threshold;
    // A probe may have been answered just now, and its question about the version may still be out.
    return interval * 11 / 10 + timeout + threshold * (timeout + interval * 22 / 100) + kSlack;
}

std::chrono::nanoseconds WatchedCluster::return_bound(std::uint32_t falls) const {
    const std::chrono::nanoseconds interval = options_.interval;
    const std::uint32_t needed = options_.recovery_threshold << std::min(falls > 0 ? falls - 1 : 0, 3u);
    return interval * 11 / 10 + 2 * options_.timeout + needed * (interval * 11 / 100 + kSlack) + kSlack;
}

std::uint64_t WatchedCluster::probe_bound(std::chrono::nanoseconds span) const {
    // Each turn may ask twice: how are you, and which version.
    const auto pace = std::chrono::nanoseconds(options_.interval) * 9 / 100;
    return 2 * (static_cast<std::uint64_t>(span / pace) + 2);
}

}  // namespace miroir::sim

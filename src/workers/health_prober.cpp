#include "workers/health_prober.h"

#include <algorithm>
#include <utility>

#include "cluster/version_notes.h"
#include "env/log.h"

namespace miroir::workers {
namespace {

using cluster::NodeEvent;
using cluster::NodeReach;
using cluster::NodeRole;
using cluster::Topology;
using cluster::TopologyPtr;

constexpr std::string_view kTarget = "health";
constexpr int kFastShare = 10;
constexpr std::string_view kWithoutNumbers =
    "runs without --experimental-replication-parameters: a write whose reply is lost may reach it twice; start it with "
    "that flag";
constexpr std::chrono::nanoseconds kLookForNodes = std::chrono::seconds(1);

// Facts and, with them, the notes on versions that differ: one node's answer may change what is said of all.
Result<TopologyPtr> with_facts(const Topology& from, const NodeId& id, const std::optional<std::string>& version,
                               const std::string& note) {
    const auto index = from.find(id);
    if (!index) return nullptr;
    cluster::NodeFacts facts = from.node(*index).facts;
    if (version) facts.engine_version = *version;
    facts.note = note;
    MIROIR_TRY(TopologyPtr next, with_node_facts(from, id, std::move(facts)));
    const std::vector<std::string> notes = version_notes(*next);
    for (std::size_t i = 0; i < notes.size(); ++i) {
        const cluster::Node node = next->node(static_cast<cluster::NodeIndex>(i));
        const bool about_version = node.facts.note.empty() || node.facts.note.starts_with("runs engine version ");
        if (!about_version || node.facts.note == notes[i]) continue;
        cluster::NodeFacts noted = node.facts;
        noted.note = notes[i];
        MIROIR_TRY(next, with_node_facts(*next, node.id, std::move(noted)));
    }
    const bool same = std::ranges::equal(from.nodes(), next->nodes(), {}, &cluster::Node::facts, &cluster::Node::facts);
    return same ? nullptr : next;
}

}  // namespace

HealthProber::HealthProber(env::Env env, http::Client& client, cluster::SnapshotHolder& topology,
                           cluster::HealthOptions options, std::string node_key, NodeVoucher* voucher)
    : env_(env),
      client_(client),
      topology_(topology),
      options_(options),
      probe_{.timeout = options.timeout, .node_key = std::move(node_key)},
      voucher_(voucher),
      ended_(env.executor) {}

void HealthProber::start() {
    MIROIR_ASSERT(loops_ == 0);
    ++loops_;
    env::spawn(env_.executor, supervise());
}

env::Task<void> HealthProber::stop() {
    if (!stop_.requested()) stop_.request();
    wake_supervisor_.request();
    for (auto& [name, watched] : watched_) watched.wake.request();
    if (loops_ > 0) co_await ended_;
}

void HealthProber::loop_ended() {
    if (--loops_ == 0) ended_.set(true);
}

env::Task<void> HealthProber::supervise() {
    while (!stop_.requested()) {
        const TopologyPtr topology = topology_.current();
        for (const cluster::Node& node : topology->nodes()) {
            if (node.standing.role == NodeRole::Removed) continue;
            const auto known = watched_.find(node.id.value);
            if (known != watched_.end()) {
                if (known->second.address != node.address) known->second.wake.request();  // it is somewhere else now
                continue;
            }
            watched_.emplace(node.id.value,
                             Watched{.health = cluster::NodeHealth(options_, now()), .address = node.address});
            ++loops_;
            env::spawn(env_.executor, watch(node.id.value));
        }
        wake_supervisor_ = env::Cancel();
        if (stop_.requested()) break;
        co_await env::sleep_for(env_, std::min<std::chrono::nanoseconds>(kLookForNodes, options_.interval),
                                wake_supervisor_);
    }
    loop_ended();
}

env::Task<void> HealthProber::watch(std::string name) {
    Watched& watched = watched_.at(name);  // a map's elements stay where they are
    while (!stop_.requested()) {
        const auto node = node_named(name);
        if (!node || node->standing.role == NodeRole::Removed) break;
        if (node->address != watched.address) {
            watched = Watched{.health = cluster::NodeHealth(options_, now()), .address = node->address};
        }
        co_await ask(name, watched);
        if (stop_.requested()) break;
        co_await rest(watched);
    }
    watched_.erase(name);
    loop_ended();
}

env::Task<void> HealthProber::ask(std::string name, Watched& watched) {
    watched.asked_at = env_.clock.now();
    ++probes_sent_;
    const std::string address = watched.address;
    const Probe probe = co_await probe_health(env_.clock, client_, address, probe_, stop_);
    if (probe.canceled) co_return;
    const auto node = node_named(name);
    if (!node || node->address != address) co_return;  // it moved while we asked: this says nothing of the new place
    const bool good = probe.outcome == cluster::ProbeOutcome::Healthy;
    if (!good) watched.reason = probe.reason;
    watched.health.on_probe(probe.outcome, now());
    co_await settle(name, watched, good);
}

// Brings the standing to what the health says; asks for no more than the table of standings allows.
env::Task<void> HealthProber::settle(std::string name, Watched& watched, bool good) {
    const auto node = node_named(name);
    if (!node) co_return;
    NodeReach reach = node->standing.reach;
    if (watched.health.down() && reach != NodeReach::Down) apply(name, NodeEvent::Failed, watched);
    if (!watched.health.up() || !good) co_return;
    const bool version_due =
        watched.good_probes++ % std::max(options_.version_every, 1u) == 0 || reach != NodeReach::Up;
    if (reach == NodeReach::Unknown || reach == NodeReach::Down) {
        apply(name, NodeEvent::Answered, watched);
        reach = NodeReach::Restoring;
    }
    if (reach == NodeReach::Restoring) {
        // A node that refuses the key would refuse whatever it is asked.
        co_await learn_version(name, watched);
        if (stop_.requested() || !watched.trouble.empty()) co_return;
        bool vouched = true;
        if (voucher_ != nullptr) {
            env::Task<bool> verdict = voucher_->vouch(node->id, node->address, stop_);
            vouched = co_await verdict;
        }
        if (stop_.requested()) co_return;
        if (vouched) apply(name, NodeEvent::Vouched, watched);
        if (vouched) co_await learn_numbering(name, watched);
        co_return;
    }
    if (!version_due) co_return;
    co_await learn_version(name, watched);
    if (stop_.requested() || watched.trouble.empty()) co_return;
    watched.reason = watched.trouble;
    apply(name, NodeEvent::Failed, watched);
}

env::Task<void> HealthProber::learn_version(std::string name, Watched& watched) {
    const VersionAnswer answer = co_await ask_version(env_.clock, client_, watched.address, probe_, stop_);
    if (stop_.requested()) co_return;
    if (!answer.trouble.empty() && answer.trouble != watched.trouble) {
        env_.log.warn(kTarget, "a node is well but " + answer.trouble, {{"node", name}, {"address", watched.address}});
    }
    watched.trouble = answer.trouble;
    const auto version = answer.version.empty() ? std::nullopt : std::optional(answer.version);
    publish_facts(name, version, watched.trouble.empty() ? watched.hint : watched.trouble);
}

// Once for each time that it comes: only a start of the node changes it.
env::Task<void> HealthProber::learn_numbering(std::string name, Watched& watched) {
    const auto numbers = co_await ask_numbering(env_.clock, client_, watched.address, probe_, stop_);
    if (stop_.requested() || !numbers) co_return;
    const std::string hint = *numbers ? std::string() : std::string(kWithoutNumbers);
    if (!hint.empty() && hint != watched.hint) {
        env_.log.warn(kTarget, "a node " + hint, {{"node", name}, {"address", watched.address}});
    }
    watched.hint = hint;
    publish_facts(name, std::nullopt, watched.hint);
}

env::Task<void> HealthProber::rest(Watched& watched) {
    const bool up = watched.health.up();
    std::chrono::nanoseconds delay = watched.health.next_delay(env::draw_unit(env_.random));
    if (up && voucher_ != nullptr) {
        const TopologyPtr topology = topology_.current();
        const auto at = std::ranges::find(topology->nodes(), watched.address, &cluster::Node::address);
        const bool waits = at != topology->nodes().end() && at->standing.reach == NodeReach::Restoring;
        if (waits)
            delay = std::min<std::chrono::nanoseconds>(delay, std::chrono::nanoseconds(options_.interval) / kFastShare);
    }
    watched.wake = env::Cancel();
    const bool whole = co_await env::sleep_for(env_, delay, watched.wake);
    if (whole || stop_.requested()) co_return;
    // Woken by a bad call: soon, but not in step with every bad call.
    const env::Monotonic soonest = watched.asked_at + std::chrono::nanoseconds(options_.interval) / kFastShare;
    watched.wake = env::Cancel();
    if (env_.clock.now() < soonest) co_await env::sleep_until(env_, soonest, watched.wake);
}

std::optional<cluster::Node> HealthProber::node_named(const std::string& name) const {
    const TopologyPtr topology = topology_.current();
    const auto index = topology->find(NodeId{name});
    if (!index) return std::nullopt;
    return topology->node(*index);
}

void HealthProber::note_call(const NodeId& node, cluster::CallEnd end) {
    const auto at = watched_.find(node.value);
    if (at == watched_.end()) return;
    Watched& watched = at->second;
    if (end == cluster::CallEnd::Bad) watched.reason = "calls to it fail";
    if (watched.health.on_call(end, now()) == NodeEvent::Failed) apply(node.value, NodeEvent::Failed, watched);
    if (end != cluster::CallEnd::Good && watched.health.suspect(end)) watched.wake.request();
}

void HealthProber::apply(const std::string& name, NodeEvent event, const Watched& watched) {
    const auto changed =
        topology_.update([&](const Topology& from) { return with_node_event(from, NodeId{name}, event); });
    if (!changed) {  // the operator was faster; the next probe sees what holds now
        env_.log.debug(kTarget, "a change of standing was not allowed",
                       {{"node", name}, {"why", changed.error().message}});
        return;
    }
    const std::string_view state = cluster::name_of(node_named(name)->state());
    if (event == NodeEvent::Failed) {
        publish_facts(name, std::nullopt, watched.reason);
        env_.log.warn(kTarget, "a node is down",
                      {{"node", name}, {"address", watched.address}, {"reason", watched.reason}});
    } else if (event == NodeEvent::Vouched) {
        env_.log.info(kTarget, "a node is up", {{"node", name}, {"address", watched.address}, {"state", state}});
    }
}

void HealthProber::publish_facts(const std::string& name, std::optional<std::string> version, std::string note) {
    const TopologyPtr before = topology_.current();
    const auto changed =
        topology_.update([&](const Topology& from) { return with_facts(from, NodeId{name}, version, note); });
    if (!changed || *changed == before) return;
    for (const cluster::Node& node : (*changed)->nodes()) {
        if (!node.facts.note.starts_with("runs engine version ")) continue;
        const auto was = before->find(node.id);
        if (was && before->node(*was).facts.note == node.facts.note) continue;
        env_.log.warn(kTarget, "engine versions differ", {{"node", node.id.value}, {"note", node.facts.note}});
    }
}

}  // namespace miroir::workers

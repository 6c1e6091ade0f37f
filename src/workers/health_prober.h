// Asks every node how it is, each in a loop of its own, and publishes what follows from it as the next topology.
// The first round goes out at once. Nothing is held while an answer is waited for. Belongs to one executor; outlives
// its loops: end it with stop() and await that before it is destroyed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "cluster/health.h"
#include "cluster/snapshot.h"
#include "env/env.h"
#include "http/client.h"
#include "workers/node_probe.h"

namespace miroir::workers {

// Says whether a node that answers again is the one it was and holds what it held. Asked at each good probe until it
// agrees; soon answered, bounded in time by itself.
class NodeVoucher {
public:
    virtual env::Task<bool> vouch(NodeId node, std::string address, env::Cancel cancel) = 0;

protected:
    ~NodeVoucher() = default;
};

class HealthProber {
public:
    // Without a voucher a node is taken at its word.
    HealthProber(env::Env env, http::Client& client, cluster::SnapshotHolder& topology, cluster::HealthOptions options,
                 std::string node_key = {}, NodeVoucher* voucher = nullptr);
    HealthProber(const HealthProber&) = delete;
    HealthProber& operator=(const HealthProber&) = delete;

    void start();
    env::Task<void> stop();

    // How a real call to the node ended. A bad or late one brings the next probe forward.
    void note_call(const NodeId& node, cluster::CallEnd end);
    std::uint64_t probes_sent() const { return probes_sent_; }

private:
    struct Watched {
        cluster::NodeHealth health;
        std::string address;
        std::string reason;   // of the last bad probe
        std::string trouble;  // with its key
        std::string hint;     // of how it was started
        std::uint32_t good_probes = 0;
        env::Monotonic asked_at{};
        env::Cancel wake;  // ends the present sleep
    };

    env::Task<void> supervise();
    env::Task<void> watch(std::string name);
    env::Task<void> ask(std::string name, Watched& watched);
    env::Task<void> settle(std::string name, Watched& watched, bool good);
    env::Task<void> learn_version(std::string name, Watched& watched);
    env::Task<void> learn_numbering(std::string name, Watched& watched);
    env::Task<void> rest(Watched& watched);

    std::optional<cluster::Node> node_named(const std::string& name) const;
    void apply(const std::string& name, cluster::NodeEvent event, const Watched& watched);
    void publish_facts(const std::string& name, std::optional<std::string> version, std::string note);
    void loop_ended();
    cluster::Instant now() const { return env_.clock.now().time_since_epoch(); }

    env::Env env_;
    http::Client& client_;
    cluster::SnapshotHolder& topology_;
    cluster::HealthOptions options_;
    ProbeSettings probe_;
    NodeVoucher* voucher_;

    std::map<std::string, Watched> watched_;  // one loop each
    env::Cancel stop_;
    env::Cancel wake_supervisor_;
    std::uint32_t loops_ = 0;
    std::uint64_t probes_sent_ = 0;
    env::OneShot<bool> ended_;
};

}  // namespace miroir::workers

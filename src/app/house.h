// All halls of one process, from taking the ports to the last reply. The first hall runs on the starting thread, with
// the health probes and the signals; every other one has a thread of its own.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "admin/node_ledger.h"
#include "admin/prometheus_metrics.h"
#include "app/back_room.h"
#include "app/hall.h"
#include "config/config.h"
#include "env/real/signals.h"
#include "quorum/office.h"
#include "rebalance/node_life.h"
#include "rebalance/rebalancer.h"
#include "tasks/store.h"
#include "webhooks/courier.h"
#include "workers/health_prober.h"

namespace miroir::app {

// Where the newest of something immutable is published for the readers of all halls.
template <class T>
class Board {
public:
    using Pointer = std::shared_ptr<const T>;
    Pointer current() const {
        const std::lock_guard lock(mutex_);
        return newest_;
    }
    void publish(Pointer newest) {
        const std::lock_guard lock(mutex_);
        newest_ = std::move(newest);
    }

private:
    mutable std::mutex mutex_;  // held for the copy of one pointer
    Pointer newest_ = std::make_shared<const T>();
};

// Asks the office whether a node that answers again is the one it was.
class Recogniser final : public workers::NodeVoucher {
public:
    explicit Recogniser(const std::unique_ptr<quorum::Office>& office) : office_(office) {}
    env::Task<bool> vouch(NodeId node, std::string address, env::Cancel) override {
        if (!office_) co_return false;
        co_return co_await office_->recognise(std::move(node), std::move(address));
    }

private:
    const std::unique_ptr<quorum::Office>& office_;
};

class House {
public:
    // `first` is the reactor of the starting thread; the configuration and the log outlive the house.
    House(const config::Config& config, env::Log& log, env::LogSwitch& log_switch, env::Reactor& first,
          cluster::TopologyPtr topology);
    House(const House&) = delete;
    House& operator=(const House&) = delete;

    // Takes every port. After an error nothing listens.
    Result<void> open();
    // SIGHUP calls this, on the first reactor's thread; without it SIGHUP ends the house like SIGTERM.
    void on_hang_up(std::function<void()> callback) { hang_up_ = std::move(callback); }
    // From the next call on; nodes that do not know it yet are shown the one before. False: it is the same.
    bool rotate_node_key(std::string key) { return node_keys_.rotate(std::move(key)); }
    // Serves until a signal came and what ran has ended. True when nothing had to be cut off.
    bool run();

private:
    Shared shared();
    void on_signal(int signal);
    env::Task<void> drain(Hall& hall);
    void drained(bool clean);
    env::Task<void> leave();
    env::Task<void> tell_readiness();
    void say_readiness(const cluster::Topology& topology, bool first);
    Result<void> open_office();
    Result<void> open_rebalancer();

    const config::Config& config_;
    std::function<void()> hang_up_;
    admin::NodeKeys node_keys_;
    env::Log& log_;
    env::LogSwitch& log_switch_;
    env::Reactor& first_;
    admin::PrometheusMetrics metrics_;
    cluster::Breakers breakers_;
    scatter::Paces paces_;
    const std::shared_ptr<api::PageEnds> page_ends_ = std::make_shared<api::PageEnds>();
    admin::NodeLedger ledger_;
    cluster::SnapshotHolder topology_;
    quorum::BehindBoard behind_;
    const std::shared_ptr<quorum::Claim> claim_ = std::make_shared<quorum::Claim>();
    const std::shared_ptr<quorum::Introductions> introductions_ = std::make_shared<quorum::Introductions>();
    std::vector<std::unique_ptr<env::Reactor>> reactors_;  // of the other threads
    std::vector<std::unique_ptr<Hall>> halls_;
    Recogniser recogniser_{office_};
    std::unique_ptr<workers::HealthProber> prober_;
    std::unique_ptr<tasks::Store> store_;
    Board<plan::Catalog> catalog_;
    Board<quorum::Shelves> shelves_;
    std::unique_ptr<wire::Client> outside_;  // for calls that clients have asked for
    std::unique_ptr<webhooks::Courier> courier_;
    std::unique_ptr<quorum::Office> office_;
    std::unique_ptr<rebalance::TopologyBook> topology_book_;
    std::unique_ptr<rebalance::NodeLife> node_life_;
    std::unique_ptr<rebalance::Rebalancer> rebalancer_;
    std::unique_ptr<BackRoom> back_room_;
    std::unique_ptr<env::Signals> signals_;

    // On the first reactor.
    env::Cancel leaving_;
    bool draining_ = false;
    bool clean_ = true;
    std::size_t halls_left_ = 0;
};

}  // namespace miroir::app

#include "app/house.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "app/ports.h"
#include "app/settings_of.h"
#include "cluster/cover.h"
#include "dump/loader.h"
#include "env/log.h"
#include "rebalance/topology_book.h"
#include "tasks/loud_store.h"
#include "tasks/sqlite/sqlite_store.h"

namespace miroir::app {
namespace {

constexpr std::string_view kTarget = "app";
constexpr std::chrono::milliseconds kReadinessEvery{200};
constexpr const char* kHalfLoaded =
    ": a dump was being loaded when Miroir ended. Start it again with the same import_dump.";

std::uint32_t thread_count(const config::Config& config) {
    if (config.server.threads > 0) return config.server.threads;
    return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

House::House(const config::Config& config, env::Log& log, env::LogSwitch& log_switch, env::Reactor& first,
             cluster::TopologyPtr topology)
    : config_(config),
      node_keys_(config.node_master_key),
      log_(log),
      log_switch_(log_switch),
      first_(first),
      paces_(pace_options(config)),
      ledger_(metrics_, &breakers_),
      topology_(std::move(topology)),
      reactors_(thread_count(config) - 1) {
    halls_.push_back(std::make_unique<Hall>(shared(), first_));
    for (std::unique_ptr<env::Reactor>& reactor : reactors_) {
        reactor = std::make_unique<env::Reactor>();
        halls_.push_back(std::make_unique<Hall>(shared(), *reactor));
    }
    prober_ = std::make_unique<workers::HealthProber>(first_.env(log_), halls_[0]->probe_client(), topology_,
                                                      health_options(config_), config_.node_master_key, &recogniser_);
}

Shared House::shared() {
    return {.config = config_,
            .log = log_,
            .log_switch = log_switch_,
            .metrics = metrics_,
            .topology = topology_,
            .ledger = ledger_,
            .breakers = breakers_,
            .paces = paces_,
            .page_ends = page_ends_,
            .behind = behind_,
            .node_keys = node_keys_,
            .introducer = *introductions_,
            .claim = *claim_,
            .threads = static_cast<std::uint32_t>(reactors_.size() + 1)};
}

// The writing side: on the first reactor, before anybody can ask for it.
Result<void> House::open_office() {
    const std::filesystem::path path(config_.task_store_path);
    std::error_code trouble;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), trouble);
    MIROIR_TRY(std::unique_ptr<tasks::SqliteStore> store, tasks::SqliteStore::open(first_, path.string()));
    store_ = std::make_unique<tasks::LoudStore>(first_.env(log_), std::move(store));
    MIROIR_TRY(const bool half_loaded, env::run_task(first_, dump::is_half_loaded(*store_)));
    if (half_loaded) return fail(ErrorCode::MiroirStorageFailed, path.string() + kHalfLoaded);
    MIROIR_TRY(const cluster::TopologyPtr topology,
               env::run_task(first_, rebalance::open_topology(*store_, topology_.current())));
    MIROIR_CHECK(topology_.update([&topology](const cluster::Topology& configured) -> Result<cluster::TopologyPtr> {
        return with_what_probes_know(*topology, configured);
    }));
    outside_ = std::make_unique<wire::Client>(first_, outside_options(config_));
    courier_ = std::make_unique<webhooks::Courier>(
        first_.env(log_), *outside_, *store_, [this] { return shelves_.current(); }, courier_options(config_));
    quorum::OfficeOptions options;
    options.shards = config_.shards;
    options.writer.link.node_key = config_.node_master_key;
    options.writer.link.inquirer = &halls_[0]->probe_client();
    options.writer.acks = ack_rule(config_);
    options.writer.settings = settings_options(config_);
    options.writer.tasks_kept = task_retention(config_);
    options.writer.metrics = &metrics_;
    options.writer.introductions = introductions_;
    options.writer.claim = claim_;
    if (config_.task_store_take_over) claim_->take_over();
    options.sessions.ttl = std::chrono::seconds(config_.session_pinning.ttl_seconds);
    options.sessions.sessions_max = config_.session_pinning.max_sessions;
    options.mender = mender_options(config_);
    options.mender.copy.searches = [this](env::Monotonic now) {
        constexpr std::chrono::seconds kOfLate{5};
        return paces_.slowest_p95(now - kOfLate);
    };
    options.anti_entropy = anti_entropy_options(config_, metrics_);
    options.writer.keep_graves = config_.anti_entropy.enabled;
    if (!config_.master_key.empty()) options.master_key = config_.master_key;
    env::Task<Result<std::unique_ptr<quorum::Office>>> opening = quorum::Office::open(
        first_.env(log_), halls_[0]->writing_client(), *store_, [this] { return topology_.current(); },
        {.catalog = [this](plan::CatalogPtr catalog) { catalog_.publish(std::move(catalog)); },
         .shelves = [this](quorum::ShelvesPtr shelves) { shelves_.publish(std::move(shelves)); },
         .ends = courier_.get()},
        behind_, options);
    MIROIR_TRY(office_, env::run_task(first_, std::move(opening)));
    MIROIR_CHECK(open_rebalancer());
    const ClientSide clients{.office = *office_,
                             .office_executor = first_,
                             .behind = behind_,
                             .catalog = [this] { return catalog_.current(); },
                             .shelves = [this] { return shelves_.current(); },
                             .nodes = *node_life_,
                             .rebalancer = *rebalancer_};
    for (const std::unique_ptr<Hall>& hall : halls_) hall->serve_clients(clients);
    back_room_ = std::make_unique<BackRoom>(shared(), clients);
    office_->carry_out_here(protocol::TaskType::DumpCreation, [this](protocol::Task task, const json::Value&) {
        return back_room_->make_dump(first_, std::move(task));
    });
    office_->carry_out_here(protocol::TaskType::Export, [this](protocol::Task task, json::Value wish) {
        return back_room_->send_export(first_, std::move(task), std::move(wish));
    });
    return {};
}

Result<void> House::open_rebalancer() {
    topology_book_ = std::make_unique<rebalance::TopologyBook>(first_, *store_, topology_);
    office_->follow_addresses([this](cluster::NodeSpec one, cluster::NodeSpec other) {
        return topology_book_->exchange_addresses(std::move(one), std::move(other));
    });
    node_life_ =
        std::make_unique<rebalance::NodeLife>(*topology_book_, office_->mover(), config_.rebalancer.max_node_bytes);
    rebalancer_ = std::make_unique<rebalance::Rebalancer>(first_.env(log_), *store_, *topology_book_, office_->mover(),
                                                          rebalancer_options(config_, metrics_));
    return env::run_task(first_, rebalancer_->open());
}

Result<void> House::open() {
    // Listeners that share a port would also share it with another process of ours without a word.
    if (halls_.size() > 1) MIROIR_CHECK(refuse_taken_ports(config_, first_));
    MIROIR_CHECK(open_office());
    MIROIR_CHECK(halls_[0]->open_metrics());
    std::uint16_t port = 0;
    for (const std::unique_ptr<Hall>& hall : halls_) {
        MIROIR_CHECK(hall->open(port));
        port = hall->port();
    }
    return {};
}

bool House::run() {
    signals_ = env::on_signal(first_, [this](int signal) { on_signal(signal); });
    prober_->start();
    // Real calls are evidence too; they end on any thread.
    ledger_.tell([this](const NodeId& node, cluster::CallEnd end) {
        first_.post([this, node, end] { prober_->note_call(node, end); });
    });
    env::spawn(first_, tell_readiness());
    env::spawn(first_, office_->run(leaving_));
    env::spawn(first_, rebalancer_->run(leaving_));
    env::spawn(first_, courier_->run(leaving_));
    log_.info(kTarget, "listening",
              {{"host", config_.http_addr.host},
               {"port", halls_[0]->port()},
               {"metrics_host", config_.metrics_addr.host},
               {"metrics_port", halls_[0]->metrics_port()},
               {"threads", halls_.size()},
               {"tls", config_.tls.enabled()}});
    std::vector<std::thread> threads;
    back_room_->start();
    for (const std::unique_ptr<env::Reactor>& reactor : reactors_) {
        threads.emplace_back([&reactor] { reactor->run(); });
    }
    first_.run();
    for (std::thread& thread : threads) thread.join();
    clean_ = back_room_->stop() && clean_;
    return clean_;
}

void House::on_signal(int signal) {
    if (signal == SIGHUP && hang_up_) return hang_up_();
    if (draining_) {
        log_.warn(kTarget, "a second signal: leaving at once", {{"signal", signal}});
        std::_Exit(1);
    }
    draining_ = true;
    log_switch_.end_listening();  // or it would be waited for
    halls_left_ = halls_.size();
    log_.info(kTarget, "draining", {{"signal", signal}, {"limit_ms", config_.server.drain_timeout.count()}});
    for (const std::unique_ptr<Hall>& hall : halls_) env::spawn(hall->reactor(), drain(*hall));
}

// On the hall's thread.
env::Task<void> House::drain(Hall& hall) {
    const bool clean = co_await hall.drain(config_.server.drain_timeout);
    first_.post([this, clean] { drained(clean); });
}

void House::drained(bool clean) {
    clean_ = clean_ && clean;
    if (--halls_left_ == 0) env::spawn(first_, leave());
}

env::Task<void> House::leave() {
    leaving_.request();
    co_await prober_->stop();
    log_.info(kTarget, "stopped", {{"cut_off", !clean_}});
    for (const std::unique_ptr<env::Reactor>& reactor : reactors_) reactor->stop();
    first_.stop();
}

env::Task<void> House::tell_readiness() {
    std::optional<bool> told;
    std::uint64_t version = 0;
    while (!leaving_.requested()) {
        const cluster::TopologyPtr topology = topology_.current();
        admin::note_breakers(metrics_, *topology, ledger_, first_.now());
        if (topology->version() != version) {
            version = topology->version();
            admin::note_topology(metrics_, *topology);
            const bool ready = admin::is_ready(*topology);
            if (told != ready) say_readiness(*topology, !told.has_value());
            told = ready;
        }
        co_await env::sleep_for(first_.env(log_), kReadinessEvery, leaving_);
    }
}

void House::say_readiness(const cluster::Topology& topology, bool first) {
    const cluster::Coverage coverage = cluster::coverage(topology);
    if (coverage.complete()) {
        log_.info(kTarget, "ready: every shard has a node that answers for it", {{"shards", coverage.shards}});
    } else if (first) {
        log_.info(kTarget, "not ready yet: waiting for nodes to answer", {{"shards", coverage.shards}});
    } else {
        log_.warn(kTarget, "not ready any more: shards without a node that answers for them",
                  {{"shards", coverage.shards}, {"uncovered", coverage.uncovered.size()}});
    }
}

}  // namespace miroir::app

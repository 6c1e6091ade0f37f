#include "sim/fakes/scribe.h"

namespace miroir::sim {

Scribe::Scribe(const ScribeOptions& options, const AppContext& context)
    : env_(context.env),
      client_(context.client),
      ended_(context.ended),
      store_(*options.store, context),
      topology_(cluster::make_topology(options.topology).value()),
      prober_(context.env, context.client, topology_, options.health, {}, this),
      book_(context.env.executor, store_, topology_) {
    context.introduce(*introductions_);
    prober_.start();
    env::spawn(env_.executor, begin(options));
}

env::Task<Result<void>> Scribe::open_all(ScribeOptions options) {
    MIROIR_CO_TRY(const cluster::TopologyPtr topology,
                  co_await rebalance::open_topology(store_, cluster::make_topology(options.topology).value()));
    const auto adopt = [&topology](const cluster::Topology& now) -> Result<cluster::TopologyPtr> {
        return with_what_probes_know(*topology, now);
    };
    MIROIR_CO_CHECK(topology_.update(adopt));
    quorum::Publishers publish{.catalog = [](const plan::CatalogPtr&) {}, .shelves = [](const quorum::ShelvesPtr&) {}};
    options.office.writer.introductions = introductions_;
    options.office.writer.claim = std::make_shared<quorum::Claim>();
    env::Task<Result<std::unique_ptr<quorum::Office>>> opening = quorum::Office::open(
        env_, client_, store_, [this] { return topology_.current(); }, publish, board_, options.office);
    MIROIR_CO_TRY(office_, co_await opening);
    office_->follow_addresses([this](cluster::NodeSpec one, cluster::NodeSpec other) {
        return book_.exchange_addresses(std::move(one), std::move(other));
    });
    auto rebalancer = std::make_unique<rebalance::Rebalancer>(env_, store_, book_, office_->mover(), options.rebalance);
    MIROIR_CO_CHECK(co_await rebalancer->open());
    node_life_ = std::make_unique<rebalance::NodeLife>(book_, office_->mover());
    rebalancer_ = std::move(rebalancer);
    co_return Result<void>{};
}

env::Task<void> Scribe::begin(ScribeOptions options) {
    while (!ended_.requested()) {
        const Result<void> opened = co_await open_all(options);
        if (opened) break;
        env_.log.warn("scribe", "cannot open", {{"why", opened.error().message}});
        co_await env::sleep_for(env_, std::chrono::milliseconds(100), ended_);  // as an operator would start it again
    }
    if (!rebalancer_) co_return;
    env::spawn(env_.executor, rebalancer_->run(ended_));
    co_await office_->run(ended_);
}

env::Task<bool> Scribe::vouch(NodeId node, std::string address, env::Cancel) {
    if (!office_ || ended_.requested()) co_return false;
    co_return co_await office_->recognise(std::move(node), std::move(address));
}

env::Task<void> Scribe::stop() { co_await prober_.stop(); }

AppFactory scribe(std::shared_ptr<const ScribeOptions> options) {
    return [options](AppContext context) { return std::make_unique<Scribe>(*options, context); };
}

}  // namespace miroir::sim

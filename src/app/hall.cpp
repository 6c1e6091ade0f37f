#include "app/hall.h"

#include "api/routes.h"
#include "app/settings_of.h"
#include "base/assert.h"

namespace miroir::app {
namespace {

server::FrontDoorOptions counted(server::FrontDoorOptions options, env::Metrics& metrics) {
    options.metrics = &metrics;
    return options;
}

enum class Calls : std::uint8_t { Any, Writes, Probes };

admin::Guard guard_of(const Shared& shared, env::Reactor& reactor, Calls calls) {
    return {
        .breakers = &shared.breakers,
        .random = &reactor.env(shared.log).random,
        .fair_time = std::min<std::chrono::nanoseconds>(std::chrono::seconds(1), shared.config.scatter_node_timeout),
        .probing = calls == Calls::Probes,
        .writing = calls == Calls::Writes};
}

}  // namespace

Hall::Hall(Shared shared, env::Reactor& reactor)
    : shared_(shared),
      reactor_(reactor),
      client_(reactor_, client_options(shared.config)),
      outside_(reactor_, outside_options(shared.config)),
      keyed_(client_, shared.node_keys),
      metered_(reactor_, keyed_, shared.topology, shared.ledger, guard_of(shared, reactor_, Calls::Any)),
      writing_(reactor_, keyed_, shared.topology, shared.ledger, guard_of(shared, reactor_, Calls::Writes)),
      probing_(reactor_, keyed_, shared.topology, shared.ledger, guard_of(shared, reactor_, Calls::Probes)),
      operations_({.env = env(),
                   .client = metered_,
                   .topology = shared.topology,
                   .watch = shared.ledger,
                   .behind = shared.behind,
                   .claim = shared.claim,
                   .metrics = shared.metrics,
                   .metrics_text = [&metrics = shared.metrics] { return metrics.text(); },
                   .may_see_version = [this](const server::Incoming& in) { return may_see_version(in); }},
                  operations_options(shared.config)),
      door_(env(), router_, counted(door_options(shared.config, shared.threads), shared.metrics)),
      metrics_door_(env(), metrics_router_, metrics_door_options()) {
    client_.introduce_by(shared_.introducer);
    operations_.mount(router_);
    operations_.mount_metrics(metrics_router_);
}

void Hall::serve_clients(const ClientSide& clients) {
    api::DeskOptions options = desk_options(shared_.config, shared_.metrics);
    options.breakers = &shared_.breakers;
    options.page_ends = shared_.page_ends;
    options.chats.outside = &outside_;
    options.log_switch = &shared_.log_switch;
    options.metrics_text = [&metrics = shared_.metrics] { return metrics.text(); };
    const auto behind = [&board = clients.behind] { return board.current(); };
    scatter::Scatter scatter(env(), metered_, scatter_options(shared_.config, shared_.metrics, shared_.paces));
    desk_ =
        std::make_unique<api::Desk>(env(), shared_.topology, clients.catalog, clients.shelves, behind,
                                    std::move(scatter), clients.office, clients.office_executor, std::move(options));
    api::mount(router_, *desk_);
    cluster_desk_ = std::make_unique<admin::ClusterDesk>(admin::ClusterDesk::Parts{.env = env(),
                                                                                   .home = clients.office_executor,
                                                                                   .topology = shared_.topology,
                                                                                   .nodes = clients.nodes,
                                                                                   .rebalancer = clients.rebalancer,
                                                                                   .office = clients.office},
                                                         shared_.config.admin_api_key);
    cluster_desk_->mount(router_);
}

// A client's route, though the answer is the operators' business.
Result<void> Hall::may_see_version(const server::Incoming& in) const {
    MIROIR_ASSERT(desk_);
    MIROIR_CHECK(desk_->admit(in, "version", std::nullopt));
    return {};
}

Result<void> Hall::open(std::uint16_t port) {
    if (nodes_use_tls(shared_.config)) MIROIR_CHECK(client_.tls_ready());
    wire::ListenerOptions options = listener_options(shared_.config, shared_.threads);
    if (port != 0) options.port = port;
    MIROIR_TRY(listener_, wire::Listener::open(reactor_, door_, std::move(options)));
    return {};
}

Result<void> Hall::open_metrics() {
    MIROIR_TRY(metrics_listener_,
               wire::Listener::open(reactor_, metrics_door_, metrics_listener_options(shared_.config)));
    return {};
}

env::Task<bool> Hall::drain(std::chrono::nanoseconds limit) {
    const env::Deadline deadline = env::Deadline::after(reactor_, limit);
    co_await listener_->drain(deadline);
    if (metrics_listener_) co_await metrics_listener_->drain(deadline);
    co_return door_.in_flight() == 0;
}

}  // namespace miroir::app

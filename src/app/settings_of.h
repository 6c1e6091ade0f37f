// What each room is told, from the one configuration. Pure.
#pragma once

#include "admin/operations.h"
#include "api/desk.h"
#include "cluster/health.h"
#include "cluster/topology.h"
#include "config/config.h"
#include "env/metrics.h"
#include "http/wire/client.h"
#include "http/wire/listener.h"
#include "quorum/ack_rule.h"
#include "quorum/settings_change.h"
#include "rebalance/rebalancer.h"
#include "server/front_door.h"
#include "webhooks/courier.h"

namespace miroir::app {

cluster::TopologySpec topology_spec(const config::Config& config);
quorum::SettingsOptions settings_options(const config::Config& config);
quorum::TaskRetention task_retention(const config::Config& config);
cluster::HealthOptions health_options(const config::Config& config);
scatter::PaceOptions pace_options(const config::Config& config);
scatter::ScatterOptions scatter_options(const config::Config& config, env::Metrics& metrics, scatter::Paces& paces);
api::DeskOptions desk_options(const config::Config& config, env::Metrics& metrics);
rebalance::RebalancerOptions rebalancer_options(const config::Config& config, env::Metrics& metrics);
quorum::MenderOptions mender_options(const config::Config& config);
quorum::AntiEntropyOptions anti_entropy_options(const config::Config& config, env::Metrics& metrics);
quorum::AckRule ack_rule(const config::Config& config);
wire::ClientOptions client_options(const config::Config& config);
wire::ClientOptions outside_options(const config::Config& config);
webhooks::CourierOptions courier_options(const config::Config& config);
// Some node is spoken to over TLS: only then are the files for it read, which takes longer than all else at the start.
bool nodes_use_tls(const config::Config& config);
// Of one of `threads` listeners, which together keep to the configured numbers.
wire::ListenerOptions listener_options(const config::Config& config, std::uint32_t threads);
wire::ListenerOptions metrics_listener_options(const config::Config& config);
server::FrontDoorOptions door_options(const config::Config& config, std::uint32_t threads);
server::FrontDoorOptions metrics_door_options();
admin::OperationsOptions operations_options(const config::Config& config);

}  // namespace miroir::app

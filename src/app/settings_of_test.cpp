#include "app/settings_of.h"

#include <gtest/gtest.h>

namespace miroir::app {
namespace {

TEST(SettingsOf, ThreadsTogetherKeepToTheConfiguredNumbers) {
    config::Config config;
    config.server.max_connections = 1000;
    config.server.max_concurrent_requests = 7;
    EXPECT_EQ(listener_options(config, 4).connections, 250u);
    EXPECT_EQ(door_options(config, 2).in_flight_max, 4u);
    EXPECT_EQ(door_options(config, 100).in_flight_max, 1u);
    EXPECT_TRUE(listener_options(config, 2).share_port);
    EXPECT_FALSE(listener_options(config, 1).share_port);
}

TEST(SettingsOf, NodesKeepTheirNameGroupZoneAndWeight) {
    config::Config config;
    config.shards = 16;
    config.replication_factor = 1;
    config.nodes = {{.id = "a", .address = "http://h:1", .replica_group = 0, .zone = "z", .weight = 0.5},
                    {.id = "b", .address = "http://h:2", .replica_group = 1, .zone = "", .weight = 2}};
    const cluster::TopologySpec spec = topology_spec(config);
    EXPECT_EQ(spec.shards, 16u);
    EXPECT_EQ(spec.replicas, 1u);
    EXPECT_EQ(spec.nodes[0].id.value, "a");
    EXPECT_EQ(spec.nodes[0].weight, 50u);
    EXPECT_EQ(spec.nodes[0].zone, "z");
    EXPECT_EQ(spec.nodes[1].group.value, 1u);
    EXPECT_EQ(spec.nodes[1].weight, 200u);
    EXPECT_TRUE(cluster::make_topology(spec));
}

TEST(SettingsOf, TlsIsOnOnlyWithACertificate) {
    config::Config config;
    EXPECT_FALSE(listener_options(config, 1).tls);
    config.tls = {.cert_path = "c", .key_path = "k", .client_ca_path = "ca", .require_client_cert = true};
    const wire::ListenerOptions options = listener_options(config, 1);
    ASSERT_TRUE(options.tls);
    EXPECT_EQ(options.tls->certificate, "c");
    EXPECT_EQ(options.tls->client_authorities, "ca");
    EXPECT_TRUE(options.tls->client_required);
    EXPECT_FALSE(metrics_listener_options(config).tls);
}

TEST(SettingsOf, TlsTowardsNodesIsPreparedOnlyWhereItIsUsed) {
    config::Config config;
    config.nodes = {{.id = "a", .address = "http://h:1"}};
    EXPECT_FALSE(nodes_use_tls(config));
    config.nodes.push_back({.id = "b", .address = "https://h:2"});
    EXPECT_TRUE(nodes_use_tls(config));
    config.nodes.pop_back();
    config.node_tls.ca_path = "ca.pem";  // a wrong path is told at the start
    EXPECT_TRUE(nodes_use_tls(config));
}

}  // namespace
}  // namespace miroir::app

#include "quorum/repair/layout.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "tasks/memory_store.h"

namespace miroir::quorum {
namespace {

struct Shape {
    std::vector<std::string> names = {"a", "b", "c"};
    std::uint32_t replicas = 1;
    std::uint32_t groups = 1;
    std::uint32_t weight_of_first = 100;
    std::uint32_t shards = 16;
    int port = 7701;
};

cluster::TopologyPtr topology(const Shape& shape) {
    cluster::TopologySpec spec{.nodes = {}, .shards = shape.shards, .replicas = shape.replicas};
    for (std::uint32_t i = 0; i < shape.names.size(); ++i) {
        spec.nodes.push_back({.id = {shape.names[i]},
                              .address = "http://127.0.0.1:" + std::to_string(shape.port + static_cast<int>(i)),
                              .group = {i % shape.groups},
                              .zone = {},
                              .weight = i == 0 ? shape.weight_of_first : 100});
    }
    return cluster::make_topology(spec).value();
}

class Layout : public testing::Test {
protected:
    Result<void> start(const Shape& shape, bool has_data = true) {
        return env::run_task(reactor, keep_layout(store, topology(shape), has_data));
    }
    std::string refusal(const Shape& shape) {
        const Result<void> started = start(shape);
        return started ? "" : started.error().message;
    }
    env::Reactor reactor;
    tasks::MemoryStore store;
};

TEST_F(Layout, AddressesOrderAndShardsOfNewIndexesMayChange) {
    ASSERT_TRUE(start({}));
    EXPECT_EQ(refusal({.port = 9000}), "");
    EXPECT_EQ(refusal({.names = {"c", "a", "b"}}), "");
    EXPECT_EQ(refusal({.shards = 64}), "");
}

TEST_F(Layout, WhatWouldHideDocumentsIsRefusedAndNamed) {
    ASSERT_TRUE(start({}));
    EXPECT_NE(refusal({.names = {"a", "b"}}).find("nodes a, b, c (now a, b)"), std::string::npos);
    EXPECT_NE(refusal({.names = {"a", "b", "x"}}).find("nodes a, b, c (now a, b, x)"), std::string::npos);
    EXPECT_NE(refusal({.replicas = 2}).find("replication_factor 1 (now 2)"), std::string::npos);
    EXPECT_NE(refusal({.groups = 3}).find("replica_groups 1 (now 3)"), std::string::npos);
    EXPECT_NE(refusal({.weight_of_first = 1000}).find("weights"), std::string::npos);
    EXPECT_EQ(refusal({}), "") << "a refusal changes nothing";
}

TEST_F(Layout, WithoutDataEveryLayoutIsWelcome) {
    ASSERT_TRUE(start({}));
    EXPECT_TRUE(start({.names = {"x"}}, false));
    EXPECT_EQ(refusal({.names = {"x"}}), "");
}

}  // namespace
}  // namespace miroir::quorum

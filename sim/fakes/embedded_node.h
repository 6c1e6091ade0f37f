// The embedded node as a host: its memory dies with it, its disk stays.
#pragma once

#include "node/node.h"
#include "sim/host.h"

namespace miroir::sim {

class EmbeddedNode final : public App {
public:
    EmbeddedNode(const AppContext& context, node::NodeOptions options);

    http::Handler* handler() override { return node_.get(); }
    env::Task<void> stop() override;
    node::Node& node() { return *node_; }

private:
    std::unique_ptr<node::Node> node_;
};

AppFactory embedded_node(node::NodeOptions options);

}  // namespace miroir::sim

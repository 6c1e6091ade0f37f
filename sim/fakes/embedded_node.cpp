#include "sim/fakes/embedded_node.h"

namespace miroir::sim {

// A node that finds its disk unreadable after a crash has lost what it acknowledged: that is a finding by itself.
EmbeddedNode::EmbeddedNode(const AppContext& context, node::NodeOptions options)
    : node_(node::Node::open(context.env, context.disk, std::move(options)).value()) {}

env::Task<void> EmbeddedNode::stop() { co_await node_->close(); }

AppFactory embedded_node(node::NodeOptions options) {
    return [options](AppContext context) { return std::make_unique<EmbeddedNode>(context, options); };
}

}  // namespace miroir::sim

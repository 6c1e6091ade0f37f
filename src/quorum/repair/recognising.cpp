// Who is at the address of a node: itself, another node of the cluster, or somebody without a past.
#include <algorithm>

#include "env/log.h"
#include "quorum/repair/mender.h"

namespace miroir::quorum {

// How many of these the node does not know; nothing: it could not be asked.
env::Task<std::optional<std::size_t>> Mender::unknown_of(NodeId node, std::string address,
                                                         std::vector<Witness> witnesses) {
    http::Outgoing request;
    request.target = target_of(witnesses);
    const Result<http::Reply> reply = co_await writer_.link(node).ask_anybody(std::move(address), std::move(request));
    if (!reply || reply->status != 200) co_return std::nullopt;
    const std::optional<std::size_t> known = known_in(reply->body, witnesses);
    co_return known ? std::optional(witnesses.size() - *known) : std::nullopt;
}

env::Task<Result<std::optional<NodeId>>> Mender::known_as(NodeId asker, std::string address) {
    for (const NodeId& node : writer_.witnesses().nodes()) {
        std::vector<Witness> witnesses = writer_.witnesses().of(node);
        if (witnesses.empty() || node == asker) continue;
        const std::size_t asked = witnesses.size();
        const std::optional<std::size_t> unknown = co_await unknown_of(asker, address, std::move(witnesses));
        if (!unknown) {
            co_return fail({.code = ErrorCode::MiroirNodeUnreachable,
                            .message = "the server at " + address + " does not say what it has taken",
                            .node = asker.value});
        }
        if (*unknown < asked) co_return node;
    }
    co_return std::nullopt;
}

// At whose address the node is now; nothing: at none that can be asked.
env::Task<std::optional<NodeId>> Mender::found_at(NodeId node) {
    const cluster::TopologyPtr topology = writer_.topology();
    const std::vector<Witness> witnesses = writer_.witnesses().of(node);
    for (std::size_t i = 0; i < topology->nodes().size() && !witnesses.empty(); ++i) {
        const cluster::Node& other = topology->nodes()[i];
        if (other.id == node) continue;
        const std::optional<std::size_t> unknown = co_await unknown_of(node, other.address, witnesses);
        if (unknown && *unknown < witnesses.size()) co_return other.id;
    }
    co_return std::nullopt;
}

// Where two machines are started on each other's addresses, nobody has lost anything: the addresses are exchanged. A
// node that is found at its own address as well is not moved: two addresses lead to it, or its disk has been copied.
env::Task<void> Mender::exchange(NodeId one, NodeId other, std::string address) {
    const cluster::TopologyPtr topology = writer_.topology();
    const auto here = topology->find(one);
    const auto there = topology->find(other);
    if (!here || !there || topology->node(*here).address != address || !exchange_) co_return;
    const cluster::NodeSpec first = topology->node(*here);
    const cluster::NodeSpec second = topology->node(*there);
    for (const auto& [guest, home] : {std::pair(first, second), std::pair(second, first)}) {
        const std::vector<Witness> witnesses = writer_.witnesses().of(guest.id);
        if (witnesses.empty()) continue;
        const std::optional<std::size_t> unknown = co_await unknown_of(guest.id, guest.address, witnesses);
        if (!unknown || *unknown == witnesses.size()) continue;
        if (one_at_two_.emplace(guest.id, home.id).second) {
            env_.log.error("quorum", "the address of a node leads to another node too, or to a copy of its disk",
                           {{"node", home.id.value}, {"address", home.address}, {"leads_to", guest.id.value}});
        }
        co_return;
    }
    const Result<bool> exchanged = co_await exchange_(first, second);
    if (!exchanged || !*exchanged) co_return;
    one_at_two_.clear();
    env_.log.warn("quorum", "a node is where another was: their addresses are exchanged",
                  {{"node", one.value}, {"was_at", first.address}, {"other", other.value}, {"is_at", second.address}});
}

// The server at the node's address knows nothing of it.
env::Task<Mender::Whereabouts> Mender::look_elsewhere(NodeId node, std::string address) {
    const Result<std::optional<NodeId>> there = co_await known_as(node, address);
    if (!there) co_return Whereabouts::Unknown;
    std::optional<NodeId> other = *there;
    if (!other) other = co_await found_at(node);
    if (!other) co_return Whereabouts::Nowhere;
    co_await exchange(node, *other, std::move(address));
    co_return Whereabouts::Elsewhere;
}

env::Task<bool> Mender::recognise(NodeId node, std::string address) {
    const std::vector<Witness> witnesses = writer_.witnesses().of(node);
    std::size_t unknown = 0;
    if (!witnesses.empty()) {
        const std::optional<std::size_t> asked = co_await unknown_of(node, address, witnesses);
        if (!asked) co_return false;
        unknown = *asked;
        if (unknown == 0) {
            writer_.witnesses().confirmed(node, witnesses);
            co_return true;
        }
    }
    if (unknown == witnesses.size()) {
        const Whereabouts where = co_await look_elsewhere(node, address);
        if (where != Whereabouts::Nowhere) co_return false;
        if (witnesses.empty()) co_return true;  // it never took anything
    }
    const env::Lane::Pass pass = co_await writer_.link(node).lane().enter();
    const cluster::TopologyPtr topology = writer_.topology();
    const auto here = topology->find(node);
    if (!here || topology->node(*here).address != address) co_return false;  // it is somewhere else by now
    const std::vector<Witness> now = writer_.witnesses().of(node);
    if (now.empty() || now.front() != witnesses.front()) co_return false;  // somebody else was faster: ask again
    env_.log.error("quorum", "a node is not what it was: what it held is copied anew",
                   {{"node", node.value}, {"asked_for", witnesses.size()}, {"unknown_to_it", unknown}});
    tasks::Batch batch;
    writer_.witnesses().forget(batch, node);
    writer_.owe_all(batch, node, "the node came back without what it had taken");
    writer_.link(node).ask_anew();
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (kept) writer_.witnesses().forgotten_now(node);  // else the next look finds the same, and writes the debt down
    co_return kept.has_value();
}

}  // namespace miroir::quorum

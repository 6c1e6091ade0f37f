#include "rebalance/node_life.h"

#include <algorithm>

#include "cluster/rebalance_plan.h"
#include "json/members.h"
#include "json/parse.h"
#include "rebalance/room.h"

namespace miroir::rebalance {
namespace {

using cluster::NodeEvent;
using cluster::NodeRole;
using cluster::Topology;
using cluster::TopologyPtr;

std::unexpected<Error> refuse(const NodeId& node, std::string message) {
    return fail(
        {.code = ErrorCode::MiroirInvalidRequest, .message = std::move(message), .node = node.value, .status = 409});
}

// "1.50" of "1.50.3": what decides about formats and ranking.
std::string line_of(const std::string& version) { return version.substr(0, version.rfind('.')); }

Result<void> judge_engine(const Topology& topology, const NodeId& id, const std::string& version) {
    for (const cluster::Node& node : topology.nodes()) {
        const std::string& other = node.facts.engine_version;
        if (other.empty() || node.standing.role == NodeRole::Removed || line_of(other) == line_of(version)) continue;
        return refuse(id, "node `" + id.value + "` runs engine version " + version + ", node `" + node.id.value +
                              "` runs " + other +
                              ": they may rank and store differently; upgrade one of them first, or allow it");
    }
    return {};
}

}  // namespace

env::Task<Result<std::string>> NodeLife::ask(const cluster::NodeSpec& spec, std::string target) {
    const std::string name = spec.id.value;
    http::Outgoing request;
    request.target = target;
    const Result<http::Reply> reply = co_await mover_.ask(spec.id, spec.address, std::move(request));
    const std::string what = "node `" + name + "` at " + spec.address + " ";
    if (!reply) co_return refuse(spec.id, what + "does not answer (" + reply.error().message + "): start it first");
    if (reply->status == 401 || reply->status == 403)
        co_return refuse(spec.id, what + "refuses the node key: start it with the master key of the other nodes");
    if (reply->status != 200)
        co_return refuse(
            spec.id, what + "answers " + target + " with " + std::to_string(reply->status) + ": is it a Meilisearch?");
    co_return reply->body;
}

env::Task<Result<void>> NodeLife::meet(cluster::NodeSpec spec, bool any_version) {
    const Result<std::string> version_text = co_await ask(spec, "/version");
    if (!version_text) co_return fail(version_text.error());
    const auto version = json::parse(*version_text);
    const std::string number = version ? text_at(*version, "pkgVersion") : "";
    if (number.empty()) co_return refuse(spec.id, "node `" + spec.id.value + "` does not answer as a Meilisearch does");
    if (!any_version) MIROIR_CO_CHECK(judge_engine(*book_.current(), spec.id, number));
    MIROIR_CO_TRY(const std::optional<NodeId> twin, co_await mover_.known_as(spec.id, spec.address));
    if (twin) {
        co_return refuse(spec.id, "the server at " + spec.address + " is node `" + twin->value +
                                      "`: it cannot be two nodes; start another one");
    }
    const Result<std::string> indexes_text = co_await ask(spec, "/indexes?limit=1");
    if (!indexes_text) co_return fail(indexes_text.error());
    const auto indexes = json::parse(*indexes_text);
    const json::Value* results = indexes ? indexes->find("results") : nullptr;
    if (results == nullptr || !results->is_array() || !results->array().empty()) {
        co_return refuse(spec.id, "node `" + spec.id.value +
                                      "` holds indexes already: what they hold would mix with the cluster's; empty it "
                                      "first (a new data folder)");
    }
    co_return Result<void>{};
}

Result<void> NodeLife::judge_room_in(const Topology& after) const {
    const RoomFacts facts{.limit = max_node_bytes_,
                          .bytes_of = [this](ShardId shard) { return mover_.bytes_of(shard); },
                          .used = [this](const NodeId& node) { return mover_.database_of(node); }};
    return judge_room(after, plan_moves(after), facts);
}

Result<void> NodeLife::judge_version(std::uint64_t expected) const {
    const std::uint64_t now = book_.current()->placement_version();
    if (expected == 0 || expected == now) return {};
    return refuse({}, "the topology has changed since you looked: version " + std::to_string(expected) + ", now " +
                          std::to_string(now) + "; look again and decide anew");
}

env::Task<Result<void>> NodeLife::add(Newcomer newcomer) {
    std::vector<Newcomer> alone;
    alone.push_back(std::move(newcomer));
    return add_all(std::move(alone));
}

env::Task<Result<void>> NodeLife::add_all(std::vector<Newcomer> newcomers) {
    const auto change = [&newcomers](const Topology& from) -> Result<TopologyPtr> {
        TopologyPtr next;
        for (const Newcomer& newcomer : newcomers) {
            MIROIR_TRY(next, with_node(next ? *next : from, newcomer.spec));
        }
        return next;
    };
    MIROIR_CO_TRY(const TopologyPtr after, change(*book_.current()));
    MIROIR_CO_CHECK(judge_room_in(*after));
    bool only_judge = false;
    for (const Newcomer& newcomer : newcomers) {
        MIROIR_CO_CHECK(http::parse_address(newcomer.spec.address));
        MIROIR_CO_CHECK(co_await meet(newcomer.spec, newcomer.any_version));
        only_judge = only_judge || newcomer.only_judge;
    }
    if (only_judge) co_return Result<void>{};
    const Result<TopologyPtr> changed = co_await book_.change(change);
    if (!changed) co_return fail(changed.error());
    co_return Result<void>{};
}

env::Task<Result<void>> NodeLife::drain(NodeId node, bool only_judge) {
    const auto change = [this, node](const Topology& from) -> Result<TopologyPtr> {
        MIROIR_CHECK(judge_drain(from, node));
        MIROIR_TRY(TopologyPtr after, with_node_event(from, node, NodeEvent::Drain));
        MIROIR_CHECK(judge_room_in(*after));
        return after;
    };
    MIROIR_CO_CHECK(change(*book_.current()));
    if (only_judge) co_return Result<void>{};
    const Result<TopologyPtr> changed = co_await book_.change(change);
    if (!changed) co_return fail(changed.error());
    co_return Result<void>{};
}

env::Task<Result<void>> NodeLife::recover(NodeId node) {
    const auto change = [node](const Topology& from) { return with_node_event(from, node, NodeEvent::Undrain); };
    const Result<TopologyPtr> changed = co_await book_.change(change);
    if (!changed) co_return fail(changed.error());
    co_return Result<void>{};
}

env::Task<Result<void>> NodeLife::remove(NodeId node, bool lost, bool only_judge, Also also) {
    const auto change = [node, lost](const Topology& from) -> Result<TopologyPtr> {
        MIROIR_CHECK(judge_removal(from, node, lost));
        const auto index = *from.find(node);
        const NodeRole role = from.node(index).standing.role;
        if (role == NodeRole::Removed) return without_node(from, node);
        if (lost) return with_node_event(from, node, NodeEvent::Discard);
        // It holds nothing: it may leave without more ado.
        const NodeEvent event = role == NodeRole::Joining ? NodeEvent::Discard : NodeEvent::Drain;
        MIROIR_TRY(TopologyPtr next, with_node_event(from, node, event));
        if (event == NodeEvent::Drain) {
            MIROIR_TRY(next, with_node_event(*next, node, NodeEvent::Emptied));
        }
        return without_node(*next, node);
    };
    MIROIR_CO_CHECK(change(*book_.current()));
    if (only_judge) co_return Result<void>{};
    std::vector<std::uint64_t> places;  // of what was kept for it
    const auto leave = [&](const Topology& from, tasks::Batch& batch) -> Result<TopologyPtr> {
        MIROIR_TRY(TopologyPtr next, change(from));
        if (also) also(batch);
        places = mover_.forget(batch, node);
        return next;
    };
    const Result<TopologyPtr> changed = co_await book_.change_recorded(leave);
    if (!changed) co_return fail(changed.error());
    mover_.forgotten(node, places);
    co_return Result<void>{};
}

}  // namespace miroir::rebalance

// Nodes that the cluster itself has written off and that answer again. What they hold is old and others have it: it is
// deleted, and they join like new ones. What an operator has removed stays away.
#include "env/log.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "rebalance/node_life.h"
#include "rebalance/rebalancer.h"

namespace miroir::rebalance {
namespace {

constexpr std::string_view kTarget = "rebalance";
constexpr std::string_view kWrittenOff = "written_off";  // node → by what it is recognised

std::vector<quorum::Witness> witnesses_in(const std::string& record) {
    std::vector<quorum::Witness> out;
    const auto stored = json::parse(record);
    const json::Value* witnesses = stored ? stored->find("witnesses") : nullptr;
    if (witnesses == nullptr || !witnesses->is_array()) return out;
    for (const json::Value& each : witnesses->array())
        out.push_back({.uid = number_at(each, "uid"), .enqueued_at = text_at(each, "enqueuedAt")});
    return out;
}

json::Value number_of_tasks(const json::Value& page) {
    const json::Value* total = page.find("total");
    return total == nullptr ? json::Value() : *total;
}

}  // namespace

void Rebalancer::remember(tasks::Batch& batch, const NodeId& node) const {
    json::Array witnesses;
    for (const quorum::Witness& each : mover_.witnesses_of(node))
        witnesses.emplace_back(json::Object{{"uid", each.uid}, {"enqueuedAt", each.enqueued_at}});
    batch.put(std::string(kWrittenOff), node.value, json::to_text(json::Object{{"witnesses", std::move(witnesses)}}));
}

env::Task<void> Rebalancer::welcome_back(env::Cancel stop) {
    while (!stop.requested()) {
        Result<std::vector<tasks::Record>> marks = co_await tasks::read_all(store_, std::string(kWrittenOff));
        for (std::size_t i = 0; marks && i < marks->size() && !stop.requested(); ++i) {
            const NodeId id{(*marks)[i].key};
            const Result<void> looked = co_await look_at_returned(std::move((*marks)[i]));
            const std::string why = looked ? std::string() : looked.error().message;
            if (std::exchange(not_taken_back_[id], why) == why || why.empty()) continue;
            env_.log.warn(kTarget, "a node that was written off is not taken back", {{"node", id.value}, {"why", why}});
        }
        co_await env::sleep_for(env_, options_.look_for_returned, stop);
    }
}

env::Task<Result<void>> Rebalancer::look_at_returned(tasks::Record mark) {
    const cluster::TopologyPtr topology = book_.current();
    const NodeId id{mark.key};
    const auto index = topology->find(id);
    if (!index || topology->node(*index).standing.role != cluster::NodeRole::Removed) {  // the operator was faster
        tasks::Batch batch;
        batch.erase(std::string(kWrittenOff), mark.key);
        co_return co_await store_.commit(std::move(batch));
    }
    const bool moves =
        std::ranges::any_of(moves_, [&id](const auto& move) { return move.second.from == id || move.second.to == id; });
    const bool held = topology->placement().held_by(*index, topology->placement().shards()) > 0;
    if (!options_.take_back || !options_.by_itself || paused_ || moves || held) co_return Result<void>{};
    NodeLife life(book_, mover_, options_.max_node_bytes);
    const auto forget = [id](tasks::Batch& batch) { batch.erase(std::string(kWrittenOff), id.value); };
    const Result<bool> back = co_await life.take_back(id, witnesses_in(mark.value), forget);
    if (!back) co_return fail(back.error());
    if (*back) {
        env_.log.info(kTarget, "a node that was written off is back: it has been emptied and joins as a new one",
                      {{"node", id.value}});
    }
    co_return Result<void>{};
}

// Does the server at the node's address know any of these? One with an older disk may know what it is at least.
env::Task<Result<bool>> NodeLife::knows(const cluster::NodeSpec& spec, const std::vector<quorum::Witness>& witnesses) {
    MIROIR_CO_TRY(const std::string page, co_await ask(spec, quorum::target_of(witnesses)));
    if (quorum::known_in(page, witnesses).value_or(0) > 0) co_return true;
    MIROIR_CO_TRY(const std::string claims, co_await ask(spec, std::string(quorum::kClaimsTarget)));
    co_return mover_.bears_our_name(spec.id, json::parse(claims).value_or(json::Value()));
}

// True when nothing is left on it, nor on its way to it.
env::Task<Result<bool>> NodeLife::empty_out(const cluster::NodeSpec& spec,
                                            const std::vector<quorum::Witness>& witnesses) {
    const Result<std::string> queue = co_await ask(spec, "/tasks?limit=1&statuses=enqueued,processing");
    if (!queue) co_return fail(queue.error());
    const auto waiting = json::parse(*queue);
    if (!waiting || !(number_of_tasks(*waiting) == json::Value(0))) co_return false;
    const Result<std::string> listed = co_await ask(spec, "/indexes?limit=1000");
    if (!listed) co_return fail(listed.error());
    const auto page = json::parse(*listed);
    const json::Value* indexes = page ? page->find("results") : nullptr;
    if (indexes == nullptr || !indexes->is_array()) co_return false;
    if (indexes->array().empty()) co_return true;
    const Result<bool> known = co_await knows(spec, witnesses);
    if (!known) co_return fail(known.error());
    if (!*known) {
        co_return fail({.code = ErrorCode::MiroirInvalidRequest,
                        .message = "the server at " + spec.address + " holds indexes and knows nothing of node `" +
                                   spec.id.value +
                                   "`: empty it, or let the cluster forget the node (miroir-ctl node remove)",
                        .node = spec.id.value,
                        .status = 409});
    }
    for (const json::Value& index : indexes->array()) {
        http::Outgoing request;
        request.method = "DELETE";
        request.target = "/indexes/" + text_at(index, "uid");
        const Result<http::Reply> reply = co_await mover_.ask(spec.id, spec.address, std::move(request));
        if (!reply) co_return fail(reply.error());
    }
    co_return false;
}

env::Task<Result<bool>> NodeLife::take_back(NodeId node, std::vector<quorum::Witness> witnesses, Also also) {
    const cluster::TopologyPtr topology = book_.current();
    const auto index = topology->find(node);
    if (!index) co_return false;
    const cluster::NodeSpec spec = topology->node(*index);
    http::Outgoing question;
    question.target = "/health";
    const Result<http::Reply> health = co_await mover_.ask(spec.id, spec.address, std::move(question));
    if (!health || health->status != 200) co_return false;
    MIROIR_CO_TRY(const bool empty, co_await empty_out(spec, witnesses));
    if (!empty) co_return false;
    MIROIR_CO_CHECK(co_await meet(spec, false));
    const auto change = [&spec, &also](const cluster::Topology& from,
                                       tasks::Batch& batch) -> Result<cluster::TopologyPtr> {
        MIROIR_TRY(const cluster::TopologyPtr gone, without_node(from, spec.id));
        also(batch);
        return with_node(*gone, spec);
    };
    const Result<cluster::TopologyPtr> changed = co_await book_.change_recorded(change);
    if (!changed) co_return fail(changed.error());
    mover_.count_anew(node);
    co_return true;
}

}  // namespace miroir::rebalance

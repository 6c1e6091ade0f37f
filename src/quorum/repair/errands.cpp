#include "quorum/repair/errands.h"

#include "json/parse.h"
#include "json/write.h"
#include "quorum/fold.h"

namespace miroir::quorum {
namespace {

constexpr int kNumbersTried = 3;

}  // namespace

env::Task<bool> Errands::drained(cluster::Node node, IndexUid index, std::optional<std::chrono::nanoseconds> at_most) {
    const env::Deadline deadline = env::Deadline::after(env_.clock, at_most.value_or(options_.drain_timeout));
    while (!deadline.expired(env_.clock)) {
        http::Outgoing request;
        request.target = "/tasks?limit=1&statuses=enqueued,processing&indexUids=" + index.value;
        const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
        if (!reply || reply->status != 200) co_return false;
        const auto body = json::parse(reply->body);
        const json::Value* results = body ? body->find("results") : nullptr;
        if (results == nullptr || !results->is_array()) co_return false;
        if (results->array().empty()) co_return true;
        co_await env::sleep_for(env_, options_.poll);
    }
    co_return false;
}

env::Task<std::optional<json::Array>> Errands::read(cluster::Node node, const plan::IndexPtr& index,
                                                    json::Object body) {
    if (!index->settings.embedders.empty()) body.append("retrieveVectors", true);
    http::Outgoing request;
    request.method = "POST";
    request.target = "/indexes/" + index->uid.value + "/documents/fetch";
    request.headers.add("Content-Type", "application/json");
    request.body = json::to_text(json::Value(std::move(body)));
    const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
    if (!reply || reply->status != 200) co_return std::nullopt;
    auto parsed = json::parse(reply->body);
    json::Value* results = parsed && parsed->is_object() ? parsed->object().find("results") : nullptr;
    if (results == nullptr || !results->is_array()) co_return std::nullopt;
    co_return std::move(results->array());
}

env::Task<bool> Errands::tell(cluster::Node node, std::vector<NodeRequest> requests, std::size_t must_from,
                              std::uint64_t releases, env::Lane::Pass* order) {
    NodeLink& link = writer_.link(node.id);
    std::vector<std::uint64_t> uids;
    {
        const env::Lane::Pass pass = co_await link.lane().enter();
        if (writer_.hints().any(node.id) || writer_.hints().releases() != releases) co_return false;
        for (NodeRequest& request : requests) {
            SendOutcome outcome{.kind = SendOutcome::Kind::Overtaken, .uid = 0, .error = {}};
            for (int i = 0; i < kNumbersTried && outcome.kind == SendOutcome::Kind::Overtaken; ++i) {
                if (i > 0) link.ask_anew();  // somebody else writes to the node
                if (const auto used = writer_.hints().highest_uid(node.id)) link.reserve_up_to(*used);
                const Result<std::uint64_t> uid = co_await link.next_uid(node.address);
                if (!uid) co_return false;
                NodeRequest sent = request;
                outcome = co_await link.send(node.address, std::move(sent), *uid);
            }
            if (outcome.kind == SendOutcome::Kind::Overtaken) link.ask_anew();
            if (outcome.error.code == ErrorCode::NoSpaceLeftOnDevice) full_since_[node.id] = env_.clock.now();
            if (outcome.kind != SendOutcome::Kind::Accepted) co_return false;
            uids.push_back(outcome.uid);
        }
    }
    if (order != nullptr) order->give_back();
    const env::Deadline deadline = env::Deadline::after(env_.clock, options_.drain_timeout);
    for (std::size_t i = 0; i < uids.size(); ++i) {
        tasks::NodeTask part;
        while (part.state < tasks::NodeTask::State::Missed) {
            if (deadline.expired(env_.clock)) co_return false;
            const Result<std::optional<json::Value>> said = co_await link.task(node.address, uids[i]);
            if (!said || !*said) co_return false;
            take_node_task(part, **said);
            if (part.state < tasks::NodeTask::State::Missed) co_await env::sleep_for(env_, options_.poll);
        }
        if (part.error && part.error->code == ErrorCode::NoSpaceLeftOnDevice) full_since_[node.id] = env_.clock.now();
        if (i >= must_from && part.state != tasks::NodeTask::State::Succeeded) co_return false;
    }
    full_since_.erase(node.id);
    co_return true;
}

bool Errands::is_full(const NodeId& node) const {
    const auto since = full_since_.find(node);
    return since != full_since_.end() && env_.clock.now() - since->second < options_.full_for;
}

}  // namespace miroir::quorum

#include "quorum/repair/errands.h"

#include "json/parse.h"
#include "json/write.h"
#include "quorum/fold.h"

namespace miroir::quorum {
namespace {

constexpr int kNumbersTried = 3;

}  // namespace

// Asked for the newest only: `from` leaves out what came behind.
env::Task<std::optional<bool>> Errands::has_done(cluster::Node node, IndexUid index, std::optional<std::uint64_t> uid) {
    std::string target = "/tasks?limit=1&statuses=enqueued,processing&indexUids=" + index.value;
    if (uid) target += "&from=" + std::to_string(*uid);
    const json::Value body = co_await writer_.link(node.id).look(node.address, std::move(target));
    const json::Value* results = body.find("results");
    if (results == nullptr || !results->is_array()) co_return std::nullopt;
    co_return results->array().empty();
}

env::Task<bool> Errands::drained_to(cluster::Node node, IndexUid index, std::optional<std::uint64_t> uid,
                                    std::optional<std::chrono::nanoseconds> at_most) {
    const env::Deadline deadline = env::Deadline::after(env_.clock, at_most.value_or(options_.drain_timeout));
    while (!deadline.expired(env_.clock)) {
        const std::optional<bool> done = co_await has_done(node, index, uid);
        if (!done) co_return false;
        if (*done) co_return true;
        co_await env::sleep_for(env_, options_.poll);
    }
    co_return false;
}

env::Task<bool> Errands::drained(cluster::Node node, IndexUid index, std::optional<std::chrono::nanoseconds> at_most) {
    co_return co_await drained_to(std::move(node), std::move(index), std::nullopt, at_most);
}

env::Task<bool> Errands::learn_tasks(cluster::Node node) {
    const json::Value body = co_await writer_.link(node.id).look(node.address, "/tasks?limit=1");
    const json::Value* newest = body.find("from");
    if (newest == nullptr) co_return false;
    if (newest->is_unsigned()) writer_.link(node.id).reserve_up_to(newest->unsigned_integer());
    co_return true;
}

env::Task<std::optional<json::Array>> Errands::read(cluster::Node node, const plan::IndexPtr& index, json::Object body,
                                                    std::size_t* bytes) {
    if (!index->settings.embedders.empty()) body.append("retrieveVectors", true);
    http::Outgoing request;
    request.method = "POST";
    request.target = "/indexes/" + index->uid.value + "/documents/fetch";
    request.headers.add("Content-Type", "application/json");
    request.body = json::to_text(json::Value(std::move(body)));
    const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(request));
    if (!reply || reply->status != 200) co_return std::nullopt;
    if (bytes != nullptr) *bytes = reply->body.size();
    auto parsed = json::parse(reply->body);
    json::Value* results = parsed && parsed->is_object() ? parsed->object().find("results") : nullptr;
    if (results == nullptr || !results->is_array()) co_return std::nullopt;
    co_return std::move(results->array());
}

env::Task<std::optional<Errands::Sent>> Errands::send(cluster::Node node, std::vector<NodeRequest> requests,
                                                      std::uint64_t releases) {
    NodeLink& link = writer_.link(node.id);
    Sent sent;
    const env::Lane::Pass pass = co_await link.lane().enter();
    if (writer_.hints().any(node.id) || writer_.hints().releases() != releases) co_return std::nullopt;
    for (NodeRequest& request : requests) {
        SendOutcome outcome{.kind = SendOutcome::Kind::Overtaken, .uid = 0, .error = {}};
        for (int i = 0; i < kNumbersTried && outcome.kind == SendOutcome::Kind::Overtaken; ++i) {
            if (i > 0) link.ask_anew();  // somebody else writes to the node
            if (const auto used = writer_.hints().highest_uid(node.id)) link.reserve_up_to(*used);
            const Result<std::uint64_t> uid = co_await link.next_uid(node.address);
            if (!uid) co_return std::nullopt;
            NodeRequest again = request;
            outcome = co_await link.send(node.address, std::move(again), *uid);
        }
        if (outcome.kind == SendOutcome::Kind::Overtaken) link.ask_anew();
        if (outcome.error.code == ErrorCode::NoSpaceLeftOnDevice) full_since_[node.id] = env_.clock.now();
        if (outcome.kind != SendOutcome::Kind::Accepted) co_return std::nullopt;
        sent.uids.push_back(outcome.uid);
    }
    co_return sent;
}

env::Task<bool> Errands::carried_out(cluster::Node node, Sent sent, std::optional<std::chrono::nanoseconds> at_most) {
    NodeLink& link = writer_.link(node.id);
    const env::Deadline deadline = env::Deadline::after(env_.clock, at_most.value_or(options_.drain_timeout));
    for (std::size_t i = 0; i < sent.uids.size(); ++i) {
        tasks::NodeTask part;
        while (part.state < tasks::NodeTask::State::Missed) {
            if (deadline.expired(env_.clock)) co_return false;
            const Result<std::optional<json::Value>> said = co_await link.task(node.address, sent.uids[i]);
            if (!said || !*said) co_return false;
            take_node_task(part, **said);
            if (part.state < tasks::NodeTask::State::Missed) co_await env::sleep_for(env_, options_.poll);
        }
        if (part.error && part.error->code == ErrorCode::NoSpaceLeftOnDevice) full_since_[node.id] = env_.clock.now();
        if (i >= sent.must_from && part.state != tasks::NodeTask::State::Succeeded) co_return false;
    }
    full_since_.erase(node.id);
    co_return true;
}

env::Task<bool> Errands::tell(cluster::Node node, std::vector<NodeRequest> requests, std::size_t must_from,
                              std::uint64_t releases) {
    std::optional<Sent> sent = co_await send(node, std::move(requests), releases);
    if (!sent) co_return false;
    sent->must_from = must_from;
    co_return co_await carried_out(std::move(node), *std::move(sent));
}

bool Errands::is_full(const NodeId& node) const {
    const auto since = full_since_.find(node);
    return since != full_since_.end() && env_.clock.now() - since->second < options_.full_for;
}

}  // namespace miroir::quorum

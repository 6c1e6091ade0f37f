// Comparing and copying, one stretch of the stamp after another.
#include <algorithm>

#include "cluster/reserved.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/shard_clause.h"
#include "quorum/fold.h"
#include "quorum/repair/mender.h"

namespace miroir::quorum {
namespace {

json::Value stamp_clause(std::string_view op, const std::string& stamp) {
    return std::string(cluster::kStampField) + " " + std::string(op) + " \"" + stamp + "\"";
}

// Of these shards, behind `after` and not behind `to`.
json::Value stretch_filter(const std::vector<ShardId>& shards, const std::string& after,
                           const std::optional<std::string>& to) {
    json::Array all{plan::shard_clause(shards)};
    if (!after.empty()) all.push_back(stamp_clause(">", after));
    if (to) all.push_back(stamp_clause("<=", *to));
    return all;
}

json::Object question(const json::Value& filter, std::size_t limit) {
    return {{"filter", filter}, {"limit", limit}, {"sort", json::Array{std::string(cluster::kStampField) + ":asc"}}};
}

std::string stamp_of(const json::Value& document) { return text_at(document, cluster::kStampField); }

}  // namespace

env::Task<bool> Mender::drained(cluster::Node node, IndexUid index) {
    const env::Deadline deadline = env::Deadline::after(env_.clock, options_.drain_timeout);
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

env::Task<std::optional<json::Array>> Mender::read(cluster::Node node, const plan::IndexPtr& index, json::Object body) {
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

env::Task<Mender::Step> Mender::pass(const Job& job, const Group& group) {
    Step out = Step::Same;
    std::string after;
    for (bool last = false; !last;) {
        const std::uint64_t before = copied_.bytes;
        const Step step = co_await stretch(job, group, after, last);
        if (step == Step::GivenUp) co_return step;
        co_await keep_to_the_rate(copied_.bytes - before);
        if (step == Step::Changed) out = step;
    }
    co_return out;
}

// The lane is free meanwhile.
env::Task<void> Mender::keep_to_the_rate(std::uint64_t bytes) {
    if (options_.bytes_per_second == 0 || bytes == 0) co_return;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(options_.bytes_per_second);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    co_await env::sleep_for(env_, rest, stop_);
}

env::Task<bool> Mender::wipe(cluster::Node node, std::vector<ShardId> shards) {
    std::vector<NodeRequest> requests;
    for (const auto& [uid, index] : catalog_.projected().indexes) {
        std::vector<ShardId> here;
        std::ranges::copy_if(shards, std::back_inserter(here), [&](ShardId s) { return s.value < index->shards; });
        if (here.empty()) continue;
        requests.push_back({.method = "POST",
                            .target = "/indexes/" + uid.value + "/documents/delete",
                            .content_type = "application/json",
                            .body = json::to_text(json::Object{{"filter", plan::shard_clause(here)}})});
    }
    if (requests.empty()) co_return true;
    co_return co_await tell(std::move(node), std::move(requests), 0, writer_.hints().releases());
}

env::Task<Mender::Step> Mender::stretch(const Job& job, const Group& group, std::string& after, bool& last) {
    const IndexUid uid = job.key.second;
    env::Lane::Pass pass = co_await writer_.lane(uid).enter();
    if (!is_current(job) || !still_gives(job, group)) co_return Step::GivenUp;
    const plan::IndexPtr index = catalog_.projected().find(uid);
    const cluster::Node source = job.topology->node(group.source);
    const cluster::Node target = job.topology->node(job.target);
    // What a change of settings holds back may have reached one of them only.
    const std::uint64_t releases = writer_.hints().releases();
    const bool at_rest = writer_.at_rest(source.id, uid) && writer_.at_rest(target.id, uid);
    if (!at_rest || writer_.debts().lacks(source.id, uid, group.shards)) co_return Step::GivenUp;
    const bool source_quiet = co_await drained(source, uid);
    const bool target_quiet = source_quiet && co_await drained(target, uid);
    if (!target_quiet) co_return Step::GivenUp;
    json::Object ask_source = question(stretch_filter(group.shards, after, {}), options_.page);
    std::optional<json::Array> there = co_await read(source, index, std::move(ask_source));
    if (!there) co_return Step::GivenUp;
    last = there->size() < options_.page;
    std::optional<std::string> to;
    if (!last) to = stamp_of(there->back());
    json::Object ask_target = question(stretch_filter(group.shards, after, to), options_.page + 1);
    const std::optional<json::Array> here = co_await read(target, index, std::move(ask_target));
    if (!here) co_return Step::GivenUp;
    const std::string from = after;
    if (to) after = *to;
    if (*here == *there) co_return Step::Same;
    Stretch differing{.after = from, .to = to, .releases = releases, .order = &pass};
    const bool done = co_await replace(job, group, *there, std::move(differing));
    co_return done ? Step::Changed : Step::GivenUp;
}

// What the node has of the stretch goes, what the source has comes.
env::Task<bool> Mender::replace(const Job& job, const Group& group, const json::Array& documents, Stretch stretch) {
    const plan::IndexPtr index = catalog_.projected().find(job.key.second);
    const std::string path = "/indexes/" + index->uid.value + "/documents";
    std::vector<NodeRequest> requests;
    requests.push_back(
        {.method = "POST",
         .target = path + "/delete",
         .content_type = "application/json",
         .body = json::to_text(json::Object{{"filter", stretch_filter(group.shards, stretch.after, stretch.to)}})});
    if (!documents.empty()) {
        std::string lines;
        for (const json::Value& document : documents) lines += json::to_text(document) + "\n";
        copied_.documents += documents.size();
        copied_.bytes += lines.size();
        requests.push_back({.method = "POST",
                            .target = path + "?primaryKey=" + index->primary_key.value_or(""),
                            .content_type = "application/x-ndjson",
                            .body = std::move(lines)});
    }
    const cluster::Node target = job.topology->node(job.target);
    co_return co_await tell(target, std::move(requests), 0, stretch.releases, stretch.order);
}

env::Task<bool> Mender::tell(cluster::Node node, std::vector<NodeRequest> requests, std::size_t must_from,
                             std::uint64_t releases, env::Lane::Pass* order) {
    NodeLink& link = writer_.link(node.id);
    std::vector<std::uint64_t> uids;
    {
        const env::Lane::Pass pass = co_await link.lane().enter();
        if (writer_.hints().any(node.id) || writer_.hints().releases() != releases) co_return false;
        for (NodeRequest& request : requests) {
            if (const auto used = writer_.hints().highest_uid(node.id)) link.reserve_up_to(*used);
            const Result<std::uint64_t> uid = co_await link.next_uid(node.address);
            if (!uid) co_return false;
            NodeRequest moved = std::move(request);
            const SendOutcome outcome = co_await link.send(node.address, std::move(moved), *uid);
            if (outcome.kind == SendOutcome::Kind::Overtaken) link.ask_anew();
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
        if (i >= must_from && part.state != tasks::NodeTask::State::Succeeded) co_return false;
    }
    co_return true;
}

}  // namespace miroir::quorum

#include "admin/cluster_desk.h"

#include <charconv>
#include <cmath>

#include "admin/admin_key.h"
#include "admin/anti_entropy_view.h"
#include "admin/rebalance_view.h"
#include "admin/topology_view.h"
#include "env/hop.h"
#include "json/parse.h"
#include "protocol/tasks/task_filter.h"
#include "server/body.h"
#include "server/replies.h"

namespace miroir::admin {
namespace {

using server::Incoming;

constexpr std::size_t kBodyMax = 1 << 20;
constexpr double kPlainWeight = 100;  // the cluster counts in hundredths

std::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::MiroirInvalidRequest, std::move(message)); }

bool asks(const Incoming& in, std::string_view flag) {
    return ("&" + in.raw_query + "&").find("&" + std::string(flag) + "=true&") != std::string::npos;
}

Result<std::string> text_of(const json::Value& body, const std::string& name, bool needed) {
    const json::Value* found = body.find(name);
    if (found != nullptr && found->is_string()) return found->string();
    if (found != nullptr && !found->is_null()) return wrong("`" + name + "` is a text");
    if (needed) return wrong("`" + name + "` is missing");
    return std::string();
}

Result<std::uint64_t> number_of(const json::Value& body, const std::string& name, std::uint64_t fallback) {
    const json::Value* found = body.find(name);
    if (found == nullptr || found->is_null()) return fallback;
    if (!found->is_unsigned()) return wrong("`" + name + "` is a whole number");
    return found->unsigned_integer();
}

std::optional<std::uint32_t> number_in(const std::string& text) {
    std::uint32_t out = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (trouble != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// On the office's executor.
env::Task<json::Value> begin_comparing(quorum::AntiEntropy& anti_entropy) {
    anti_entropy.begin_pass();
    co_return anti_entropy_view(anti_entropy);
}
env::Task<json::Value> look_at_comparing(const quorum::AntiEntropy& anti_entropy) {
    co_return anti_entropy_view(anti_entropy);
}

Result<rebalance::Newcomer> newcomer_of(const json::Value& body, std::optional<std::uint64_t> group) {
    if (!body.is_object()) return wrong("a node is an object with `id`, `address` and `replica_group`");
    rebalance::Newcomer out;
    MIROIR_TRY(out.spec.id.value, text_of(body, "id", true));
    MIROIR_TRY(out.spec.address, text_of(body, "address", true));
    MIROIR_TRY(out.spec.zone, text_of(body, "zone", false));
    MIROIR_TRY(const std::uint64_t named, number_of(body, "replica_group", group.value_or(0)));
    if (named > cluster::kMaxNodes) return wrong("`replica_group` is too large");
    out.spec.group = {static_cast<std::uint32_t>(named)};
    if (const json::Value* weight = body.find("weight"); weight != nullptr) {
        if (!weight->is_number() || weight->number() <= 0 || weight->number() > kPlainWeight)
            return wrong("`weight` is a number above 0, up to 100");
        out.spec.weight = static_cast<std::uint32_t>(std::lround(weight->number() * kPlainWeight));
    }
    const json::Value* any = body.find("any_version");
    out.any_version = any != nullptr && *any == json::Value(true);
    return out;
}

}  // namespace

void ClusterDesk::add(server::Router& router, std::string_view method, std::string_view pattern, int status,
                      Deed deed) {
    router.add(method, pattern, [this, status, deed](Incoming in) { return serve(std::move(in), status, deed); });
}

void ClusterDesk::mount(server::Router& router) {
    add(router, "POST", "/_miroir/nodes", 202, &ClusterDesk::add_node);
    add(router, "POST", "/_miroir/nodes/{id}/drain", 202, &ClusterDesk::drain);
    add(router, "POST", "/_miroir/nodes/{id}/recover", 202, &ClusterDesk::recover);
    add(router, "POST", "/_miroir/nodes/{id}/fail", 202, &ClusterDesk::write_off);
    add(router, "DELETE", "/_miroir/nodes/{id}", 202, &ClusterDesk::remove);
    add(router, "GET", "/_miroir/nodes/{id}/status", 200, &ClusterDesk::node_status);
    add(router, "POST", "/_miroir/replica_groups", 202, &ClusterDesk::add_group);
    add(router, "GET", "/_miroir/replica_groups", 200, &ClusterDesk::list_groups);
    add(router, "POST", "/_miroir/replica_groups/{id}/drain", 202, &ClusterDesk::drain_group);
    add(router, "DELETE", "/_miroir/replica_groups/{id}", 202, &ClusterDesk::drop_group);
    add(router, "POST", "/_miroir/anti_entropy", 202, &ClusterDesk::compare);
    add(router, "GET", "/_miroir/anti_entropy/status", 200, &ClusterDesk::comparing);
    add(router, "POST", "/_miroir/rebalance", 202, &ClusterDesk::start);
    add(router, "POST", "/_miroir/rebalance/pause", 202, &ClusterDesk::pause);
    add(router, "POST", "/_miroir/rebalance/resume", 202, &ClusterDesk::resume);
    add(router, "POST", "/_miroir/rebalance/cancel", 202, &ClusterDesk::cancel);
    add(router, "GET", "/_miroir/rebalance/status", 200, &ClusterDesk::status);
    add(router, "GET", "/_miroir/shards/{shard}/explain", 200, &ClusterDesk::explain);
    add(router, "GET", "/_miroir/tasks/{uid}", 200, &ClusterDesk::task);
}

env::Task<http::Reply> ClusterDesk::serve(Incoming in, int status, Deed deed) {
    if (const Result<void> allowed = check_admin_key(in.headers, admin_key_); !allowed)
        co_return server::error_reply(allowed.error());
    const Result<std::string> text = co_await server::read_body(in, kBodyMax);
    if (!text) co_return server::error_reply(text.error());
    json::Value body = json::Object{};
    if (!text->empty()) {
        auto parsed = json::parse(*text);
        if (!parsed) co_return server::error_reply(wrong("the body is not JSON").error());
        body = *std::move(parsed);
    }
    const Result<std::uint64_t> expected = number_of(body, "topology_version", 0);
    Result<void> fresh = expected ? parts_.nodes.judge_version(*expected) : fail(expected.error());
    if (!fresh) co_return server::error_reply(fresh.error());
    const Result<json::Value> answer = co_await (this->*deed)(in, std::move(body));
    if (!answer) co_return server::error_reply(answer.error());
    co_return server::json_reply(status, *answer);
}

env::Task<Result<void>> ClusterDesk::carry(env::Task<Result<void>> wish) {
    return env::hop(parts_.env.executor, parts_.home, std::move(wish));
}

json::Value ClusterDesk::about(const NodeId& id, bool dry) const {
    const cluster::TopologyPtr topology = parts_.topology.current();
    json::Object out{{"node_id", id.value}, {"topology_version", topology->placement_version()}};
    if (dry) out.append("dry_run", true);
    const auto index = topology->find(id);
    if (!index) return out;
    out.append("replica_group", topology->node(*index).group.value);
    out.append("status", cluster::name_of(topology->node(*index).standing.role));
    return out;
}

ClusterDesk::Answer ClusterDesk::add_node(Incoming& in, json::Value body) {
    MIROIR_CO_TRY(rebalance::Newcomer newcomer, newcomer_of(body, {}));
    newcomer.only_judge = asks(in, "dryRun");
    const NodeId id = newcomer.spec.id;
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.add(newcomer)));
    co_return about(id, newcomer.only_judge);
}

ClusterDesk::Answer ClusterDesk::add_group(Incoming& in, json::Value body) {
    const cluster::TopologyPtr topology = parts_.topology.current();
    std::uint64_t next = 0;  // the number of a group that has left is free again
    while (next < topology->groups() && topology->has_group(GroupId{static_cast<std::uint32_t>(next)})) ++next;
    MIROIR_CO_TRY(const std::uint64_t group, number_of(body, "group_id", next));
    if (group != next) co_return wrong("the next group is " + std::to_string(next));
    const json::Value* nodes = body.find("nodes");
    const std::uint32_t copies = parts_.topology.current()->replicas();
    if (nodes == nullptr || !nodes->is_array() || nodes->array().size() < copies)
        co_return wrong("`nodes` lists at least " + std::to_string(copies) + " nodes: as many as copies of a shard");
    std::vector<rebalance::Newcomer> newcomers;
    for (const json::Value& node : nodes->array()) {
        MIROIR_CO_TRY(rebalance::Newcomer newcomer, newcomer_of(node, group));
        if (newcomer.spec.group.value != group) co_return wrong("a node of another group");
        newcomer.only_judge = asks(in, "dryRun");
        newcomers.push_back(newcomer);
    }
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.add_all(newcomers)));
    json::Array out;
    for (const rebalance::Newcomer& newcomer : newcomers) out.push_back(about(newcomer.spec.id, newcomer.only_judge));
    co_return json::Object{{"group_id", group}, {"nodes", std::move(out)}};
}

ClusterDesk::Answer ClusterDesk::let_group_go(Incoming& in, bool forget) {
    const std::string text = in.params.get("id");
    const std::optional<std::uint32_t> group = number_in(text);
    if (!group) co_return fail(ErrorCode::MiroirNotFound, "there is no group `" + text + "`");
    const bool dry = asks(in, "dryRun");
    const GroupId id{*group};
    MIROIR_CO_CHECK(co_await carry(parts_.rebalancer.drop_group(id, forget, dry)));
    json::Object out{{"group_id", *group},
                     {"status", forget ? "forgotten" : "removed"},
                     {"topology_version", parts_.topology.current()->placement_version()}};
    if (dry) out.append("dry_run", true);
    co_return out;
}

ClusterDesk::Answer ClusterDesk::drop_group(Incoming& in, json::Value) { return let_group_go(in, true); }
ClusterDesk::Answer ClusterDesk::drain_group(Incoming& in, json::Value) { return let_group_go(in, false); }

ClusterDesk::Answer ClusterDesk::list_groups(Incoming&, json::Value) {
    co_return groups_view(*parts_.topology.current());
}

ClusterDesk::Answer ClusterDesk::compare(Incoming&, json::Value) {
    if (!parts_.anti_entropy().options().enabled) {
        co_return fail({.code = ErrorCode::MiroirInvalidRequest,
                        .message =
                            "anti-entropy is off, so deletions are not remembered and comparing could bring back "
                            "what was deleted: set anti_entropy.enabled and start Miroir again",
                        .node = {},
                        .status = 409});
    }
    co_return co_await env::hop(parts_.env.executor, parts_.home, begin_comparing(parts_.anti_entropy()));
}

ClusterDesk::Answer ClusterDesk::comparing(Incoming&, json::Value) {
    co_return co_await env::hop(parts_.env.executor, parts_.home, look_at_comparing(parts_.anti_entropy()));
}

ClusterDesk::Answer ClusterDesk::drain(Incoming& in, json::Value) {
    const NodeId id{in.params.get("id")};
    const bool dry = asks(in, "dryRun");
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.drain(id, dry)));
    co_return about(id, dry);
}

ClusterDesk::Answer ClusterDesk::recover(Incoming& in, json::Value) {
    const NodeId id{in.params.get("id")};
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.recover(id)));
    co_return about(id, false);
}

ClusterDesk::Answer ClusterDesk::write_off(Incoming& in, json::Value) {
    const NodeId id{in.params.get("id")};
    const bool dry = asks(in, "dryRun");
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.remove(id, true, dry)));
    co_return about(id, dry);
}

ClusterDesk::Answer ClusterDesk::remove(Incoming& in, json::Value) {
    const NodeId id{in.params.get("id")};
    const bool dry = asks(in, "dryRun");
    MIROIR_CO_CHECK(co_await carry(parts_.nodes.remove(id, asks(in, "lost"), dry)));
    co_return about(id, dry);
}

namespace {

enum class View : std::uint8_t { Status, Node, Shard };

// On the rebalancer's executor.
env::Task<json::Value> look(const rebalance::Rebalancer& rebalancer, cluster::TopologyPtr topology, View view,
                            std::uint32_t which) {
    if (view == View::Node) co_return node_progress_view(rebalancer, *topology, static_cast<cluster::NodeIndex>(which));
    if (view == View::Shard) co_return seats_view(rebalancer, *topology, ShardId{which});
    co_return rebalance_view(rebalancer, *topology);
}

}  // namespace

ClusterDesk::Answer ClusterDesk::node_status(Incoming& in, json::Value) {
    const NodeId id{in.params.get("id")};
    const cluster::TopologyPtr topology = parts_.topology.current();
    const auto index = topology->find(id);
    if (!index) co_return fail(ErrorCode::MiroirNotFound, "there is no node `" + id.value + "`");
    co_return co_await env::hop(parts_.env.executor, parts_.home,
                                look(parts_.rebalancer, topology, View::Node, *index));
}

ClusterDesk::Answer ClusterDesk::status(Incoming&, json::Value) {
    co_return co_await env::hop(parts_.env.executor, parts_.home,
                                look(parts_.rebalancer, parts_.topology.current(), View::Status, 0));
}

ClusterDesk::Answer ClusterDesk::explain(Incoming& in, json::Value) {
    const cluster::TopologyPtr topology = parts_.topology.current();
    const std::string text = in.params.get("shard");
    const std::optional<std::uint32_t> shard = number_in(text);
    if (!shard || *shard >= topology->placement().shards()) {
        co_return fail(ErrorCode::MiroirNotFound, "there is no shard `" + text + "`: shards are numbered from 0 to " +
                                                      std::to_string(topology->placement().shards() - 1));
    }
    co_return co_await env::hop(parts_.env.executor, parts_.home,
                                look(parts_.rebalancer, topology, View::Shard, *shard));
}

ClusterDesk::Answer ClusterDesk::task(Incoming& in, json::Value) {
    MIROIR_CO_TRY(const std::uint64_t uid,
                  protocol::parse_task_uid(in.params.get("uid"), "Task", ErrorCode::InvalidTaskUids));
    co_return co_await env::hop(parts_.env.executor, parts_.home, parts_.office.inspect_task(uid));
}

ClusterDesk::Answer ClusterDesk::start(Incoming& in, json::Value body) {
    const json::Value* dry = body.find("dry_run");
    const bool only_plan = asks(in, "dryRun") || (dry != nullptr && *dry == json::Value(true));
    if (!only_plan) co_return co_await status_after(in, parts_.rebalancer.start());
    json::Value nothing;
    co_return co_await status(in, std::move(nothing));
}

ClusterDesk::Answer ClusterDesk::pause(Incoming& in, json::Value) {
    return status_after(in, parts_.rebalancer.pause());
}

ClusterDesk::Answer ClusterDesk::resume(Incoming& in, json::Value) {
    return status_after(in, parts_.rebalancer.start());
}

ClusterDesk::Answer ClusterDesk::cancel(Incoming& in, json::Value) {
    return status_after(in, parts_.rebalancer.cancel());
}

ClusterDesk::Answer ClusterDesk::status_after(Incoming& in, env::Task<Result<void>> wish) {
    MIROIR_CO_CHECK(co_await carry(std::move(wish)));
    json::Value nothing;
    co_return co_await status(in, std::move(nothing));
}

}  // namespace miroir::admin

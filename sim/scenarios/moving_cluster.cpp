// The write cluster whose nodes come and go: the operator's wishes, and readers who must never miss a document.
#include <algorithm>

#include "cluster/cover.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/shard_clause.h"
#include "sim/scenarios/write_cluster.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadEvery = 30ms;

}  // namespace

std::optional<cluster::NodeIndex> WriteCluster::place_of(std::size_t node) {
    if (!scribe_->alive()) return std::nullopt;
    return scribe().topology().current()->find(NodeId{nodes_[node]->name()});
}

bool WriteCluster::is_member(std::size_t node) {
    const auto place = place_of(node);
    return place && scribe().topology().current()->node(*place).standing.role != cluster::NodeRole::Removed;
}

env::Task<void> WriteCluster::wish(Host& host, std::function<env::Task<Result<void>>(Scribe&)> what) {
    if (!host.alive()) co_return;
    const Result<void> granted = co_await what(host.app<Scribe>());
    if (!granted && host.alive())
        host.app<Scribe>().env().log.info("operator", "refused", {{"why", granted.error().message}});
}

void WriteCluster::add(std::size_t newcomer, std::uint32_t group) {
    if (!writing()) return;
    const std::string name = nodes_[newcomer]->name();
    rebalance::Newcomer node;
    node.spec = {.id = {name}, .address = "http://" + moved_ + name + ":7700", .group = {group}, .zone = {}};
    env::spawn(scribe_->life(), wish(*scribe_, [node](Scribe& scribe) { return scribe.node_life().add(node); }));
}

void WriteCluster::drain(std::size_t node) {
    if (!writing()) return;
    const NodeId id{nodes_[node]->name()};
    env::spawn(scribe_->life(), wish(*scribe_, [id](Scribe& scribe) { return scribe.node_life().drain(id, false); }));
}

void WriteCluster::recover(std::size_t node) {
    if (!writing()) return;
    const NodeId id{nodes_[node]->name()};
    env::spawn(scribe_->life(), wish(*scribe_, [id](Scribe& scribe) { return scribe.node_life().recover(id); }));
}

void WriteCluster::write_off(std::size_t node) {
    if (!writing()) return;
    const NodeId id{nodes_[node]->name()};
    env::spawn(scribe_->life(),
               wish(*scribe_, [id](Scribe& scribe) { return scribe.node_life().remove(id, true, false); }));
}

void WriteCluster::forget(std::size_t node) {
    if (!writing()) return;
    const NodeId id{nodes_[node]->name()};
    env::spawn(scribe_->life(),
               wish(*scribe_, [id](Scribe& scribe) { return scribe.node_life().remove(id, false, false); }));
}

void WriteCluster::rebalance(std::string wished) {
    if (!writing()) return;
    env::spawn(scribe_->life(), wish(*scribe_, [wished](Scribe& scribe) {
                   if (wished == "pause") return scribe.rebalancer().pause();
                   if (wished == "cancel") return scribe.rebalancer().cancel();
                   return scribe.rebalancer().start();
               }));
}

void WriteCluster::move_addresses() {
    moved_ = "moved-";
    for (const Host* node : nodes_) run_.network.rename(node->name(), moved_ + node->name());
    for (cluster::NodeSpec& node : scribe_options_->topology.nodes)
        node.address = "http://" + moved_ + node.id.value + ":7700";
}

bool WriteCluster::settled() {
    const rebalance::Rebalancer::Status status = scribe().rebalancer().status();
    const bool at_home = std::ranges::none_of(scribe().topology().current()->nodes(), [](const cluster::Node& node) {
        const cluster::NodeRole role = node.standing.role;
        return role == cluster::NodeRole::Joining || role == cluster::NodeRole::Draining;
    });
    return status.moves.empty() && status.planned.empty() && at_home;
}

void WriteCluster::read_again() {
    run_.world.in(kReadEvery, [this] {
        if (writing() && !unchanging_.empty()) {
            for (const auto& story : stories_) env::spawn(scribe_->life(), read(*this, *scribe_, story->uid));
        }
        read_again();
    });
}

void WriteCluster::hold_still(std::vector<int> ids) {
    for (std::size_t i = 0; i < stories_.size(); ++i) write_one(i, ModelWrite::Kind::Replace, ids);
    run_.expect_within(10s, "a write in fair weather is taken", [this] {
        return std::ranges::all_of(stories_, [](const auto& story) { return story->writes.back().task.has_value(); });
    });
    for (std::size_t i = 0; i < stories_.size() && options_.by_filter; ++i)
        write_one(i, ModelWrite::Kind::Settings, {});  // the field is filterable from then on
    if (!run_.failed()) expect_calm(60s);
    unchanging_.insert(ids.begin(), ids.end());
}

// As a search does: one snapshot, a cover of replicas that are in step, each asked for its shards. Where one fails, the
// reply would say so, and nothing follows from it.
env::Task<void> WriteCluster::read(WriteCluster& cluster, Host& host, IndexUid uid) {
    if (!host.alive()) co_return;
    const std::uint64_t life = host.lives();
    Scribe& scribe = host.app<Scribe>();
    const cluster::TopologyPtr topology = scribe.topology().current();
    const quorum::BehindPtr behind = scribe.board().current();
    cluster::CoverPreference preference;
    preference.seed = cluster.run_.below(1000);
    preference.shards = cluster.options_.shards;
    preference.fresh = [&](cluster::NodeIndex node, ShardId shard) {
        return behind->may_answer(topology->node(node).id, uid.value, shard);
    };
    const Result<cluster::Cover> cover = cluster::cover(*topology, preference);
    if (!cover) co_return;
    std::vector<int> found;
    for (const cluster::CoverPart& part : cover->parts) {
        json::Object body{{"limit", 1000}};
        if (!part.whole) body.append("filter", plan::shard_clause(part.shards));
        http::Outgoing request;
        request.method = "POST";
        request.target = "/indexes/" + uid.value + "/documents/fetch";
        request.headers.add("Content-Type", "application/json");
        request.body = json::to_text(json::Value(std::move(body)));
        http::SendOptions options;
        options.deadline = env::Deadline::after(scribe.env().clock, 2s);
        options.peer = topology->node(part.node).id.value;
        const Result<http::Address> address = http::parse_address(topology->node(part.node).address);
        const Result<http::Reply> reply = co_await scribe.client().send(*address, std::move(request), options);
        if (!host.alive() || host.lives() != life || !reply || reply->status != 200) co_return;
        const auto page = json::parse(reply->body);
        const json::Value* results = page ? page->find("results") : nullptr;
        if (results == nullptr) co_return;
        for (const json::Value& document : results->array())
            found.push_back(static_cast<int>(document.find("id")->unsigned_integer()));
    }
    cluster.judge_read(found, uid);
}

void WriteCluster::judge_read(const std::vector<int>& found, const IndexUid& uid) {
    ++reads_;
    for (const int id : unchanging_) {
        const auto times = std::ranges::count(found, id);
        if (times == 1) continue;
        run_.unsafe("a search of " + uid.value + " found document " + std::to_string(id) + " " + std::to_string(times) +
                    " times, and said nothing");
    }
}

}  // namespace miroir::sim

#include "quorum/repair/mender.h"

#include <algorithm>

#include "env/log.h"
#include "json/write.h"
#include "plan/node_settings.h"
#include "plan/settings_print.h"
#include "plan/shard_clause.h"

namespace miroir::quorum {
namespace {

constexpr std::chrono::seconds kPatience{60};  // with a node that has much to work off
constexpr protocol::SettingsGates kAllGates{
    .chat_completions = false, .foreign_keys = false, .multimodal = true, .composite_embedders = true};

std::string texts_of(const std::vector<ShardId>& shards) {
    std::string out;
    for (const ShardId shard : shards) out += (out.empty() ? "" : ",") + std::to_string(shard.value);
    return out;
}

// A copy that moved away meanwhile needs no mending.
bool is_to_hold(const cluster::Topology& topology, cluster::NodeIndex node, ShardId shard) {
    return std::ranges::any_of(topology.replicas_of(shard), [node](const cluster::Replica& replica) {
        return replica.node == node && replica.role != cluster::ReplicaRole::Leaving;
    });
}

}  // namespace

env::Task<void> Mender::run(env::Cancel stop) {
    stop_ = stop;
    while (!stop.requested()) {
        const cluster::TopologyPtr now = writer_.topology();
        for (const cluster::Node& node : now->nodes()) {
            const bool has_a_past = !writer_.witnesses().of(node.id).empty();
            if (node.writable() && has_a_past) co_await recognise(node.id, node.address);
        }
        begin_mending();
        co_await env::sleep_for(env_, options_.every, stop);
    }
}

// First what the fewest others could give.
std::deque<Debts::Key> Mender::by_urgency() const {
    const cluster::TopologyPtr topology = writer_.topology();
    std::vector<std::pair<std::size_t, Debts::Key>> ranked;
    for (const auto& [key, debt] : writer_.debts().all()) {
        if (at_work_.contains(key)) continue;
        std::size_t fewest = SIZE_MAX;
        for (const ShardId shard : debt.shards) {
            const auto copies =
                std::ranges::count_if(topology->replicas_of(shard), [&](const cluster::Replica& replica) {
                    const cluster::Node& node = topology->node(replica.node);
                    return replica.role == cluster::ReplicaRole::Serving && node.readable() &&
                           !writer_.debts().lacks(node.id, key.second, {shard});
                });
            fewest = std::min(fewest, static_cast<std::size_t>(copies));
        }
        ranked.emplace_back(fewest, key);
    }
    std::ranges::sort(ranked);
    std::deque<Debts::Key> out;
    for (auto& [rank, key] : ranked) out.push_back(std::move(key));
    return out;
}

void Mender::begin_mending() {
    waiting_ = by_urgency();
    while (workers_ < std::min(options_.at_once, waiting_.size())) {
        ++workers_;
        env::spawn(env_.executor, mend_on());
    }
}

// Takes one after another; those that cannot be paid now hold nobody up.
env::Task<void> Mender::mend_on() {
    while (!waiting_.empty() && !stop_.requested()) {
        const Debts::Key key = waiting_.front();
        waiting_.pop_front();
        at_work_.insert(key);
        co_await mend(key);
        at_work_.erase(key);
    }
    --workers_;
}

// All of it is on its way to a node that does not answer for it yet.
bool Mender::is_moving(const Job& job) const {
    return std::ranges::all_of(job.shards, [&](const ShardId shard) {
        return std::ranges::any_of(job.topology->replicas_of(shard), [&](const cluster::Replica& replica) {
            return replica.node == job.target && replica.role == cluster::ReplicaRole::Incoming;
        });
    });
}

bool Mender::is_current(const Job& job) const {
    const Debt* debt = writer_.debts().find(job.key);
    return debt != nullptr && debt->version == job.version && catalog_.projected().find(job.key.second) != nullptr;
}

// Roles change while a job runs: a copy that was cut over is not written any more, so it is nobody's source.
bool Mender::still_gives(const Job& job, const Group& group) const {
    const cluster::TopologyPtr now = writer_.topology();
    const auto source = now->find(job.topology->node(group.source).id);
    const auto target = now->find(job.key.first);
    if (!source || !target) return false;
    return std::ranges::all_of(group.shards, [&](ShardId shard) {
        const auto replicas = now->replicas_of(shard);
        const bool gives = std::ranges::any_of(replicas, [&](const cluster::Replica& replica) {
            return replica.node == *source && replica.role == cluster::ReplicaRole::Serving;
        });
        return gives && is_to_hold(*now, *target, shard);
    });
}

// For each shard a replica that has it. Where all are in debt, one that has at least all that was acknowledged stands
// as it is; where none does, nobody can give it: the first of them is taken at its word. The rest copy from it. A shard
// that has to wait holds the others up by nothing: two nodes may wait for each other's shards.
bool Mender::plan_sources(Job& job, const plan::IndexEntry& index) const {
    const cluster::Topology& topology = *job.topology;
    const Debts& debts = writer_.debts();
    std::map<cluster::NodeIndex, std::vector<ShardId>> by_source;
    for (const ShardId shard : debts.find(job.key)->shards) {
        std::optional<cluster::NodeIndex> source;
        std::optional<cluster::NodeIndex> first_in_debt, with_enough;
        bool away = false;
        for (const cluster::Replica& replica : topology.replicas_of(shard)) {
            const cluster::Node& node = topology.node(replica.node);
            if (replica.role != cluster::ReplicaRole::Serving) continue;
            if (!node.readable() || writer_.hints().any(node.id)) {
                away = true;
                continue;
            }
            const bool lacks = debts.lacks(node.id, index.uid, {shard});
            if (!lacks && !source) source = replica.node;
            if (lacks && !first_in_debt) first_in_debt = replica.node;
            if (!with_enough && debts.has_enough(node.id, index.uid, shard)) with_enough = replica.node;
        }
        const bool beyond = shard.value >= index.shards || !is_to_hold(topology, job.target, shard);
        const bool stands = !source && !away && with_enough == job.target;
        const bool is_lost = !source && !away && !with_enough && first_in_debt == job.target;
        if (!beyond && !source && !stands && !is_lost) continue;
        job.shards.push_back(shard);
        if (beyond || stands) continue;
        if (source) by_source[*source].push_back(shard);
        else job.lost.push_back(shard);
    }
    for (auto& [source, shards] : by_source) job.groups.push_back({.source = source, .shards = std::move(shards)});
    return !job.shards.empty() || debts.find(job.key)->shards.empty();  // none of its own: the index itself
}

env::Task<bool> Mender::pay(Debts::Key key, std::vector<ShardId> shards, tasks::Batch batch) {
    const Debt* debt = writer_.debts().find(key);
    if (debt == nullptr) co_return true;
    const std::uint64_t version = debt->version;
    writer_.debts().pay(batch, key, shards);
    const Result<void> kept = co_await store_.commit(std::move(batch));
    debt = writer_.debts().find(key);
    if (!kept || debt == nullptr || debt->version != version) co_return false;  // it has grown meanwhile
    writer_.debts().paid_now(key, shards);
    co_return true;
}

env::Task<void> Mender::mend(Debts::Key key) {
    // Not that of before the others were mended: a shard that was promised to the node since is to be copied.
    const cluster::TopologyPtr topology = writer_.topology();
    const std::optional<cluster::NodeIndex> target = topology->find(key.first);
    const Debt* debt = writer_.debts().find(key);
    if (debt == nullptr) co_return;
    if (!target || topology->node(*target).standing.role == cluster::NodeRole::Removed) {
        std::vector<ShardId> all = debt->shards;
        tasks::Batch batch;
        co_await pay(key, std::move(all), std::move(batch));
        co_return;
    }
    const cluster::Node& node = topology->node(*target);
    if (!node.writable() || writer_.hints().any(node.id)) co_return;
    if (catalog_.projected().find(key.second) == nullptr) {
        co_await drop_index(topology, key);
        co_return;
    }
    Job job{.topology = topology, .key = key, .target = *target, .watch = writer_.touches().watch(key.second)};
    job.version = debt->version;
    job.upsets = job.watch.upsets();
    const plan::IndexPtr index = catalog_.projected().find(key.second);
    if (!plan_sources(job, *index)) co_return;
    const bool ready = co_await make_ready(job);
    if (!ready) co_return;
    for (const Group& group : job.groups) {
        const bool copied = co_await copy(job, group);
        if (!copied) co_return;
    }
    co_await settle(job);
}

env::Task<bool> Mender::copy(const Job& job, const Group& group) {
    CopyOrder order{.source = job.topology->node(group.source),
                    .target = job.topology->node(job.target),
                    .index = job.key.second,
                    .shards = group.shards,
                    .once_more = !(options_.skip_delta_pass && is_moving(job)),
                    .holds = [this, &job, &group] { return is_current(job) && still_gives(job, group); }};
    Copier copier(env_, catalog_, writer_, errands_, pace_, stop_, std::move(order));
    co_return co_await copier.run();
}

// The index as the catalog has it: there, with its key and settings. Also the fence: whatever an earlier attempt may
// still have on its way to the node is refused once the node has taken this.
env::Task<bool> Mender::make_ready(const Job& job) {
    const IndexUid uid = job.key.second;
    const cluster::Node node = job.topology->node(job.target);
    const bool learned = co_await errands_.learn_tasks(node);
    if (!learned) co_return false;
    env::Lane::Pass pass = co_await writer_.lane(uid).enter();
    if (!is_current(job) || writer_.is_changing(uid)) co_return false;
    const Touches::Moment moment = job.watch.now();
    const std::optional<std::uint64_t> newest = writer_.link(node.id).highest();
    pass.give_back();
    const bool quiet = co_await errands_.drained_to(node, uid, newest, kPatience);
    if (!quiet) co_return false;
    http::Outgoing question;
    question.target = "/indexes/" + uid.value;
    const Result<http::Reply> reply = co_await writer_.link(node.id).ask(node.address, std::move(question));
    if (!reply || (reply->status != 200 && reply->status != 404)) co_return false;
    pass = co_await writer_.lane(uid).enter();
    if (!is_current(job) || writer_.is_changing(uid)) co_return false;
    plan::IndexPtr index = catalog_.committed()->find(uid);  // settings still to come reach it by themselves
    if (!index) index = catalog_.projected().find(uid);
    const std::string key = index->primary_key.value_or("");
    const bool another_key = reply->status == 200 && reply->body.find("\"primaryKey\":null") == std::string::npos &&
                             reply->body.find("\"primaryKey\":\"" + key + "\"") == std::string::npos;
    std::vector<NodeRequest> requests;
    if (another_key && !job.watch.knows_since(moment)) co_return false;  // the index may be another by now
    const bool afresh = afresh_.contains(job.key) && owes_all(job, *index);
    if (another_key || afresh) requests.push_back({.method = "DELETE", .target = "/indexes/" + uid.value});
    const json::Value wanted_key = index->primary_key ? json::Value(*index->primary_key) : json::Value();
    requests.push_back({.method = "POST",
                        .target = "/indexes",
                        .content_type = "application/json",
                        .body = json::to_text(json::Object{{"uid", uid.value}, {"primaryKey", wanted_key}})});
    requests.push_back({.method = "PATCH",
                        .target = "/indexes/" + uid.value + "/settings",
                        .content_type = "application/json",
                        .body = json::to_text(json::Value(plan::node_settings(index->settings, kAllGates)))});
    const std::size_t must_from = requests.size() - 1;
    std::optional<Errands::Sent> sent = co_await errands_.send(node, std::move(requests), writer_.hints().releases());
    pass.give_back();
    if (!sent) co_return false;
    if (afresh) afresh_.erase(job.key);
    sent->must_from = must_from;
    const bool done = co_await errands_.carried_out(node, *std::move(sent), kPatience);
    co_return done || co_await shows_settings(job, *index);
}

// A node refuses any settings while a document of its own stands against them, also those that it has already.
env::Task<bool> Mender::shows_settings(const Job& job, const plan::IndexEntry& index) {
    const cluster::Node& node = job.topology->node(job.target);
    const json::Value shown =
        co_await writer_.link(node.id).look(node.address, "/indexes/" + index.uid.value + "/settings");
    if (!shown.is_object()) co_return false;
    if (plan::fits_settings(index, plan::settings_print(shown))) co_return true;
    afresh_.insert(job.key);
    co_return false;
}

// The debt is all that the node is to hold: nothing is missed when the index is emptied there first.
bool Mender::owes_all(const Job& job, const plan::IndexEntry& index) const {
    const cluster::TopologyPtr topology = writer_.topology();
    const auto target = topology->find(job.key.first);
    for (std::uint32_t shard = 0; target && shard < index.shards; ++shard) {
        const bool held = std::ranges::any_of(topology->replicas_of(ShardId{shard}),
                                              [&](const cluster::Replica& replica) { return replica.node == *target; });
        if (held && !writer_.debts().lacks(job.key.first, index.uid, {ShardId{shard}})) return false;
    }
    return target.has_value();
}

// The index is gone from the catalog: a node that came back older may still have it.
env::Task<bool> Mender::drop_index(cluster::TopologyPtr topology, Debts::Key key) {
    const env::Lane::Pass pass = co_await writer_.lane(key.second).enter();
    if (catalog_.projected().find(key.second) != nullptr) co_return false;
    const cluster::Node node = topology->node(*topology->find(key.first));
    std::vector<NodeRequest> requests;
    requests.push_back({.method = "DELETE", .target = "/indexes/" + key.second.value});
    const Debt* debt = writer_.debts().find(key);
    if (debt == nullptr) co_return true;
    std::vector<ShardId> all = debt->shards;
    const bool told = co_await errands_.tell(node, std::move(requests), 1, writer_.hints().releases());
    if (!told) co_return false;
    tasks::Batch batch;
    co_return co_await pay(key, std::move(all), std::move(batch));
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
    co_return co_await errands_.tell(std::move(node), std::move(requests), 0, writer_.hints().releases());
}

env::Task<void> Mender::settle(const Job& job) {
    const env::Lane::Pass pass = co_await writer_.lane(job.key.second).enter();
    if (!is_current(job) || job.watch.upsets() != job.upsets) co_return;
    tasks::Batch batch;
    if (!job.lost.empty()) {
        const std::string why =
            "node " + job.key.first.value + " came back without them, and no other replica has them";
        env_.log.error(
            "quorum", "documents are lost: no replica has them any more",
            {{"node", job.key.first.value}, {"index", job.key.second.value}, {"shards", texts_of(job.lost)}});
        writer_.debts().lose(batch, job.key.second, job.lost, why);
    }
    const bool paid = co_await pay(job.key, job.shards, std::move(batch));
    if (!paid || writer_.debts().owes(job.key.first, job.key.second)) co_return;
    env_.log.info("quorum", "a node is whole again", {{"node", job.key.first.value}, {"index", job.key.second.value}});
}

}  // namespace miroir::quorum

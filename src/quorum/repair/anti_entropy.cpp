// Passes, rounds and the comparing of stretches. What differs is settled in anti_entropy_settle.cpp.
#include "quorum/repair/anti_entropy.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "env/log.h"
#include "env/unix_time.h"
#include "protocol/documents/primary_key.h"
#include "quorum/repair/stretches.h"

namespace miroir::quorum {
namespace {

using cluster::TopologyPtr;

constexpr std::string_view kTarget = "anti_entropy";
constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kLongestRest{30};
constexpr std::size_t kLeastPage = 50;
constexpr std::size_t kSuspectsMax = 1000;  // then they are settled before the rest is read
constexpr double kWhole = 100;
constexpr env::MetricName kScanned{.name = "miroir_antientropy_shards_scanned_total",
                                   .help = "Shards of indexes whose copies were compared."};
constexpr env::MetricName kMismatches{.name = "miroir_antientropy_mismatches_found_total",
                                      .help = "Documents of which some copy was wrong."};
constexpr env::MetricName kRepaired{.name = "miroir_antientropy_docs_repaired_total",
                                    .help = "Documents of which a wrong copy was repaired."};
constexpr env::MetricName kUndecided{.name = "miroir_antientropy_undecided_total",
                                     .help = "Documents of which nobody knows which copy is right."};
constexpr env::MetricName kRead{.name = "miroir_antientropy_documents_read_total",
                                .help = "Documents read from nodes to be compared."};
constexpr env::MetricName kLast{.name = "miroir_antientropy_last_scan_completed_seconds",
                                .help = "When the last pass ended, in seconds since 1970."};

}  // namespace

env::Task<void> AntiEntropy::run(std::function<TopologyPtr()> topology, env::Cancel stop) {
    topology_ = std::move(topology);
    stop_ = stop;
    env::Monotonic due = env_.clock.now() + options_.every;
    while (!stop.requested()) {
        const bool in_time = options_.enabled && env_.clock.now() >= due;
        if (wanted_ || in_time) {
            wanted_ = false;
            due = env_.clock.now() + options_.every;
            co_await pass();
        }
        co_await env::sleep_for(env_, std::min<std::chrono::nanoseconds>(kLookEvery, options_.every), stop);
    }
}

env::Task<void> AntiEntropy::pass() {
    const env::Monotonic began = env_.clock.now();
    const std::uint64_t mismatches = status_.mismatches;
    status_.running = true;
    status_.units_done = 0;
    status_.shards_not_compared = 0;
    const TopologyPtr topology = topology_();
    co_await census_.look_at_all(topology);
    co_await rest_after(began);
    std::vector<IndexUid> indexes;
    for (const auto& [uid, index] : catalog_.committed()->indexes) indexes.push_back(uid);
    std::erase_if(rounds_, [&](const auto& round) { return catalog_.committed()->find(round.first) == nullptr; });
    std::erase_if(found_equal_, [&](const auto& round) { return catalog_.committed()->find(round.first) == nullptr; });
    std::set<IndexUid> changed;
    for (const IndexUid& uid : indexes) {
        const bool worth_it = co_await begin_round(uid);
        if (worth_it) changed.insert(uid);
    }
    auto units = std::make_shared<std::deque<CompareUnit>>();
    for (CompareUnit& unit : compare_units(*topology, *catalog_.committed(), cursor_, options_.shards_per_pass)) {
        if (changed.contains(unit.index)) units->push_back(std::move(unit));
    }
    cursor_ += options_.shards_per_pass;
    status_.units = units->size();
    std::vector<env::Task<bool>> workers;
    for (std::size_t i = 0; i < options_.at_once; ++i) workers.push_back(work_on(units));
    co_await env::gather(env_.executor, std::move(workers));
    for (const IndexUid& uid : changed) {
        if (stop_.requested()) break;
        co_await find_strays(uid);
        co_await clear_left_behind(uid);
        co_await end_round(uid);
    }
    ++status_.passes;
    status_.running = false;
    status_.mismatches_last = status_.mismatches - mismatches;
    status_.last_duration = env_.clock.now() - began;
    status_.last_completed_ms = env::unix_ms(env_.clock);
    options_.metrics->gauge(kLast).set(static_cast<double>(status_.last_completed_ms) / 1000);
    env_.log.info(kTarget, "the copies were compared",
                  {{"shards", status_.shards_scanned},
                   {"documents", status_.documents_read},
                   {"mismatches", status_.mismatches_last},
                   {"not_compared", status_.shards_not_compared}});
}

env::Task<std::optional<std::string>> AntiEntropy::changed_at(cluster::Node node, IndexUid index) {
    const json::Value body = co_await writer_.link(node.id).look(node.address, "/indexes/" + index.value);
    const json::Value* at = body.find("updatedAt");
    if (at == nullptr || !at->is_string()) co_return std::nullopt;
    co_return at->string();
}

// False: nothing has changed on any node since all copies of it were found equal.
env::Task<bool> AntiEntropy::begin_round(IndexUid uid) {
    const TopologyPtr topology = topology_();
    const plan::IndexPtr index = catalog_.committed()->find(uid);
    if (!index) co_return false;
    Round fresh;
    fresh.began_at = env::unix_us(env_.clock);
    fresh.first_open = UINT64_MAX;
    for (const tasks::TaskEntry* entry : tasks_.unfinished())
        fresh.first_open = std::min(fresh.first_open, entry->task.uid);
    fresh.epoch = index->epoch;
    fresh.placement = topology->placement_version();
    std::set<NodeId> servers;
    for (const CompareUnit& unit : compare_units(*topology, *catalog_.committed())) {
        if (unit.index == uid) servers.insert(unit.nodes.begin(), unit.nodes.end());
    }
    bool all_said = true;
    for (const NodeId& server : servers) {
        const cluster::Node& node = topology->node(*topology->find(server));
        const std::optional<std::string> at =
            node.readable() ? co_await changed_at(node, uid) : std::optional<std::string>();
        all_said = all_said && at;
        if (at) fresh.changed_at[node.id] = *at;
    }
    const auto known = found_equal_.find(uid);
    const bool same = known != found_equal_.end() && all_said && known->second.changed_at == fresh.changed_at &&
                      known->second.placement == fresh.placement;
    if (same) status_.shards_passed_over += index->shards;
    else rounds_.try_emplace(uid, std::move(fresh));
    co_return !same;
}

env::Task<bool> AntiEntropy::work_on(std::shared_ptr<std::deque<CompareUnit>> units) {
    while (!units->empty() && !stop_.requested()) {
        CompareUnit unit = std::move(units->front());
        units->pop_front();
        co_await compare(std::move(unit));
        ++status_.units_done;
    }
    co_return true;
}

bool AntiEntropy::may_be_compared(const cluster::Node& node, const IndexUid& index,
                                  const std::vector<ShardId>& shards) const {
    return node.readable() && !writer_.hints().any(node.id) && !writer_.debts().lacks(node.id, index, shards);
}

env::Task<void> AntiEntropy::compare(CompareUnit unit) {
    const TopologyPtr topology = topology_();
    const plan::IndexPtr index = catalog_.committed()->find(unit.index);
    if (!index) co_return;
    std::vector<cluster::Node> nodes;
    for (const NodeId& id : unit.nodes) {
        const auto at = topology->find(id);
        if (!at || !may_be_compared(topology->node(*at), unit.index, unit.shards)) continue;
        nodes.push_back(topology->node(*at));
    }
    bool complete = nodes.size() == unit.nodes.size();
    bool readable = true;
    std::size_t page_size = options_.page;
    bool equal = true;
    std::string after;
    std::set<std::string> suspects;
    bool last = nodes.empty() || !index->primary_key;
    while (!last && readable && !stop_.requested()) {
        const env::Monotonic began = env_.clock.now();
        readable = co_await compare_stretch(unit, nodes, page_size, after, last, suspects);
        co_await rest_after(began);
        if (!readable && page_size > kLeastPage) {  // large documents on a slow node
            page_size /= 2;
            readable = true;
            last = false;
            continue;
        }
        if (suspects.empty() || (!last && readable && suspects.size() < kSuspectsMax)) continue;
        std::vector<std::string> ids(suspects.begin(), suspects.end());
        suspects.clear();
        co_await env::sleep_for(env_, options_.second_look, stop_);
        ids = co_await still_differing(unit.index, std::move(ids));
        equal = equal && ids.empty();
        std::set<NodeId> nobody_else;
        const bool settled = co_await settle(unit.index, std::move(ids), std::move(nobody_else));
        complete = complete && settled;
    }
    complete = complete && readable;
    status_.shards_scanned += unit.shards.size();
    options_.metrics->counter(kScanned).add(static_cast<double>(unit.shards.size()));
    const auto round = rounds_.find(unit.index);
    if (round == rounds_.end()) co_return;
    round->second.equal = round->second.equal && equal;
    if (complete) round->second.compared.insert(unit.shards.begin(), unit.shards.end());
    else status_.shards_not_compared += unit.shards.size();
}

env::Task<bool> AntiEntropy::compare_stretch(const CompareUnit& unit, std::vector<cluster::Node> nodes,
                                             std::size_t page_size, std::string& after, bool& last,
                                             std::set<std::string>& suspects) {
    const plan::IndexPtr index = catalog_.committed()->find(unit.index);
    if (!index || !index->primary_key) co_return false;
    std::vector<StretchCopy> copies;
    std::string to;
    for (const cluster::Node& node : nodes) {
        const bool first = copies.empty();
        const std::size_t limit = first ? page_size : 2 * page_size;
        const StretchBounds bounds{.after = after, .to = to};
        json::Object body = stretch_question(unit.shards, bounds, limit);
        const std::optional<json::Array> page = co_await errands_.read(node, index, std::move(body));
        if (!page) co_return false;
        last = first ? page->size() < limit : last;
        if (first && !last) to = stamp_of(page->back());
        if (first && !last && (to.empty() || to == after)) co_return false;  // no way forward
        StretchCopy copy;
        for (const json::Value& document : *page) {
            if (!document.is_object()) continue;
            const Result<std::string> id = protocol::document_id(document.object(), *index->primary_key);
            if (!id) continue;
            if (!marks_of(document, *id, index->shards).well_formed) suspects.insert(*id);
            copy.add(*id, digest_of(document));
        }
        copies.push_back(std::move(copy));
        status_.documents_read += page->size();
        options_.metrics->counter(kRead).add(static_cast<double>(page->size()));
    }
    suspects.merge(StretchCopy::differing(copies));
    if (!last) after = to;
    co_return true;
}

// What was worked for so long is followed by so much rest that the share is kept.
env::Task<void> AntiEntropy::rest_after(env::Monotonic began) {
    const double share = options_.cpu_percent / kWhole / static_cast<double>(options_.at_once);
    if (share * static_cast<double>(options_.at_once) >= 1) co_return;
    const std::chrono::duration<double> worked = env_.clock.now() - began;
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(worked * (1 / share - 1));
    co_await env::sleep_for(env_, std::min<std::chrono::nanoseconds>(rest, kLongestRest), stop_);
}

// Documents without the fields by which all others are found.
env::Task<void> AntiEntropy::find_strays(IndexUid uid) {
    const TopologyPtr topology = topology_();
    const plan::IndexPtr index = catalog_.committed()->find(uid);
    if (!index || !index->primary_key) co_return;
    for (const cluster::Node& node : topology->nodes()) {
        if (!may_be_compared(node, uid, {})) continue;
        const env::Monotonic began = env_.clock.now();
        const std::string missing = " NOT EXISTS";
        json::Array either{std::string(cluster::kShardField) + missing, std::string(cluster::kStampField) + missing};
        json::Object body{{"filter", json::Array{json::Value(std::move(either))}},
                          {"limit", options_.page},
                          {"fields", json::Array{*index->primary_key}}};
        const std::optional<json::Array> page = co_await errands_.read(node, index, std::move(body));
        co_await rest_after(began);
        if (!page || page->empty()) continue;
        std::vector<std::string> ids;
        for (const json::Value& document : *page) {
            if (!document.is_object()) continue;
            Result<std::string> id = protocol::document_id(document.object(), *index->primary_key);
            if (id) ids.push_back(*std::move(id));
        }
        if (const auto round = rounds_.find(uid); round != rounds_.end()) round->second.equal = false;
        std::set<NodeId> also{node.id};
        co_await settle(uid, std::move(ids), std::move(also));
    }
}

env::Task<void> AntiEntropy::end_round(IndexUid uid) {
    const auto found = rounds_.find(uid);
    const plan::IndexPtr index = catalog_.committed()->find(uid);
    if (found == rounds_.end() || !index || found->second.compared.size() < index->shards) co_return;
    Round round = std::move(found->second);
    rounds_.erase(found);
    tasks::Batch batch;
    writer_.graves().close(batch, uid, round.began_at, round.first_open);
    if (round.equal) found_equal_[uid] = std::move(round);
    if (!batch.empty()) (void)co_await store_.commit(std::move(batch));
}

void AntiEntropy::note(const IndexUid& index, const std::string& id, const NodeId& node, std::string what,
                       bool repaired) {
    constexpr std::size_t kFindingsMax = 100;
    env_.log.warn(kTarget, "a copy is wrong: " + what,
                  {{"index", index.value}, {"document", id}, {"node", node.value}, {"repaired", repaired}});
    status_.findings.push_back({.at_ms = env::unix_ms(env_.clock),
                                .index = index,
                                .document = id,
                                .node = node,
                                .what = std::move(what),
                                .repaired = repaired});
    if (status_.findings.size() > kFindingsMax) status_.findings.pop_front();
}

void AntiEntropy::count(std::uint64_t mismatches, std::uint64_t repaired, std::uint64_t undecided) {
    status_.mismatches += mismatches;
    status_.repaired += repaired;
    status_.undecided += undecided;
    options_.metrics->counter(kMismatches).add(static_cast<double>(mismatches));
    options_.metrics->counter(kRepaired).add(static_cast<double>(repaired));
    options_.metrics->counter(kUndecided).add(static_cast<double>(undecided));
}

}  // namespace miroir::quorum

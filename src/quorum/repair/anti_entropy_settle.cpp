// Documents whose copies differ, one by one: read again under the order of writes with all their nodes at rest, so that
// no write is on its way to one of them only, then decided and put right where it is wrong.
#include <algorithm>

#include "cluster/reserved.h"
#include "json/write.h"
#include "plan/shard_clause.h"
#include "protocol/documents/primary_key.h"
#include "quorum/repair/anti_entropy.h"

namespace miroir::quorum {
namespace {

using cluster::NodeIndex;
using cluster::ReplicaRole;
using cluster::Topology;
using cluster::TopologyPtr;

constexpr std::size_t kAtOnce = 200;             // documents, while nobody else writes
constexpr std::chrono::seconds kLongestWait{1};  // for a node to come to rest; writers wait meanwhile

bool has_part(const Topology& topology, NodeIndex node, ShardId shard) {
    return std::ranges::any_of(topology.replicas_of(shard),
                               [node](const auto& replica) { return replica.node == node; });
}

// The fuller one has all its members, equal, and more.
bool is_part_of(const json::Value& part, const json::Value& fuller) {
    return part.object().size() < fuller.object().size() && std::ranges::all_of(
                                                                part.object(),
                                                                [&](const json::Member& member) {
                                                                    const json::Value* there =
                                                                        fuller.find(member.first);
                                                                    return there != nullptr && *there == member.second;
                                                                });
}

// With the fields that it lacks or has wrong.
json::Value marked(json::Value document, ShardId shard, std::uint64_t stamp) {
    document[cluster::kShardField] = cluster::shard_label(shard);
    document[cluster::kStampField] = cluster::stamp_text(stamp);
    return document;
}

}  // namespace

std::set<NodeIndex> AntiEntropy::owners_of(const Topology& topology, const plan::IndexEntry& index,
                                           const std::vector<std::string>& ids) const {
    std::set<NodeIndex> out;
    for (const std::string& id : ids) {
        const ShardId shard = cluster::shard_of(id, index.shards);
        for (const cluster::Replica& replica : topology.replicas_of(shard)) {
            if (replica.role != ReplicaRole::Serving) continue;
            if (may_be_compared(topology.node(replica.node), index.uid, {shard})) out.insert(replica.node);
        }
    }
    return out;
}

env::Task<std::optional<AntiEntropy::Copies>> AntiEntropy::read_copies(TopologyPtr topology, plan::IndexPtr index,
                                                                       std::set<NodeIndex> nodes,
                                                                       std::vector<std::string> ids) {
    Copies out;
    json::Array list;
    for (const std::string& id : ids) list.emplace_back(id);
    for (const NodeIndex at : nodes) {
        json::Object body{{"ids", list}, {"limit", list.size()}};
        std::optional<json::Array> page = co_await errands_.read(topology->node(at), index, std::move(body));
        if (!page) co_return std::nullopt;
        std::map<std::string, json::Value>& copies = out[at];
        for (json::Value& document : *page) {
            if (!document.is_object()) continue;
            Result<std::string> id = protocol::document_id(document.object(), *index->primary_key);
            if (id) copies[*std::move(id)] = std::move(document);
        }
    }
    co_return out;
}

AntiEntropy::Case AntiEntropy::case_of(const Topology& topology, const plan::IndexEntry& index, const std::string& id,
                                       const Copies& copies) const {
    Case out{.id = id, .owners = {}, .copies = {}, .strays = {}};
    const ShardId shard = cluster::shard_of(id, index.shards);
    for (const auto& [node, documents] : copies) {
        const auto found = documents.find(id);
        const json::Value* document = found == documents.end() ? nullptr : &found->second;
        const bool good = document != nullptr && marks_of(*document, id, index.shards).well_formed;
        const bool owner = std::ranges::any_of(topology.replicas_of(shard), [&](const cluster::Replica& replica) {
            return replica.node == node && replica.role == ReplicaRole::Serving;
        });
        if (owner) {
            out.owners.push_back(node);
            out.copies.push_back(good ? document : nullptr);
        }
        if (document == nullptr || (good && (owner || has_part(topology, node, shard)))) continue;
        out.strays.push_back(node);
        if (!good) out.malformed = document;
    }
    return out;
}

// Without holding anybody up: most of what differed was a write on its way.
env::Task<std::vector<std::string>> AntiEntropy::still_differing(IndexUid uid, std::vector<std::string> ids) {
    std::vector<std::string> out;
    const plan::IndexPtr index = catalog_.committed()->find(uid);
    if (!index || !index->primary_key) co_return out;
    const TopologyPtr topology = topology_();
    for (std::size_t at = 0; at < ids.size(); at += kAtOnce) {
        const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), at + kAtOnce));
        std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(at), end);
        std::set<NodeIndex> nodes = owners_of(*topology, *index, some);
        const std::optional<Copies> copies = co_await read_copies(topology, index, std::move(nodes), some);
        for (std::string& id : some) {
            bool equal = copies.has_value();
            if (copies) {
                const Case one = case_of(*topology, *index, id, *copies);
                equal = one.strays.empty() && std::ranges::all_of(one.copies, [&](const json::Value* copy) {
                            const json::Value* first = one.copies.front();
                            if (copy == nullptr || first == nullptr) return copy == first;
                            return digest_of(*copy) == digest_of(*first);
                        });
            }
            if (!equal) out.push_back(std::move(id));
        }
    }
    co_return out;
}

env::Task<bool> AntiEntropy::settle(IndexUid uid, std::vector<std::string> ids, std::set<NodeId> also) {
    bool all = true;
    for (std::size_t at = 0; at < ids.size() && !stop_.requested(); at += kAtOnce) {
        const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), at + kAtOnce));
        std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(at), end);
        const env::Monotonic began = env_.clock.now();
        const bool settled = co_await settle_some(uid, std::move(some), also);
        all = all && settled;
        co_await rest_after(began);
    }
    co_return all;
}

// Those that say that nothing has changed there since all copies were last equal, while nobody has written.
env::Task<std::set<NodeIndex>> AntiEntropy::unaltered(TopologyPtr topology, IndexUid uid, std::set<NodeIndex> nodes) {
    std::set<NodeIndex> out;
    const auto known = found_equal_.find(uid);
    const plan::IndexPtr index = catalog_.projected().find(uid);
    if (known == found_equal_.end() || !index || known->second.epoch != index->epoch) co_return out;
    for (const NodeIndex at : nodes) {
        const cluster::Node& node = topology->node(at);
        const auto then = known->second.changed_at.find(node.id);
        if (then == known->second.changed_at.end()) continue;
        const std::optional<std::string> now = co_await changed_at(node, uid);
        if (now == then->second) out.insert(at);
    }
    co_return out;
}

env::Task<bool> AntiEntropy::settle_some(IndexUid uid, std::vector<std::string> ids, std::set<NodeId> also) {
    const env::Lane::Pass pass = co_await writer_.lane(uid).enter();
    const plan::IndexPtr index = catalog_.projected().find(uid);
    if (!index || !index->primary_key || writer_.is_changing(uid) || !catalog_.committed()->find(uid)) co_return false;
    const TopologyPtr topology = topology_();
    std::set<NodeIndex> nodes = owners_of(*topology, *index, ids);
    for (const NodeId& id : also) {
        const auto at = topology->find(id);
        if (at && may_be_compared(topology->node(*at), uid, {})) nodes.insert(*at);
    }
    const std::uint64_t releases = writer_.hints().releases();
    for (const NodeIndex at : nodes) {
        const cluster::Node& node = topology->node(at);
        if (!writer_.at_rest(node.id, uid)) co_return false;
        const bool quiet = co_await errands_.drained(node, uid, kLongestWait);
        if (!quiet) co_return false;
    }
    const std::set<NodeIndex> untouched = co_await unaltered(topology, uid, nodes);
    const std::optional<Copies> copies = co_await read_copies(topology, index, nodes, ids);
    if (!copies) co_return false;
    Decided decided;
    for (const std::string& id : ids) {
        const Case one = case_of(*topology, *index, id, *copies);
        decide(*topology, *index, one, untouched, decided);
    }
    bool done = true;
    if (!options_.auto_repair) decided.mendings.clear();
    if (!decided.mendings.empty()) writer_.touches().upset(uid);
    for (auto& [at, mending] : decided.mendings) {
        std::vector<NodeRequest> requests = requests_of(*index, std::move(mending));
        const bool told = co_await errands_.tell(topology->node(at), std::move(requests), 0, releases);
        done = done && told;
    }
    if (!done) co_return false;  // it is found again
    for (Finding& finding : decided.findings)
        note(uid, finding.document, finding.node, std::move(finding.what), options_.auto_repair);
    count(decided.wrong, options_.auto_repair ? decided.wrong : 0, 0);
    co_return true;
}

// Puts down what has to be written where.
void AntiEntropy::decide(const Topology& topology, const plan::IndexEntry& index, const Case& one,
                         const std::set<NodeIndex>& unaltered, Decided& out) {
    std::vector<CopySeen> seen;
    for (std::size_t i = 0; i < one.owners.size(); ++i) {
        const json::Value* copy = one.copies[i];
        seen.push_back({.present = copy != nullptr, .unaltered = unaltered.contains(one.owners[i])});
        if (copy == nullptr) continue;
        seen.back().digest = digest_of(*copy);
        seen.back().stamp = marks_of(*copy, one.id, index.shards).stamp;
        seen.back().contains = static_cast<std::size_t>(std::ranges::count_if(
            one.copies, [copy](const json::Value* other) { return other != nullptr && is_part_of(*other, *copy); }));
    }
    if (seen.empty()) return;  // nobody who could be asked owns it
    const auto deleted = [&](std::uint64_t stamp) { return writer_.deletion_of(index.uid, one.id, stamp); };
    Ruling ruling = judge_copies(seen, deleted);
    const bool nowhere = std::ranges::none_of(seen, &CopySeen::present);
    json::Value right;
    if (ruling.kind == Ruling::Kind::Take) right = *one.copies[ruling.source];
    // Written past Miroir and known to nobody else: it is taken in rather than destroyed.
    const bool adopted = ruling.kind == Ruling::Kind::Equal && nowhere && one.malformed != nullptr;
    if (adopted) {
        right = marked(*one.malformed, cluster::shard_of(one.id, index.shards), next_stamp_(index.uid, one.id));
        ruling.kind = Ruling::Kind::Take;
    }
    if (ruling.kind == Ruling::Kind::Equal && one.strays.empty()) return;  // it was a write on its way
    if (ruling.kind == Ruling::Kind::Undecided) {
        note(index.uid, one.id, {}, "it is on some nodes only, and may have been deleted", false);
        return count(1, 0, 1);
    }
    const std::uint64_t digest = right.is_null() ? 0 : digest_of(right);
    const auto wrong = [&](NodeIndex node, std::string what, bool write) {
        out.findings.push_back({.document = one.id, .node = topology.node(node).id, .what = std::move(what)});
        if (write) out.mendings[node].lines += json::to_text(right) + "\n";
        else out.mendings[node].ids.emplace_back(one.id);
    };
    for (std::size_t i = 0; i < one.owners.size(); ++i) {
        const bool stray = std::ranges::find(one.strays, one.owners[i]) != one.strays.end();
        if (ruling.kind == Ruling::Kind::Take) {
            if (seen[i].present && seen[i].digest == digest) continue;
            const std::string_view what = stray             ? "a reserved field is missing or wrong"
                                          : seen[i].present ? "it differs"
                                                            : "it is missing";
            wrong(one.owners[i], std::string(what) + (ruling.guessed ? " (a guess: nothing speaks for either)" : ""),
                  true);
        } else if (ruling.kind == Ruling::Kind::Delete && (seen[i].present || stray)) {
            wrong(one.owners[i], "it was deleted", false);
        }
    }
    for (const NodeIndex node : one.strays) {
        if (std::ranges::find(one.owners, node) == one.owners.end())
            wrong(node, "the node ought not to have it", false);
    }
    ++out.wrong;
}

std::vector<NodeRequest> AntiEntropy::requests_of(const plan::IndexEntry& index, Mending mending) const {
    const std::string path = "/indexes/" + index.uid.value + "/documents";
    std::vector<NodeRequest> out;
    if (!mending.ids.empty()) {
        out.push_back({.method = "POST",
                       .target = path + "/delete-batch",
                       .content_type = "application/json",
                       .body = json::to_text(json::Value(std::move(mending.ids)))});
    }
    if (!mending.lines.empty()) {
        out.push_back({.method = "POST",
                       .target = path + "?primaryKey=" + index.primary_key.value_or(""),
                       .content_type = "application/x-ndjson",
                       .body = std::move(mending.lines)});
    }
    return out;
}

// Shards of which the node has no part at all, by what it counts. Who owns them has them, so these are only in the way.
env::Task<void> AntiEntropy::clear_left_behind(IndexUid uid) {
    const TopologyPtr now = topology_();
    for (const cluster::Node& node : now->nodes()) {
        const NodeCount* count_there = census_.of(node.id);
        if (count_there == nullptr || !count_there->indexes.contains(uid) || !may_be_compared(node, uid, {})) continue;
        const IndexCount counted = count_there->indexes.at(uid);
        const env::Lane::Pass pass = co_await writer_.lane(uid).enter();
        const TopologyPtr topology = topology_();
        const plan::IndexPtr index = catalog_.projected().find(uid);
        const auto at = topology->find(node.id);
        if (!index || !at) continue;
        std::vector<ShardId> left;
        std::uint64_t documents = 0;
        for (const auto& [shard, number] : counted.by_shard) {
            if (shard.value >= index->shards || number == 0 || has_part(*topology, *at, shard)) continue;
            const bool owned = std::ranges::any_of(topology->replicas_of(shard), [&](const cluster::Replica& replica) {
                return replica.role == ReplicaRole::Serving &&
                       may_be_compared(topology->node(replica.node), uid, {shard});
            });
            if (!owned) continue;
            left.push_back(shard);
            documents += number;
        }
        if (left.empty()) continue;
        note(uid, "", node.id,
             std::to_string(documents) + " documents of " + std::to_string(left.size()) +
                 " shards that the node ought not to have",
             options_.auto_repair);
        if (const auto round = rounds_.find(uid); round != rounds_.end()) round->second.equal = false;
        count(documents, options_.auto_repair ? documents : 0, 0);
        if (!options_.auto_repair) continue;
        std::vector<NodeRequest> requests;
        requests.push_back({.method = "POST",
                            .target = "/indexes/" + uid.value + "/documents/delete",
                            .content_type = "application/json",
                            .body = json::to_text(json::Object{{"filter", plan::shard_clause(left)}})});
        co_await errands_.tell(topology->node(*at), std::move(requests), 0, writer_.hints().releases());
    }
}

}  // namespace miroir::quorum

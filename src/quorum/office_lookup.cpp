// What the office has to know of documents that are there before it can decide about a batch.
#include <algorithm>
#include <unordered_set>

#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"
#include "protocol/documents/primary_key.h"
#include "quorum/office.h"

namespace miroir::quorum {
namespace {

constexpr std::size_t kPage = 1000;  // ids in one question
constexpr auto kRestTimeout = std::chrono::seconds(5);
constexpr auto kRestPoll = std::chrono::milliseconds(10);

}  // namespace

env::Task<Office::Found> Office::fetch_known(plan::IndexPtr index, std::vector<std::string> ids,
                                             json::Object question) {
    Found found;
    const cluster::TopologyPtr topology = topology_();
    std::map<cluster::NodeIndex, json::Array> asked;
    for (const std::string& id : ids) {
        bool answered = false;
        const ShardId shard = cluster::shard_of(id, index->shards);
        for (const cluster::Replica& replica : topology->replicas_of(shard)) {
            const cluster::Node& node = topology->node(replica.node);
            if (replica.role != cluster::ReplicaRole::Serving) continue;
            if (!node.readable() || writer_.hints().any(node.id)) continue;
            if (writer_.debts().lacks(node.id, index->uid, {shard})) continue;
            asked[replica.node].emplace_back(id);
            answered = true;
            break;
        }
        found.complete = found.complete && answered;
    }
    for (auto& [node, list] : asked) {
        for (std::size_t at = 0; at < list.size(); at += kPage) {
            const std::size_t end = std::min(list.size(), at + kPage);
            json::Object body = question;
            body.append("ids", json::Array(list.begin() + static_cast<std::ptrdiff_t>(at),
                                           list.begin() + static_cast<std::ptrdiff_t>(end)));
            body.append("limit", end - at);
            http::Outgoing request;
            request.method = "POST";
            request.target = "/indexes/" + index->uid.value + "/documents/fetch";
            request.headers.add("Content-Type", "application/json");
            request.body = json::to_text(json::Value(std::move(body)));
            const Result<http::Reply> reply =
                co_await writer_.link(topology->node(node).id).ask(topology->node(node).address, std::move(request));
            auto page = reply && reply->status == 200 ? json::parse(reply->body) : json::parse("null");
            json::Value* results = page && page->is_object() ? page->object().find("results") : nullptr;
            if (results == nullptr || !results->is_array()) {
                found.complete = false;
                continue;
            }
            for (json::Value& document : results->array()) {
                if (document.is_object()) found.documents.push_back(std::move(document));
            }
        }
    }
    co_return found;
}

// Which of these documents exist and with which stamps. One that is not found keeps no old place: at worst it moves to
// the end of its ties.
env::Task<Result<void>> Office::learn_stamps(plan::IndexPtr index, std::vector<std::string> ids) {
    if (ids.empty() || !index->primary_key) co_return Result<void>{};
    json::Object question{{"fields", json::Array{*index->primary_key, cluster::kStampField}}};
    const Found found = co_await fetch_known(index, std::move(ids), std::move(question));
    for (const json::Value& document : found.documents) {
        const Result<std::string> id = protocol::document_id(document.object(), *index->primary_key);
        const json::Value* text = document.find(cluster::kStampField);
        const auto stamp = text != nullptr && text->is_string() ? cluster::stamp_of(text->string()) : std::nullopt;
        // One whose deletion is on its way comes anew, and gets a new place.
        if (!id || !stamp || writer_.deletion_of(index->uid, *id, *stamp) == Deletion::Certain) continue;
        stamps_of(index->uid).learn(*id, *stamp);
    }
    co_return Result<void>{};
}

bool Office::at_work_on(const IndexUid& uid) const {
    return std::ranges::any_of(tasks_->unfinished(), [&](const tasks::TaskEntry* entry) {
        const std::vector<std::string> indexes = tasks::indexes_of(entry->task);
        return std::ranges::find(indexes, uid.value) != indexes.end();
    });
}

// Some of them may be in writes that are not applied yet: these are waited for, for a while. What cannot be known then
// is left to the nodes.
env::Task<Result<void>> Office::judge_lacking(plan::IndexPtr index, std::vector<protocol::LackingVectors> lacking) {
    const env::Deadline deadline = env::Deadline::after(env_.clock, kRestTimeout);
    for (protocol::LackingVectors& each : lacking) {
        for (;;) {
            const bool at_work = at_work_on(index->uid);
            Found found;
            if (index->primary_key) {
                const json::Array fields{*index->primary_key, "_vectors"};
                json::Object question{{"fields", fields}, {"retrieveVectors", true}};
                found = co_await fetch_known(index, each.ids, std::move(question));
            }
            std::unordered_set<std::string> have;
            for (const json::Value& document : found.documents) {
                const json::Value* vectors = document.find("_vectors");
                if (vectors == nullptr || vectors->find(each.embedder) == nullptr) continue;
                if (Result<std::string> id = protocol::document_id(document.object(), *index->primary_key))
                    have.insert(*std::move(id));
            }
            std::erase_if(each.ids, [&](const std::string& id) { return have.contains(id); });
            if (each.ids.empty() || !found.complete || deadline.expired(env_.clock)) break;
            if (!at_work) {
                co_return fail(protocol::missing_vectors(each.embedder, each.ids.front(), each.ids.size() - 1));
            }
            co_await env::sleep_for(env_, kRestPoll);
        }
    }
    co_return Result<void>{};
}

}  // namespace miroir::quorum

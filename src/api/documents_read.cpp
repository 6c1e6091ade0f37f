// Reading documents: one goes to the node that holds its shard.
#include <algorithm>

#include "api/routes.h"
#include "json/parse.h"
#include "merge/hit_bytes.h"
#include "protocol/query/documents_query.h"
#include "server/query.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Error document_not_found(const std::string& id) {
    return {.code = ErrorCode::DocumentNotFound, .message = "Document `" + id + "` not found."};
}

// The node's reply without our fields. The padding that reading needs is given here.
http::Reply document_reply(std::string body) {
    body.reserve(body.size() + 64);
    std::string shown;
    if (!merge::append_hit(shown, body, {.score = true, .details = true})) {
        return server::error_reply({.code = ErrorCode::MiroirNodeBadReply, .message = "The node's answer cannot be read."});
    }
    return server::json_text_reply(200, std::move(shown));
}

Reply get(Visit visit) {
    MIROIR_CO_CHECK(protocol::parse_document_parameters(visit.in.raw_query));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const std::string& id = visit.in.params.get("document_id");
    const cluster::TopologyPtr topology = visit.desk.topology();
    const ShardId shard = cluster::shard_of(id, index->shards);
    plan::NodeCall call{.node = cluster::kNoNode, .shards = {shard}, .method = "GET", .target = {}, .body = {}};
    call.target = "/indexes/" + index->uid.value + "/documents/" + server::percent_encode(id);
    if (!visit.in.raw_query.empty()) call.target += "?" + visit.in.raw_query;
    const scatter::CallsElsewhere elsewhere = [&](const std::vector<ShardId>&, const std::vector<cluster::NodeIndex>& avoid)
        -> Result<std::vector<plan::NodeCall>> {
        MIROIR_TRY(const cluster::Cover cover, visit.desk.cover(*topology, *index, 0, avoid));
        for (const cluster::CoverPart& part : cover.parts) {
            if (!std::ranges::binary_search(part.shards, shard)) continue;
            plan::NodeCall next = call;
            next.node = part.node;
            return std::vector<plan::NodeCall>{std::move(next)};
        }
        return std::vector<plan::NodeCall>{};
    };
    const std::vector<ShardId> shards = {shard};
    MIROIR_CO_TRY(std::vector<plan::NodeCall> calls, elsewhere(shards, {}));
    scatter::Gathered gathered = co_await visit.desk.scatter().run(topology, std::move(calls), elsewhere, visit.in.call);
    if (gathered.answers.empty()) {
        co_return fail(ErrorCode::MiroirShardUnavailable, "No node can answer for shard " + std::to_string(shard.value) + ". Bring its nodes back.");
    }
    http::Reply reply = std::move(gathered.answers.front().reply);
    if (reply.status == 404) co_return fail(document_not_found(id));
    if (reply.status != 200) co_return reply;
    co_return document_reply(std::move(reply.body));
}

constexpr Route kRoutes[] = {
    {"GET", "/indexes/{index_uid}/documents/{document_id}", "documents.get", BodyKind::None, get},
};

}  // namespace

std::span<const Route> document_read_routes() { return kRoutes; }

}  // namespace miroir::api

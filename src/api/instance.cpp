// The server itself: the greeting, dumps and snapshots, exports, templates.
#include <algorithm>

#include "api/routes.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "protocol/instance/requests.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Reply root(Visit) { co_return ok(json::Object{{"status", "Meilisearch is running"}}); }

// Made here, of the whole cluster: see dump/maker.h.
Reply create_dump(Visit visit) {
    protocol::Task task;
    task.type = protocol::TaskType::DumpCreation;
    task.details = json::Object{{"dumpUid", nullptr}};
    const Result<quorum::Receipt> receipt =
        co_await visit.desk.ask(visit.desk.office().note_task(std::move(task), std::nullopt));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

// Each node keeps its own.
Reply create_snapshot(Visit visit) {
    const Result<quorum::Receipt> receipt = co_await visit.desk.ask(visit.desk.office().take_snapshots());
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

// Sent from here, each document once: see dump/exporter.h.
Reply export_all(Visit visit) {
    MIROIR_CO_TRY(const protocol::ExportBody body, protocol::parse_export(visit.body));
    protocol::Task task;
    task.type = protocol::TaskType::Export;
    task.details = protocol::export_details(body);
    const Result<quorum::Receipt> receipt =
        co_await visit.desk.ask(visit.desk.office().note_task(std::move(task), std::nullopt, visit.body));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt, 200);
}

// Nodes may do what is multimodal in any case. What one of them says of a request that it can read is put off for the
// refusal of a client who has not turned it on.
std::optional<std::string> multimodal_refusal(const Visit& visit, const http::Reply& reply) {
    if (visit.desk.feature(protocol::Feature::Multimodal)) return std::nullopt;
    const auto kind_of = [&](std::string_view part) {
        const json::Value* found = visit.body.find(part);
        return found == nullptr ? std::string() : json::text_at(*found, "kind");
    };
    const auto said = json::parse(reply.body);
    const std::string message = said ? json::text_at(*said, "message") : "";
    if (reply.status >= 400 && !message.starts_with("error while ")) return std::nullopt;
    const std::string part = "error while fetching template: ";
    const std::string of_template = kind_of("template");
    const bool inline_fragment = of_template == "inlineFragment";
    if (inline_fragment || of_template == "indexingFragment" || of_template == "searchFragment") {
        const std::string action = inline_fragment ? "rendering an inline fragment" : "accessing fragments";
        return part + protocol::feature_refusal(action, protocol::Feature::Multimodal);
    }
    if (kind_of("input") != "inlineSearch" || message.starts_with(part)) return std::nullopt;
    return "error while fetching input: " +
           protocol::feature_refusal("rendering search", protocol::Feature::Multimodal);
}

// A template is rendered by the node that holds the document, where one is named.
Reply render(Visit visit) {
    const cluster::TopologyPtr topology = visit.desk.topology();
    const json::Value* input = visit.body.find("input");
    const json::Value* uid = input != nullptr ? input->find("indexUid") : nullptr;
    const json::Value* id = input != nullptr ? input->find("id") : nullptr;
    std::optional<ShardId> shard;
    if (uid != nullptr && uid->is_string() && id != nullptr) {
        const plan::IndexPtr index = visit.desk.catalog()->find(IndexUid{uid->string()});
        if (index) shard = cluster::shard_of(id->is_string() ? id->string() : json::to_text(*id), index->shards);
    }
    for (cluster::NodeIndex node = 0; node < topology->nodes().size(); ++node) {
        if (!visit.desk.is_in_step(topology->node(node))) continue;
        const bool holds =
            !shard || std::ranges::any_of(topology->replicas_of(*shard),
                                          [&](const cluster::Replica& replica) { return replica.node == node; });
        if (!holds) continue;
        plan::NodeCall call{.node = node,
                            .shards = {},
                            .method = "POST",
                            .target = "/render-template",
                            .body = json::to_text(visit.body)};
        Result<http::Reply> reply = co_await visit.desk.scatter().send(topology, std::move(call), visit.in.call);
        if (!reply || reply->status >= 500) continue;
        if (std::optional<std::string> refusal = multimodal_refusal(visit, *reply))
            co_return fail(ErrorCode::FeatureNotEnabled, *std::move(refusal));
        co_return server::json_text_reply(reply->status, std::move(reply->body));
    }
    co_return fail(ErrorCode::MiroirShardUnavailable, "No node can answer. Bring its nodes back.");
}

constexpr Route kRoutes[] = {
    {"POST", "/export", "export", BodyKind::Json, export_all},
    {"POST", "/render-template", "settings.get", BodyKind::Json, render},
    {"GET", "/", "", BodyKind::None, root},
    {"POST", "/dumps", "dumps.create", BodyKind::None, create_dump},
    {"POST", "/snapshots", "snapshots.create", BodyKind::None, create_snapshot},
};

}  // namespace

std::span<const Route> instance_routes() { return kRoutes; }

}  // namespace miroir::api

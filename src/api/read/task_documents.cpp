// GET /tasks/{uid}/documents: what a task that has not ended was given, put together from what the nodes still hold of
// it. A node drops its part when it has carried it out; then the whole is gone, as on one node.
#include <algorithm>
#include <set>

#include "api/routes.h"
#include "cluster/reserved.h"
#include "json/members.h"
#include "json/parse.h"
#include "merge/hit_bytes.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

struct Line {
    std::string stamp;
    std::string text;  // without what is ours
};

// Of several copies of a shard the first that comes counts.
class Gathered {
public:
    bool take(std::string_view payload) {
        std::set<std::string> shards;
        while (!payload.empty()) {
            const std::size_t end = std::min(payload.find('\n'), payload.size());
            const std::string_view line = payload.substr(0, end);
            payload.remove_prefix(std::min(end + 1, payload.size()));
            if (line.empty()) continue;
            const auto document = json::parse(line);
            std::string bytes(line);
            bytes.reserve(bytes.size() + 64);  // the room that reading needs behind the end
            Line shown{.stamp = document ? text_at(*document, cluster::kStampField) : std::string(), .text = {}};
            const merge::HitShape whole{.score = true, .details = true, .drop_field = {}};
            if (!document || !merge::append_hit(shown.text, bytes, whole)) return false;
            std::string shard = text_at(*document, cluster::kShardField);
            if (!seen_.contains(shard)) lines_.push_back(std::move(shown));
            shards.insert(std::move(shard));
        }
        seen_.merge(shards);
        return true;
    }

    std::string text() {
        std::multimap<std::string, const std::string*> in_order;
        for (const Line& line : lines_) in_order.emplace(line.stamp, &line.text);
        std::string out;
        for (const auto& [stamp, text] : in_order) out.append(*text).append("\n");
        return out;
    }

private:
    std::set<std::string> seen_;  // shards
    std::vector<Line> lines_;
};

// The part of each node that got documents. What makes the index goes to all nodes, the documents come behind it.
std::map<std::string, json::Value> with_documents(const json::Value& parts) {
    std::map<std::string, json::Value> last;
    std::map<std::string, std::size_t> counts;
    std::size_t most = 0;
    for (const json::Value& part : parts.array()) {
        const std::string node = text_at(part, "node");
        last[node] = part;
        most = std::max(most, ++counts[node]);
    }
    std::erase_if(last, [&](const auto& each) { return counts[each.first] < most; });
    return last;
}

Error gone(std::uint64_t uid) {
    return {.code = ErrorCode::TaskFileNotFound,
            .message = "Task `" + std::to_string(uid) +
                       "` does not contain any documents. Only `documentAdditionOrUpdate` tasks with the statuses "
                       "`enqueued` or `processing` contain documents"};
}

Reply get_documents(Visit visit) {
    MIROIR_CO_CHECK(
        visit.desk.require(protocol::Feature::GetTaskDocumentsRoute, "Getting the documents of an enqueued task"));
    MIROIR_CO_TRY(const std::uint64_t uid,
                  protocol::parse_task_uid(visit.in.params.get("task_uid"), "Task", ErrorCode::InvalidTaskUids));
    MIROIR_CO_TRY(const json::Value task, co_await visit.desk.ask(visit.desk.office().find_task(uid, visit.grant)));
    const bool addition = text_at(task, "type") == "documentAdditionOrUpdate";
    const std::string status = text_at(task, "status");
    if (!addition || (status != "enqueued" && status != "processing")) co_return fail(gone(uid));
    MIROIR_CO_TRY(const json::Value parts, co_await visit.desk.ask(visit.desk.office().inspect_task(uid)));
    // Sent with others before the feature was switched on: nobody can tell their documents apart.
    if (parts.find("sentWith") != nullptr || parts.find("carries") != nullptr) co_return fail(gone(uid));
    const cluster::TopologyPtr topology = visit.desk.topology();
    Gathered gathered;
    for (const auto& [name, part] : with_documents(*parts.find("nodes"))) {
        const auto node = topology->find(NodeId{name});
        const std::string held = text_at(part, "status");  // planned: it has it, or will say that it has not
        if (!node || (held != "accepted" && held != "planned")) co_return fail(gone(uid));
        const std::uint64_t on_node = part.find("taskUid")->unsigned_integer();
        plan::NodeCall call{.node = *node,
                            .shards = {},
                            .method = "GET",
                            .target = "/tasks/" + std::to_string(on_node) + "/documents",
                            .body = {}};
        const Result<http::Reply> reply = co_await visit.desk.scatter().send(topology, std::move(call), visit.in.call);
        if (!reply) co_return fail(reply.error());
        if (reply->status != 200 || !gathered.take(reply->body)) co_return fail(gone(uid));
    }
    http::Reply reply{.status = 200};
    reply.headers.add("content-type", "application/x-ndjson");
    reply.body = gathered.text();
    co_return reply;
}

constexpr Route kRoutes[] = {{"GET", "/tasks/{task_uid}/documents", "tasks.get", BodyKind::None, get_documents}};

}  // namespace

std::span<const Route> task_document_routes() { return kRoutes; }

}  // namespace miroir::api

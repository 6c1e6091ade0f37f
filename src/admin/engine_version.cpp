#include "admin/engine_version.h"

#include "json/parse.h"
#include "json/write.h"

namespace miroir::admin {
namespace {

// Only the three fields, and only texts: whatever else a node says stays there.
Result<std::string> version_of(const http::Reply& reply) {
    const auto body = json::parse(reply.body);
    if (reply.status != 200 || !body) return fail(ErrorCode::MiroirNodeBadReply, "The node did not tell its version.");
    json::Object version;
    for (const std::string_view field : {"commitSha", "commitDate", "pkgVersion"}) {
        const json::Value* text = body->find(field);
        if (text == nullptr || !text->is_string()) {
            return fail(ErrorCode::MiroirNodeBadReply, "The node did not tell its version as Meilisearch does.");
        }
        version.append(std::string(field), *text);
    }
    return json::to_text(version);
}

}  // namespace

EngineVersion::EngineVersion(env::Env env, http::Client& client, const cluster::SnapshotHolder& topology,
                             EngineVersionOptions options)
    : env_(env), client_(client), topology_(topology), options_(std::move(options)) {}

env::Task<Result<std::string>> EngineVersion::get(http::Call call) {
    if (!kept_.empty() && env_.clock.now() < kept_until_) co_return kept_;
    const cluster::TopologyPtr topology = topology_.current();
    for (const cluster::Node& node : topology->nodes()) {
        if (!node.readable() || call.deadline.expired(env_.clock)) continue;
        const Result<http::Address> address = http::parse_address(node.address);
        if (!address) continue;
        const Result<std::string> version = co_await ask(*address, call);
        if (!version) continue;
        kept_ = *version;
        kept_until_ = env_.clock.now() + options_.keep;
        co_return kept_;
    }
    co_return fail(ErrorCode::MiroirNotReady, "No healthy node could be asked for its version.");
}

env::Task<Result<std::string>> EngineVersion::ask(http::Address node, http::Call call) {
    http::Outgoing request;
    request.target = "/version";
    if (!options_.node_key.empty()) request.headers.add("authorization", "Bearer " + options_.node_key);
    http::SendOptions options;
    options.deadline = env::Deadline::after(env_.clock, options_.node_timeout).sooner(call.deadline);
    options.cancel = call.cancel;
    options.body_limit = 64u << 10;
    options.repeatable = true;
    Result<http::Reply> reply = co_await client_.send(std::move(node), std::move(request), std::move(options));
    if (!reply) co_return fail(std::move(reply).error());
    co_return version_of(*reply);
}

}  // namespace miroir::admin

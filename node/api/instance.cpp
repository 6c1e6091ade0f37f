// The server itself: health, version, statistics, dumps and snapshots.
#include <charconv>
#include <cstdio>

#include "node/api/routes.h"
#include "node/api/stats.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

Result<http::Reply> root(Visit&) { return ok(json::Object{{"status", "Meilisearch is running"}}); }

Result<http::Reply> health(Visit&) { return ok(json::Object{{"status", "available"}}); }

Result<http::Reply> version(Visit&) {
    return ok(json::Object{
        {"commitSha", "unknown"}, {"commitDate", "2026-01-01T00:00:00.000000000Z"}, {"pkgVersion", "1.50.0"}});
}

Result<http::Reply> stats(Visit& visit) {
    MIROIR_TRY(const protocol::StatsQuery query, protocol::parse_stats_query(visit.in.raw_query));
    json::Object indexes;
    for (const auto& [uid, stored] : visit.world().indexes) {
        if (visit.grant.allows(uid)) indexes.append(uid, index_stats(visit.world(), uid, stored, query));
    }
    const std::uint64_t used = visit.desk.disk().used_bytes();
    json::Object out;
    out.append("databaseSize", protocol::size_value(used, query));
    out.append("usedDatabaseSize", protocol::size_value(used, query));
    const auto& last = visit.world().last_update;
    out.append("lastUpdate", last ? json::Value(protocol::rfc3339(*last)) : json::Value());
    out.append("indexes", std::move(indexes));
    return ok(out);
}

Result<http::Reply> metrics(Visit& visit) {
    if (!visit.grant.allows_all()) return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
    MIROIR_CHECK(visit.desk.require_feature("metrics", "Getting metrics"));
    std::string text;
    const auto gauge = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
        text += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " gauge\n" +
                std::string(name) + " " + std::to_string(value) + "\n";
    };
    gauge("meilisearch_db_size_bytes", "Meilisearch DB Size In Bytes", visit.desk.disk().used_bytes());
    gauge("meilisearch_index_count", "Meilisearch Index Count", visit.world().indexes.size());
    gauge("meilisearch_is_indexing", "Meilisearch Is Indexing", visit.world().queue.running() ? 1 : 0);
    http::Reply reply{.status = 200};
    reply.headers.add("content-type", "text/plain; version=0.0.4");
    reply.body = std::move(text);
    return reply;
}

Result<http::Reply> create_dump(Visit& visit) {
    return enqueue(visit, {.type = protocol::TaskType::DumpCreation, .details = json::Object{{"dumpUid", nullptr}}});
}

Result<http::Reply> create_snapshot(Visit& visit) {
    return enqueue(visit, {.type = protocol::TaskType::SnapshotCreation});
}

constexpr Route kRoutes[] = {
    {"GET", "/", "", BodyKind::None, root},
    {"GET", "/health", "", BodyKind::None, health},
    {"GET", "/version", "version", BodyKind::None, version},
    {"GET", "/stats", "stats.get", BodyKind::None, stats},
    {"GET", "/metrics", "metrics.get", BodyKind::None, metrics},
    {"POST", "/dumps", "dumps.create", BodyKind::None, create_dump},
    {"POST", "/snapshots", "snapshots.create", BodyKind::None, create_snapshot},
};

}  // namespace

std::span<const Route> instance_routes() { return kRoutes; }

}  // namespace miroir::node

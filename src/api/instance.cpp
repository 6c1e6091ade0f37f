// The server itself: the greeting, dumps and snapshots.
#include "api/routes.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Reply root(Visit) { co_return ok(json::Object{{"status", "Meilisearch is running"}}); }

// Each node keeps its own: the parts of one backup.
Reply back_up(Visit visit, protocol::TaskType type) {
    const Result<quorum::Receipt> receipt = co_await visit.desk.ask(visit.desk.office().back_up(type));
    if (!receipt) co_return fail(receipt.error());
    co_return receipt_reply(*receipt);
}

Reply create_dump(Visit visit) { return back_up(std::move(visit), protocol::TaskType::DumpCreation); }
Reply create_snapshot(Visit visit) { return back_up(std::move(visit), protocol::TaskType::SnapshotCreation); }

constexpr Route kRoutes[] = {
    {"GET", "/", "", BodyKind::None, root},
    {"POST", "/dumps", "dumps.create", BodyKind::None, create_dump},
    {"POST", "/snapshots", "snapshots.create", BodyKind::None, create_snapshot},
};

}  // namespace

std::span<const Route> instance_routes() { return kRoutes; }

}  // namespace miroir::api

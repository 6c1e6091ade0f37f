#include "sim/fakes/kept_store.h"

namespace miroir::sim {
namespace {

std::unexpected<Error> is_gone() { return fail(ErrorCode::MiroirStorageFailed, "the process is dead"); }

env::Task<void> read_all(tasks::MemoryStore& memory, std::string table, std::vector<tasks::Record>& out) {
    tasks::Scan scan{.table = std::move(table), .from = {}, .limit = SIZE_MAX};
    Result<std::vector<tasks::Record>> records = co_await memory.scan(std::move(scan));
    out = *std::move(records);
}

}  // namespace

std::vector<tasks::Record> KeptStore::records(std::string table) {
    std::vector<tasks::Record> out;
    env::detail::run_detached(read_all(memory, std::move(table), out));  // never waits
    return out;
}

Result<void> StoreDoor::die() {
    dead_ = true;
    kept_.kill();
    return is_gone();
}

env::Task<void> StoreDoor::pause() {
    if (kept_.latency_max.count() == 0) co_return;
    const auto most = static_cast<std::uint64_t>(kept_.latency_max.count());
    co_await env::sleep_for(env_, std::chrono::nanoseconds(env::draw_below(env_.random, most)));
}

env::Task<Result<void>> StoreDoor::commit(tasks::Batch batch) {
    const env::Lane::Pass pass = co_await lane_.enter();
    co_await pause();
    if (gone()) co_return is_gone();
    const bool last = ++kept_.writes == kept_.dies_at;
    if (last && !kept_.dies_after) co_return die();
    if (env::chance(env_.random, kept_.refused)) {
        co_return fail(ErrorCode::MiroirStorageFailed, "the store cannot take more: no space left");
    }
    const Result<void> kept = co_await kept_.memory.commit(std::move(batch));
    if (last) co_return die();
    co_await pause();
    co_return kept;
}

env::Task<Result<std::optional<std::string>>> StoreDoor::get(tasks::RecordKey at) {
    if (gone()) co_return is_gone();
    co_return co_await kept_.memory.get(std::move(at));
}

env::Task<Result<std::vector<tasks::Record>>> StoreDoor::scan(tasks::Scan scan) {
    if (gone()) co_return is_gone();
    co_return co_await kept_.memory.scan(std::move(scan));
}

}  // namespace miroir::sim

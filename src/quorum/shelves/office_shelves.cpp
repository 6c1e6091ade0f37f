// What the office does with the shelves.
#include "quorum/office.h"
#include "quorum/shelves/rule_repair.h"

namespace miroir::quorum {
namespace {

std::vector<ShelfPut> undone(const Shelves& before, const std::vector<ShelfPut>& puts) {
    std::vector<ShelfPut> out;
    for (const ShelfPut& put : puts) {
        const Shelf& shelf = before.shelf(put.shelf);
        const auto found = shelf.find(put.name);
        out.push_back(
            {.shelf = put.shelf, .name = put.name, .value = found == shelf.end() ? json::Value() : found->second});
    }
    return out;
}

}  // namespace

env::Task<Result<void>> Office::plant_default_keys() {
    if (!shelves_->current()->shelf("keys").empty()) co_return Result<void>{};
    std::vector<ShelfPut> puts;
    for (protocol::ApiKey& key : protocol::default_keys(env_.clock.wall())) {
        key.uid = env::uuid_v4(env_.random);
        puts.push_back({.shelf = "keys", .name = key.uid, .value = protocol::key_record(key)});
    }
    const Result<bool> planted = co_await shelves_->put(shelves_->current()->version, std::move(puts));
    if (!planted) co_return fail(planted.error());
    co_return Result<void>{};
}

env::Task<Result<bool>> Office::put_on_shelves(std::uint64_t version, std::vector<ShelfPut> puts) {
    Result<bool> done = co_await shelves_->put(version, std::move(puts));
    if (done && *done) co_await teller_.tell_features();
    co_return done;
}

env::Task<Result<std::optional<Receipt>>> Office::change_rules(RuleChange change) {
    const env::Lane::Pass pass = co_await writer_.lane(rule_index()).enter();
    std::vector<ShelfPut> back = undone(*shelves_->current(), change.puts);
    MIROIR_CO_TRY(const bool done, co_await shelves_->put(change.version, std::move(change.puts)));
    if (!done) co_return std::nullopt;
    teller_.doubt_rules();
    Order order = order_rule_change(topology_(), change, options_.shards);
    Result<Receipt> receipt = co_await submit(std::move(order));
    if (receipt) co_return *std::move(receipt);
    (void)co_await shelves_->put(shelves_->current()->version, std::move(back));
    co_return fail(receipt.error());
}

}  // namespace miroir::quorum

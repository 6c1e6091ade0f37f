// What the office does with the shelves.
#include "quorum/office.h"

namespace miroir::quorum {

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

}  // namespace miroir::quorum

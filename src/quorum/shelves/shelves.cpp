#include "quorum/shelves/shelves.h"

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "shelves";
constexpr std::string_view kKeys = "keys";

// A shelf's name has no slash; what follows the first one may have any.
std::string key_text(const ShelfPut& put) { return put.shelf + "/" + put.name; }

void lay(Shelves& shelves, ShelfPut put) {
    if (put.shelf == kKeys) shelves.ring.erase(put.name);
    if (put.value.is_null()) {
        shelves.by_name[put.shelf].erase(put.name);
        return;
    }
    if (put.shelf == kKeys) {
        if (Result<protocol::ApiKey> key = protocol::key_of_record(put.value))
            shelves.ring.put(put.name, *std::move(key));
    }
    shelves.by_name[put.shelf].insert_or_assign(std::move(put.name), std::move(put.value));
}

}  // namespace

const Shelf& Shelves::shelf(std::string_view name) const {
    static const Shelf empty;
    const auto found = by_name.find(name);
    return found == by_name.end() ? empty : found->second;
}

bool Shelves::feature(protocol::Feature feature) const {
    const Shelf& switches = shelf("features");
    const auto found = switches.find(protocol::feature_row(feature).name);
    return found != switches.end() && found->second.is_bool() && found->second.boolean();
}

env::Task<Result<std::unique_ptr<ShelfBook>>> ShelfBook::open(env::Executor& executor, tasks::Store& store,
                                                              std::optional<std::string> master_key, Publish publish) {
    std::unique_ptr<ShelfBook> book(new ShelfBook(executor, store, std::move(publish)));
    Shelves shelves{.version = 1, .by_name = {}, .ring = {}};
    shelves.ring.master_key = std::move(master_key);
    const Result<std::vector<tasks::Record>> records = co_await tasks::read_all(store, std::string(kTable));
    if (!records) co_return fail(records.error());
    for (const tasks::Record& record : *records) {
        auto value = json::parse(record.value);
        const std::size_t slash = record.key.find('/');
        if (!value || slash == std::string::npos)
            co_return fail(ErrorCode::MiroirStorageFailed, "a record `" + record.key + "` in the store cannot be read");
        lay(shelves,
            {.shelf = record.key.substr(0, slash), .name = record.key.substr(slash + 1), .value = *std::move(value)});
    }
    book->current_ = std::make_shared<const Shelves>(std::move(shelves));
    book->publish_(book->current_);
    co_return book;
}

env::Task<Result<bool>> ShelfBook::put(std::uint64_t version, std::vector<ShelfPut> puts) {
    const env::Lane::Pass pass = co_await lane_.enter();
    if (version != current_->version) co_return false;
    tasks::Batch batch;
    for (const ShelfPut& put : puts) {
        if (put.value.is_null()) batch.erase(std::string(kTable), key_text(put));
        else batch.put(std::string(kTable), key_text(put), json::to_text(put.value));
    }
    const Result<void> kept = co_await store_.commit(std::move(batch));
    if (!kept) co_return fail(kept.error());
    Shelves next = *current_;
    ++next.version;
    for (ShelfPut& put : puts) lay(next, std::move(put));
    current_ = std::make_shared<const Shelves>(std::move(next));
    publish_(current_);
    co_return true;
}

}  // namespace miroir::quorum

#include "quorum/catalog_book.h"

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kIndexes = "indexes";
constexpr std::string_view kChanges = "catalog_changes";

// Puts and erasures that bring the store from one catalog to the next.
void write_difference(const plan::Catalog& before, const plan::Catalog& after, tasks::Batch& batch) {
    for (const auto& [uid, entry] : after.indexes) {
        if (before.find(uid) != entry)
            batch.put(std::string(kIndexes), uid.value, json::to_text(plan::to_json(*entry)));
    }
    for (const auto& [uid, entry] : before.indexes) {
        if (!after.find(uid)) batch.erase(std::string(kIndexes), uid.value);
    }
}

}  // namespace

env::Task<Result<std::unique_ptr<CatalogBook>>> CatalogBook::open(tasks::Store& store, Publish publish) {
    std::unique_ptr<CatalogBook> book(new CatalogBook(std::move(publish)));
    const Result<std::vector<tasks::Record>> indexes = co_await tasks::read_all(store, std::string(kIndexes));
    if (!indexes) co_return fail(indexes.error());
    for (const tasks::Record& record : *indexes) {
        const auto stored = json::parse(record.value);
        if (!stored) co_return fail(ErrorCode::MiroirStorageFailed, "an index in the store cannot be read");
        MIROIR_CO_TRY(plan::IndexEntry entry, plan::index_entry_of(*stored));
        const IndexUid uid = entry.uid;
        book->next_.indexes[uid] = std::make_shared<const plan::IndexEntry>(std::move(entry));
    }
    const Result<std::vector<tasks::Record>> changes = co_await tasks::read_all(store, std::string(kChanges));
    if (!changes) co_return fail(changes.error());
    for (const tasks::Record& record : *changes) {
        const auto stored = json::parse(record.value);
        if (!stored || !stored->is_array())
            co_return fail(ErrorCode::MiroirStorageFailed, "a catalog change in the store cannot be read");
        for (const json::Value& line : stored->array()) {
            MIROIR_CO_TRY(plan::CatalogChange change, plan::catalog_change_of(line));
            book->planned_[tasks::number_of(record.key)].push_back(std::move(change));
        }
    }
    book->committed_ = std::make_shared<const plan::Catalog>(book->next_);
    book->project(0);
    book->publish_(book->committed_);
    co_return book;
}

void CatalogBook::project(std::int64_t now_ns) {
    projected_ = next_;
    for (const auto& [task, changes] : planned_) {
        for (const plan::CatalogChange& change : changes) projected_ = plan::apply(projected_, change, now_ns);
    }
}

void CatalogBook::plan(std::uint64_t task, std::vector<plan::CatalogChange> changes, tasks::Batch& batch,
                       std::int64_t now_ns) {
    if (changes.empty()) return;
    json::Array lines;
    for (const plan::CatalogChange& change : changes) {
        lines.push_back(plan::to_json(change));
        projected_ = plan::apply(projected_, change, now_ns);
    }
    batch.put(std::string(kChanges), tasks::key_of(task), json::to_text(json::Value(std::move(lines))));
    planned_[task] = std::move(changes);
}

void CatalogBook::forget(std::uint64_t task) {
    if (planned_.erase(task) > 0) project(0);
}

void CatalogBook::replan(std::uint64_t task, std::vector<plan::CatalogChange> changes, tasks::Batch& batch,
                         std::int64_t now_ns) {
    planned_.erase(task);
    plan(task, std::move(changes), batch, now_ns);
    project(now_ns);
}

void CatalogBook::add_to_plan(std::uint64_t task, plan::CatalogChange change) {
    std::vector<plan::CatalogChange>& changes = planned_[task];
    std::erase_if(changes, [&](const plan::CatalogChange& known) { return known.kind == change.kind; });
    changes.push_back(std::move(change));
}

void CatalogBook::change(const plan::CatalogChange& change, tasks::Batch& batch) const {
    write_difference(next_, plan::apply(next_, change, 0), batch);
}

void CatalogBook::changed_now(const plan::CatalogChange& change) {
    next_ = plan::apply(next_, change, 0);
    committed_ = std::make_shared<const plan::Catalog>(next_);
    project(0);
    publish_(committed_);
}

std::map<std::string, std::string> CatalogBook::renames_of(std::uint64_t task) const {
    std::map<std::string, std::string> out;
    const auto found = planned_.find(task);
    if (found == planned_.end()) return out;
    for (const plan::CatalogChange& change : found->second) {
        if (change.kind != plan::CatalogChange::Kind::Swap) continue;
        out[change.uid.value] = change.other.value;
        if (!change.rename) out[change.other.value] = change.uid.value;
    }
    return out;
}

void CatalogBook::end(std::uint64_t task, Outcome outcome, tasks::Batch& batch, std::int64_t now_ns) {
    const auto found = planned_.find(task);
    if (ending_ && ending_->first == task) ending_.reset();  // its commit failed, it ends anew
    if (found == planned_.end()) return;
    batch.erase(std::string(kChanges), tasks::key_of(task));
    if (outcome == Outcome::Nothing) return;
    plan::Catalog after = next_;
    for (const plan::CatalogChange& change : found->second) {
        if (outcome == Outcome::Creations && change.kind != plan::CatalogChange::Kind::Create) continue;
        after = plan::apply(after, change, now_ns);
    }
    write_difference(next_, after, batch);
    ending_ = std::pair(task, std::move(after));
}

void CatalogBook::committed_now(std::uint64_t task, std::int64_t now_ns) {
    if (planned_.erase(task) == 0) return;
    if (ending_ && ending_->first == task) next_ = std::exchange(ending_, std::nullopt)->second;
    committed_ = std::make_shared<const plan::Catalog>(next_);
    project(now_ns);
    publish_(committed_);
}

}  // namespace miroir::quorum

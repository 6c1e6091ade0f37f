// The catalog, durable: what is committed and shown to readers, and what it will be once the tasks under way have
// succeeded. Writers plan against the latter, so that a batch sent right behind an index creation finds its index.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "plan/catalog_change.h"
#include "tasks/store.h"

namespace miroir::quorum {

class CatalogBook {
public:
    using Publish = std::function<void(plan::CatalogPtr)>;  // hands each committed catalog to all executors

    static env::Task<Result<std::unique_ptr<CatalogBook>>> open(tasks::Store& store, Publish publish);

    const plan::CatalogPtr& committed() const { return committed_; }
    const plan::Catalog& projected() const { return projected_; }

    // The changes of a task that begins: kept with it.
    void plan(std::uint64_t task, std::vector<plan::CatalogChange> changes, tasks::Batch& batch, std::int64_t now_ns);
    // The task's commit failed, so it never began.
    void forget(std::uint64_t task);
    // The task has ended: its changes come true, or not, or only what it brought into being (an addition of documents
    // that was cancelled has made its index all the same). The caller commits `batch` and then calls committed_now().
    enum class Outcome : std::uint8_t { Nothing, Creations, All };
    void end(std::uint64_t task, Outcome outcome, tasks::Batch& batch, std::int64_t now_ns);
    void end(std::uint64_t task, bool succeeded, tasks::Batch& batch, std::int64_t now_ns) {
        end(task, succeeded ? Outcome::All : Outcome::Nothing, batch, now_ns);
    }
    // In place of what the task planned: what it comes to now that its turn has come. Kept with it.
    void replan(std::uint64_t task, std::vector<plan::CatalogChange> changes, tasks::Batch& batch, std::int64_t now_ns);
    // Comes true with the rest of what the task planned. Not kept: whoever ends the task says it again.
    void add_to_plan(std::uint64_t task, plan::CatalogChange change);
    // A change that is part of no task. The caller commits `batch` and then calls changed_now(), with nothing else
    // ending between.
    void change(const plan::CatalogChange& change, tasks::Batch& batch) const;
    void changed_now(const plan::CatalogChange& change);
    // The new names of indexes that the task renames, by the old ones.
    std::map<std::string, std::string> renames_of(std::uint64_t task) const;
    void committed_now(std::uint64_t task, std::int64_t now_ns);

private:
    explicit CatalogBook(Publish publish) : publish_(std::move(publish)) {}
    void project(std::int64_t now_ns);

    Publish publish_;
    plan::CatalogPtr committed_ = std::make_shared<const plan::Catalog>();
    plan::Catalog next_;       // as committed
    plan::Catalog projected_;  // next_ and all that is planned
    std::optional<std::pair<std::uint64_t, plan::Catalog>>
        ending_;  // next_ after the task whose end is being committed
    std::map<std::uint64_t, std::vector<plan::CatalogChange>> planned_;
};

}  // namespace miroir::quorum

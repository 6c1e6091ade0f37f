#include <algorithm>

#include "node/tasks/batching.h"
#include "node/tasks/carry_out.h"

namespace miroir::node {

using protocol::Task;
using protocol::TaskType;

void carry_index_creation(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    const Work& work = run.work(uid);
    const std::string& name = *work.task.index_uid;
    if (run.world.find(name) != nullptr) {
        run.fail(uid, {}, {.code = ErrorCode::IndexAlreadyExists, .message = "Index `" + name + "` already exists."});
        return;
    }
    StoredIndex& stored = run.world.create(name, run.now);
    if (const auto key = optional_text_param(work, "primaryKey")) stored.index.set_primary_key(*key);
    run.succeed(uid, {});
}

void carry_index_update(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    const Work& work = run.work(uid);
    const std::string name = *work.task.index_uid;
    StoredIndex* stored = run.world.find(name);
    if (stored == nullptr) {
        run.fail(uid, {}, no_such_index(name));
        return;
    }
    if (const auto key = optional_text_param(work, "primaryKey")) {
        if (stored->index.document_count() != 0 && stored->index.primary_key() != *key) {
            Error refusal{
                .code = ErrorCode::IndexPrimaryKeyAlreadyExists,
                .message = "Index already has a primary key: `" + stored->index.primary_key().value_or("") + "`."};
            run.fail(uid, {}, inside_index(name, std::move(refusal)));
            return;
        }
        stored->index.set_primary_key(*key);
        run.world.touch(*stored, run.now);
    }
    const auto renamed = optional_text_param(work, "uid");
    if (renamed && *renamed != name) {
        if (run.world.find(*renamed) != nullptr) {
            run.fail(uid, {},
                     {.code = ErrorCode::IndexAlreadyExists, .message = "Index `" + *renamed + "` already exists."});
            return;
        }
        auto node = run.world.indexes.extract(name);
        node.key() = *renamed;
        run.world.indexes.insert(std::move(node));
        stored = run.world.find(*renamed);
        run.world.touch(*stored, run.now);
        run.world.queue.rename_index(name, *renamed, uid);
    }
    run.succeed(uid, {});
}

// All tasks of the batch end well once the index is gone; a deletion of nothing fails, unless the batch made it.
void carry_index_deletion(BatchRun& run) {
    const std::string name = *run.work(run.uids.front()).task.index_uid;
    StoredIndex* const stored = run.world.find(name);
    const bool made_here =
        std::ranges::any_of(run.uids, [&](std::uint64_t uid) { return may_create_index(run.work(uid)); });
    const std::uint64_t count = stored == nullptr ? 0 : stored->index.document_count();
    if (stored != nullptr) run.world.indexes.erase(run.world.indexes.find(name));
    for (const std::uint64_t uid : run.uids) {
        json::Value details = run.work(uid).task.details;
        const bool deletes = run.work(uid).task.type == TaskType::IndexDeletion;
        if (details.is_object()) {
            if (details.object().contains("deletedDocuments")) details["deletedDocuments"] = count;
            if (details.object().contains("indexedDocuments")) details["indexedDocuments"] = 0;
        }
        if (stored == nullptr && !made_here) {
            run.fail(uid, std::move(details), no_such_index(name));
        } else {
            if (deletes && stored == nullptr) details["deletedDocuments"] = 0;
            run.succeed(uid, std::move(details));
        }
    }
}

namespace {

std::unexpected<Error> missing_indexes(const std::vector<std::string>& names) {
    if (names.size() == 1) return fail(no_such_index(names.front()));
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "`" : ", `") + name + "`";
    return fail(ErrorCode::IndexNotFound, "Indexes " + list + " not found.");
}

struct Swap {
    std::string a;
    std::string b;
    bool rename = false;
};

std::vector<Swap> swaps_of(const Work& work) {
    std::vector<Swap> out;
    for (const json::Value& swap : work.params.find("swaps")->array()) {
        const json::Array& pair = swap.find("indexes")->array();
        const json::Value* rename = swap.find("rename");
        out.push_back({.a = pair[0].string(),
                       .b = pair[1].string(),
                       .rename = rename != nullptr && rename->is_bool() && rename->boolean()});
    }
    return out;
}

Result<void> check_swaps(const World& world, const std::vector<Swap>& swaps) {
    std::vector<std::string> missing;
    for (const Swap& swap : swaps) {
        if (world.find(swap.a) == nullptr) missing.push_back(swap.a);
        if (!swap.rename && world.find(swap.b) == nullptr) missing.push_back(swap.b);
    }
    if (!missing.empty()) {
        std::ranges::sort(missing);
        missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
        return missing_indexes(missing);
    }
    for (const Swap& swap : swaps) {
        if (swap.rename && world.find(swap.b) != nullptr) {
            return fail(ErrorCode::IndexAlreadyExists, "Cannot rename `" + swap.a + "` to `" + swap.b +
                                                           "` as the index already exists. Hint: You can remove `" +
                                                           swap.b + "` first and then do your remove.");
        }
    }
    return {};
}

}  // namespace

void carry_index_swap(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    const std::vector<Swap> swaps = swaps_of(run.work(uid));
    if (auto checked = check_swaps(run.world, swaps); !checked) {
        run.fail(uid, {}, checked.error());
        return;
    }
    for (const Swap& swap : swaps) {
        auto first = run.world.indexes.extract(swap.a);
        auto second = swap.rename ? decltype(first)() : run.world.indexes.extract(swap.b);
        first.key() = swap.b;
        run.world.indexes.insert(std::move(first));
        if (second) {
            second.key() = swap.a;
            run.world.indexes.insert(std::move(second));
        }
        run.world.queue.swap_indexes(swap.a, swap.b, uid);
    }
    run.succeed(uid, {});
}

}  // namespace miroir::node

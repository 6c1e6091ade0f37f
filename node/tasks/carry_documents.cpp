#include <algorithm>
#include <set>
#include <unordered_set>

#include "node/index/special_fields.h"
#include "node/retrieve/filter/evaluate.h"
#include "node/tasks/batching.h"
#include "node/tasks/carry_out.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

using protocol::TaskType;

namespace {

// More operations than this are applied in slices; searches between two slices see the part that is done.
constexpr std::size_t kWholeMax = 2048;

json::Value with_count(const Work& work, std::string_view name, std::uint64_t count) {
    json::Value details = work.task.details;
    details[name] = count;
    return details;
}

std::string_view count_name(const Work& work) {
    return work.task.type == TaskType::DocumentAdditionOrUpdate ? "indexedDocuments" : "deletedDocuments";
}

void fail_all(BatchRun& run, const Error& error) {
    run.results.clear();
    for (const std::uint64_t uid : run.uids)
        run.fail(uid, with_count(run.work(uid), count_name(run.work(uid)), 0), error);
}

std::vector<std::string> ids_param(const Work& work) {
    std::vector<std::string> out;
    const json::Value* ids = work.params.find("ids");
    if (ids == nullptr) return out;
    for (const json::Value& id : ids->array()) out.push_back(id.string());
    return out;
}

// The index of the batch, made when a task may; nullptr and all failed when there is none.
StoredIndex* open_index(BatchRun& run) {
    const std::string uid = *run.work(run.uids.front()).task.index_uid;
    if (StoredIndex* stored = run.world.find(uid)) return stored;
    const auto creates = [&](std::uint64_t task) { return may_create_index(run.work(task)); };
    if (std::ranges::any_of(run.uids, creates)) return &run.world.create(uid, run.now);
    fail_all(run, no_such_index(uid));
    return nullptr;
}

Result<DocIds> documents_of_filter(const Index& index, const json::Value& filter) {
    MIROIR_TRY(const auto parsed, protocol::parse_filter(filter, ErrorCode::InvalidDocumentFilter));
    return evaluate_filter(index, parsed, ErrorCode::InvalidDocumentFilter);
}

// What the tasks of a batch want done, in order, and how each of them ends if it is done.
struct Plan {
    std::vector<Operation> operations{};
    std::optional<std::string> primary_key{};
    bool key_is_new = false;
};

Result<void> plan_addition(BatchRun& run, const Work& work, Plan& plan) {
    const protocol::PayloadOptions options{
        .format = protocol::payload_format_of(text_param(work, "format")),
        .csv_delimiter = text_param(work, "delimiter").empty() ? ',' : text_param(work, "delimiter").front()};
    const protocol::KeyQuestion question{.index_key = plan.primary_key,
                                         .asked = optional_text_param(work, "primaryKey")};
    MIROIR_TRY(const protocol::Payload payload,
               protocol::read_payload(work.payload, options, question.index_key ? question.index_key : question.asked));
    MIROIR_TRY(protocol::BatchVerdict verdict, protocol::judge_batch(question, payload));
    if (const auto readable = protocol::judge_values(payload); !readable)
        return fail(inside_index(*work.task.index_uid, readable.error()));
    std::vector<json::Object> documents = protocol::trees_of(payload);
    if (!plan.primary_key && !documents.empty()) {
        plan.primary_key = verdict.primary_key;
        plan.key_is_new = true;
    }
    std::unordered_set<std::string_view> unique(verdict.ids.begin(), verdict.ids.end());
    const std::uint64_t count = unique.size();
    const bool skip = flag_param(work, "skipCreation");
    const bool update = text_param(work, "method") == "update";
    for (std::size_t i = 0; i < documents.size(); ++i) {
        plan.operations.push_back({.kind = update ? Operation::Kind::Update : Operation::Kind::Replace,
                                   .external_id = std::move(verdict.ids[i]),
                                   .document = std::move(documents[i]),
                                   .skip_creation = skip});
    }
    run.succeed(work.task.uid, with_count(work, "indexedDocuments", count));
    return {};
}

void plan_deletion(BatchRun& run, const Work& work, std::vector<std::string> ids, Plan& plan) {
    const std::set<std::string> unique(ids.begin(), ids.end());
    for (const std::string& id : ids)
        plan.operations.push_back({.kind = Operation::Kind::Delete, .external_id = id, .document = {}});
    run.succeed(work.task.uid, with_count(work, "deletedDocuments", unique.size()));
}

Result<void> plan_task(BatchRun& run, const StoredIndex& stored, const Work& work, Plan& plan) {
    if (work.task.type == TaskType::DocumentAdditionOrUpdate) return plan_addition(run, work, plan);
    std::vector<std::string> ids = ids_param(work);
    if (const json::Value* filter = work.params.find("filter")) {
        auto found = documents_of_filter(stored.index, *filter);
        if (!found) return fail(inside_index(*work.task.index_uid, found.error()));
        for (const DocId id : *found) ids.push_back(stored.index.external_id(id));
    }
    plan_deletion(run, work, std::move(ids), plan);
    return {};
}

bool is_remote(const protocol::EmbedderSettings& embedder) {
    return embedder.source != protocol::EmbedderSource::UserProvided;
}

bool needs_embedding(const protocol::Settings& settings, const std::vector<Operation>& operations) {
    for (const auto& [name, embedder] : settings.embedders) {
        if (!is_remote(embedder)) continue;
        for (const Operation& operation : operations) {
            if (operation.kind == Operation::Kind::Delete) continue;
            const json::Value* vectors = operation.document.find("_vectors");
            if (vectors == nullptr || vectors->find(name) == nullptr) return true;
        }
    }
    return false;
}

// What would make a later slice fail is looked for before the first one changes anything.
Result<void> check_places(const protocol::Settings& settings, const std::vector<Operation>& operations) {
    const bool points =
        settings.sortable_attributes.contains("_geo") || protocol::has_geo(settings.filterable_attributes);
    const bool shapes = protocol::has_geojson(settings.filterable_attributes);
    for (const Operation& operation : operations) {
        if (operation.kind == Operation::Kind::Delete) continue;
        const json::Value* point = points ? operation.document.find("_geo") : nullptr;
        if (point != nullptr) MIROIR_CHECK(protocol::read_geo(operation.external_id, *point));
        const json::Value* shape = shapes ? operation.document.find("_geojson") : nullptr;
        if (shape != nullptr && !shape->is_null()) MIROIR_CHECK(protocol::check_geojson(*shape));
    }
    return {};
}

Error embedder_failure(const protocol::Settings& settings) {
    std::string name = settings.embedders.empty() ? "default" : settings.embedders.begin()->first;
    return {.code = ErrorCode::VectorEmbeddingError,
            .message = "While embedding documents for embedder `" + name +
                       "`: runtime error: could not reach embedding server"};
}

env::Task<Result<void>> apply_plan(BatchRun& run, StoredIndex& stored, Plan& plan) {
    const protocol::Settings& settings = stored.index.settings();
    if (needs_embedding(settings, plan.operations)) {
        const bool go_on = co_await wait_for_embedder(run);
        if (!go_on) {
            run.cancelled = true;
            co_return Result<void>();
        }
        co_return fail(embedder_failure(settings));
    }
    MIROIR_CO_CHECK(check_places(settings, plan.operations));
    if (plan.key_is_new && !stored.index.primary_key()) stored.index.set_primary_key(plan.primary_key);
    // Vectors depend on what was there before: such a batch is never cut.
    if (plan.operations.size() <= kWholeMax || !settings.embedders.empty()) {
        auto applied = stored.index.apply(std::move(plan.operations));
        if (!applied) co_return fail(applied.error());
        co_return Result<void>();
    }
    const std::string uid = *run.work(run.uids.front()).task.index_uid;
    for (std::size_t from = 0; from < plan.operations.size(); from += run.slice) {
        const std::size_t to = std::min(from + run.slice, plan.operations.size());
        std::vector<Operation> slice(
            std::make_move_iterator(plan.operations.begin() + static_cast<std::ptrdiff_t>(from)),
            std::make_move_iterator(plan.operations.begin() + static_cast<std::ptrdiff_t>(to)));
        auto applied = stored.index.apply(std::move(slice));
        if (!applied) co_return fail(applied.error());
        if (protocol::Batch* batch = run.batch()) {
            batch->progress = {{.name = "processing tasks", .finished = 0, .total = 1},
                               {.name = "indexing", .finished = to, .total = plan.operations.size()}};
        }
        co_await run.pace.breathe();  // once begun it is carried through
    }
    co_return Result<void>();
}

}  // namespace

env::Task<bool> wait_for_embedder(BatchRun& run) {
    constexpr std::chrono::minutes kPatience{10};
    if (run.pace.replaying()) co_return true;
    const bool waited = co_await env::sleep_for(run.pace.env(), kPatience, run.pace.cancel());
    co_return waited;
}

env::Task<void> carry_documents(BatchRun& run) {
    StoredIndex* const stored = open_index(run);
    if (stored == nullptr) co_return;
    Plan plan{.primary_key = stored->index.primary_key()};
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        if (auto planned = plan_task(run, *stored, work, plan); !planned) {
            run.fail(uid, with_count(work, count_name(work), 0), planned.error());
        }
        const bool go_on = co_await run.pace.breathe();
        if (!go_on) {
            run.cancelled = true;
            co_return;
        }
    }
    const std::string uid = *run.work(run.uids.front()).task.index_uid;
    env::Task<Result<void>> applying = apply_plan(run, *stored, plan);
    const Result<void> applied = co_await applying;
    if (!applied) fail_all(run, inside_index(uid, applied.error()));
    run.world.touch(*stored, run.now);
}

env::Task<void> carry_deletions(BatchRun& run) {
    StoredIndex* const stored = open_index(run);
    if (stored == nullptr) co_return;
    std::set<std::string> doomed;
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        const std::size_t before = doomed.size();
        std::optional<Error> refused;
        if (const json::Value* filter = work.params.find("filter")) {
            auto found = documents_of_filter(stored->index, *filter);
            if (!found) refused = inside_index(*work.task.index_uid, found.error());
            if (found) {
                for (const DocId id : *found) doomed.insert(stored->index.external_id(id));
            }
        }
        for (const std::string& id : ids_param(work)) {
            if (stored->index.find(id)) doomed.insert(id);
        }
        if (refused) {
            run.fail(uid, with_count(work, "deletedDocuments", 0), std::move(*refused));
        } else {
            run.succeed(uid, with_count(work, "deletedDocuments", doomed.size() - before));
        }
    }
    const bool go_on = co_await run.pace.breathe();
    if (!go_on) {
        run.cancelled = true;
        co_return;
    }
    Plan plan;
    for (const std::string& id : doomed) {
        plan.operations.push_back({.kind = Operation::Kind::Delete, .external_id = id, .document = {}});
    }
    const std::string uid = *run.work(run.uids.front()).task.index_uid;
    env::Task<Result<void>> applying = apply_plan(run, *stored, plan);
    const Result<void> applied = co_await applying;
    if (!applied) fail_all(run, inside_index(uid, applied.error()));
    run.world.touch(*stored, run.now);
}

void carry_clear(BatchRun& run) {
    StoredIndex* const stored = open_index(run);
    if (stored == nullptr) return;
    std::uint64_t count = stored->index.document_count();
    stored->index.clear();
    run.world.touch(*stored, run.now);
    bool told = false;
    for (const std::uint64_t uid : run.uids) {
        const Work& work = run.work(uid);
        if (work.task.type == TaskType::DocumentAdditionOrUpdate) {
            const json::Value* received = work.task.details.find("receivedDocuments");
            count += received != nullptr && received->is_unsigned() ? received->unsigned_integer() : 0;
            run.succeed(uid, with_count(work, "indexedDocuments", 0));
        } else if (flag_param(work, "all")) {
            run.succeed(uid, with_count(work, "deletedDocuments", told ? 0 : count));
            told = true;
        } else {
            run.succeed(uid, with_count(work, "deletedDocuments", 0));
        }
    }
}

}  // namespace miroir::node

#include "node/retrieve/filter/evaluate.h"
#include "node/script/script.h"
#include "node/tasks/carry_out.h"
#include "protocol/documents/primary_key.h"

namespace miroir::node {
namespace {

struct Edition {
    std::vector<Operation> operations;
    std::uint64_t edited = 0;
};

Result<Edition> edit_documents(const Index& index, const Work& work) {
    MIROIR_TRY(const Script script, Script::compile(text_param(work, "function")));
    const json::Value* context = work.params.find("context");
    DocIds chosen = index.document_ids();
    if (const json::Value* filter = work.params.find("filter"); filter != nullptr) {
        MIROIR_TRY(const auto parsed, protocol::parse_filter(*filter, ErrorCode::InvalidDocumentFilter));
        MIROIR_TRY(chosen, evaluate_filter(index, parsed, ErrorCode::InvalidDocumentFilter));
    }
    const std::string key = index.primary_key().value_or("id");
    Edition out;
    out.edited = chosen.cardinality();
    for (const DocId id : chosen) {
        const std::string& external = index.external_id(id);
        MIROIR_TRY(auto after, script.run(index.document(id), context != nullptr ? *context : json::Value()));
        if (!after) {
            out.operations.push_back({.kind = Operation::Kind::Delete, .external_id = external, .document = {}});
            continue;
        }
        const auto now = protocol::document_id(after->object(), key);
        if (!now || *now != external) {
            return fail(ErrorCode::EditDocumentsByFunctionError,
                        "Document editions cannot modify a document's primary key");
        }
        out.operations.push_back(
            {.kind = Operation::Kind::Replace, .external_id = external, .document = std::move(after->object())});
    }
    return out;
}

}  // namespace

env::Task<void> carry_edition(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    const Work& work = run.work(uid);
    const std::string name = *work.task.index_uid;
    json::Value details = work.task.details;
    details["editedDocuments"] = std::uint64_t{0};
    StoredIndex* const stored = run.world.find(name);
    if (stored == nullptr) {
        run.fail(uid, std::move(details), no_such_index(name));
        co_return;
    }
    auto edition = edit_documents(stored->index, work);
    if (!edition) {
        run.fail(uid, std::move(details), inside_index(name, edition.error()));
        co_return;
    }
    const bool go_on = co_await run.pace.breathe();
    if (!go_on) {
        run.cancelled = true;
        co_return;
    }
    if (auto applied = stored->index.apply(std::move(edition->operations)); !applied) {
        run.fail(uid, std::move(details), inside_index(name, applied.error()));
        co_return;
    }
    run.world.touch(*stored, run.now);
    details["editedDocuments"] = edition->edited;  // the engine counts what it looked at, in both
    details["deletedDocuments"] = edition->edited;
    run.succeed(uid, std::move(details));
}

}  // namespace miroir::node

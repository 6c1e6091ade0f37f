#include "node/retrieve/filter/evaluate.h"
#include "node/tasks/carry_out.h"

namespace miroir::node {

env::Task<void> carry_edition(BatchRun& run) {
    const std::uint64_t uid = run.uids.front();
    json::Value details = run.work(uid).task.details;
    details["editedDocuments"] = std::uint64_t{0};
    run.fail(uid, std::move(details), {.code = ErrorCode::EditDocumentsByFunctionError, .message = "not available"});
    co_return;
}

}  // namespace miroir::node

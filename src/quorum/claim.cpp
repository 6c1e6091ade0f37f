#include "quorum/claim.h"

#include <algorithm>

#include "json/members.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "claims";  // number of the start → name
constexpr std::size_t kKept = 1000;            // names; a node that was away for more starts than that is a stranger's

}  // namespace

// There is no such index: the task fails and changes nothing, and stays in the list.
NodeRequest claim_request(const ClaimNote& note) {
    return bare_request("DELETE", "/indexes/_miroir/documents?customMetadata=" + note.name + "/" + note.node.value);
}

std::optional<ClaimNote> claim_in(const json::Value& page) {
    const json::Value* results = page.find("results");
    if (results == nullptr || !results->is_array()) return std::nullopt;
    if (results->array().empty()) return ClaimNote{};
    std::string name = text_at(results->array().front(), "customMetadata");
    const std::size_t end = std::min(name.find('/'), name.size());
    NodeId node{name.substr(std::min(end + 1, name.size()))};
    name.resize(end);
    return ClaimNote{.name = std::move(name), .node = std::move(node)};
}

env::Task<Result<void>> Claim::open(tasks::Store& store, env::Random& random) {
    store_ = &store;
    name_ = env::uuid_v4(random);
    const Result<std::vector<tasks::Record>> records = co_await tasks::read_all(store, std::string(kTable));
    if (!records) co_return fail(records.error());
    for (const tasks::Record& record : *records) earlier_.insert(record.value);
    co_return Result<void>{};
}

env::Task<Result<void>> Claim::keep() {
    if (kept_) co_return Result<void>{};
    const Result<std::vector<tasks::Record>> records = co_await tasks::read_all(*store_, std::string(kTable));
    if (!records) co_return fail(records.error());
    tasks::Batch batch;
    const std::uint64_t next = records->empty() ? 0 : tasks::number_of(records->back().key) + 1;
    batch.put(std::string(kTable), tasks::key_of(next), name_);
    const std::size_t gone = records->size() < kKept ? 0 : records->size() - kKept + 1;
    for (std::size_t i = 0; i < gone; ++i) batch.erase(std::string(kTable), (*records)[i].key);
    const Result<void> kept = co_await store_->commit(std::move(batch));
    kept_ = kept_ || kept.has_value();
    co_return kept;
}

void Claim::lose(const NodeId& node) {
    const std::lock_guard lock(mutex_);
    if (!lost_at_) lost_at_ = node;
}

Result<void> Claim::holds() const {
    const std::lock_guard lock(mutex_);
    if (!lost_at_) return {};
    return fail({.code = ErrorCode::MiroirReplaced,
                 .message = "Another Miroir has taken over the nodes; it was met on node " + lost_at_->value +
                            ". Ask that one, and stop this one."});
}

}  // namespace miroir::quorum

#include "quorum/hints.h"

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kNodes = "hinted_nodes";  // node → next place
std::string table_of(const NodeId& node) { return "hints/" + node.value; }

std::string text_at(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_string() ? found->string() : std::string();
}

std::string record_of(std::uint64_t task, const NodeRequest& request) {
    json::Array shards;
    for (const ShardId shard : request.shards) shards.emplace_back(shard.value);
    return json::to_text(json::Object{{"task", task}, {"method", request.method}, {"target", request.target},
                                      {"contentType", request.content_type}, {"body", request.body}, {"shards", std::move(shards)}});
}

Result<Hints::Hint> hint_of(const tasks::Record& record) {
    const auto stored = json::parse(record.value);
    const json::Value* task = stored ? stored->find("task") : nullptr;
    const json::Value* shards = stored ? stored->find("shards") : nullptr;
    if (task == nullptr || !task->is_unsigned() || shards == nullptr || !shards->is_array()) {
        return fail(ErrorCode::MiroirStorageFailed, "a hint in the store cannot be read");
    }
    Hints::Hint hint{.place = tasks::number_of(record.key), .task = task->unsigned_integer(), .request = {}};
    hint.request.method = text_at(*stored, "method");
    hint.request.target = text_at(*stored, "target");
    hint.request.content_type = text_at(*stored, "contentType");
    hint.request.body = text_at(*stored, "body");
    for (const json::Value& shard : shards->array()) hint.request.shards.push_back(ShardId{static_cast<std::uint32_t>(shard.number())});
    return hint;
}

}  // namespace

env::Task<Result<void>> Hints::open() {
    tasks::Scan nodes{.table = std::string(kNodes)};
    const Result<std::vector<tasks::Record>> known = co_await store_.scan(nodes);
    if (!known) co_return fail(known.error());
    for (const tasks::Record& record : *known) {
        const NodeId node{record.key};
        Range range{.first = tasks::number_of(record.value), .next = tasks::number_of(record.value)};
        const Result<std::optional<Hint>> oldest = co_await first(node);
        if (!oldest) co_return fail(oldest.error());
        if (*oldest) range.first = (*oldest)->place;
        ranges_[node] = range;
        board_.set(node, any(node));
    }
    co_return Result<void>{};
}

void Hints::add(tasks::Batch& batch, const NodeId& node, std::uint64_t task, const NodeRequest& request) {
    Range& range = ranges_[node];
    batch.put(table_of(node), tasks::key_of(range.next++), record_of(task, request));
    batch.put(std::string(kNodes), node.value, tasks::key_of(range.next));
    board_.set(node, true);
}

std::uint64_t Hints::waiting(const NodeId& node) const {
    const auto found = ranges_.find(node);
    return found == ranges_.end() ? 0 : found->second.next - found->second.first;
}

env::Task<Result<std::optional<Hints::Hint>>> Hints::first(NodeId node) {
    tasks::Scan scan{.table = table_of(node), .limit = 1};
    const Result<std::vector<tasks::Record>> records = co_await store_.scan(scan);
    if (!records) co_return fail(records.error());
    if (records->empty()) co_return std::nullopt;
    Result<Hint> hint = hint_of(records->front());
    if (!hint) co_return fail(hint.error());
    co_return *std::move(hint);
}

env::Task<Result<void>> Hints::drop(NodeId node, std::uint64_t place) {
    tasks::Batch batch;
    batch.erase(table_of(node), tasks::key_of(place));
    const Result<void> dropped = co_await store_.commit(std::move(batch));
    if (dropped) ranges_[node].first = place + 1;
    board_.set(node, any(node));
    co_return dropped;
}

}  // namespace miroir::quorum

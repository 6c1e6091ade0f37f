#include "quorum/repair/witnesses.h"

#include <algorithm>

#include "json/members.h"
#include "json/parse.h"
#include "quorum/repair/introductions.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "witnesses";  // node → one line for each: uid, moment
constexpr std::size_t kUidDigits = 20;
constexpr std::size_t kKept = 32;  // of one node

std::string line_of(const Witness& witness) { return tasks::key_of(witness.uid) + witness.enqueued_at + "\n"; }

}  // namespace

std::string target_of(const std::vector<Witness>& witnesses) {
    std::string out = "/tasks?limit=" + std::to_string(witnesses.size()) + "&uids=";
    for (const Witness& witness : witnesses) out += (out.back() == '=' ? "" : ",") + std::to_string(witness.uid);
    return out;
}

std::optional<std::size_t> known_in(const std::string& page, const std::vector<Witness>& witnesses) {
    const auto body = json::parse(page);
    const json::Value* results = body ? body->find("results") : nullptr;
    if (results == nullptr || !results->is_array()) return std::nullopt;
    std::size_t known = 0;
    for (const json::Value& task : results->array()) {
        const json::Value* uid = task.find("uid");
        known += static_cast<std::size_t>(std::ranges::count_if(witnesses, [&](const Witness& witness) {
            return uid != nullptr && *uid == json::Value(witness.uid) &&
                   text_at(task, "enqueuedAt") == witness.enqueued_at;
        }));
    }
    return known;
}

env::Task<Result<void>> Witnesses::open() {
    const Result<std::vector<tasks::Record>> records = co_await tasks::read_all(store_, std::string(kTable));
    if (!records) co_return fail(records.error());
    for (const tasks::Record& record : *records) {
        std::string_view rest = record.value;
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            if (end == std::string_view::npos || end < kUidDigits)
                co_return fail(ErrorCode::MiroirStorageFailed,
                               "what a node is recognised by cannot be read in the store");
            by_node_[NodeId{record.key}].push_back(
                {.uid = tasks::number_of(rest.substr(0, kUidDigits)),
                 .enqueued_at = std::string(rest.substr(kUidDigits, end - kUidDigits))});
            rest.remove_prefix(end + 1);
        }
        introduce(NodeId{record.key});
    }
    co_return Result<void>{};
}

void Witnesses::introduce(const NodeId& node) const {
    const auto found = by_node_.find(node);
    const bool known = found != by_node_.end() && !found->second.empty();
    introductions_->tell(node, known ? std::optional(found->second.front()) : std::nullopt);
}

// Of many that were taken between two looks the first, the newest and some of those between are kept. On disk the
// first and the newest do.
void Witnesses::took(tasks::Batch& batch, const NodeId& node, Witness witness) {
    if (witness.enqueued_at.empty()) return;
    std::vector<Witness>& known = by_node_[node];
    if (!known.empty() && known.back().uid >= witness.uid) return;
    known.push_back(std::move(witness));
    if (known.size() == 1) introduce(node);
    if (known.size() > kKept)
        known.erase(known.begin() + static_cast<std::ptrdiff_t>(known.back().uid % (kKept - 2) + 1));
    keep(batch, node);
}

void Witnesses::keep(tasks::Batch& batch, const NodeId& node) const {
    const auto found = by_node_.find(node);
    if (found == by_node_.end() || found->second.empty()) return;
    const std::vector<Witness>& known = found->second;
    std::string record = line_of(known.front());
    if (known.size() > 1) record += line_of(known.back());
    batch.put(std::string(kTable), node.value, std::move(record));
}

std::vector<Witness> Witnesses::of(const NodeId& node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() ? std::vector<Witness>() : found->second;
}

void Witnesses::confirmed(const NodeId& node, const std::vector<Witness>& known) {
    const auto found = by_node_.find(node);
    if (found == by_node_.end() || known.empty()) return;
    const auto newest = std::ranges::find(found->second, known.back());
    if (newest == found->second.end()) return;
    found->second.erase(found->second.begin(), newest);
    introduce(node);
}

void Witnesses::forget(tasks::Batch& batch, const NodeId& node) const {
    if (by_node_.contains(node)) batch.erase(std::string(kTable), node.value);
}

void Witnesses::forgotten_now(const NodeId& node) {
    by_node_.erase(node);
    introduce(node);
}

std::optional<std::uint64_t> Witnesses::newest_uid(const NodeId& node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() || found->second.empty() ? std::nullopt : std::optional(found->second.back().uid);
}

std::vector<NodeId> Witnesses::nodes() const {
    std::vector<NodeId> out;
    for (const auto& [node, witnesses] : by_node_) out.push_back(node);
    return out;
}

}  // namespace miroir::quorum

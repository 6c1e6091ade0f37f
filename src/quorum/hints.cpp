#include "quorum/hints.h"

#include <algorithm>
#include <ranges>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kNodes = "hinted_nodes";  // node → next place
constexpr std::string_view kHolds = "holds";         // node/place → why it is held back
std::string table_of(const NodeId& node) { return "hints/" + node.value; }

// One line of JSON, then the body as it is: to escape a large one and to read it again would cost more than to send it.
std::string record_of(const Hints::Hint& hint) {
    json::Array shards;
    for (const ShardId shard : hint.request.shards) shards.emplace_back(shard.value);
    json::Object out{{"task", hint.task}, {"part", hint.part}, {"awaited", hint.awaited}};
    if (hint.uid) out.append("uid", *hint.uid);
    out.append("method", hint.request.method);
    out.append("target", hint.request.target);
    out.append("contentType", hint.request.content_type);
    out.append("shards", std::move(shards));
    const std::string head = json::to_text(json::Value(std::move(out)));
    std::string record;
    record.reserve(head.size() + 1 + hint.request.body.size());
    return record.append(head).append("\n").append(hint.request.body);
}

Result<Hints::Hint> hint_of(const tasks::Record& record) {
    const std::size_t head = std::min(record.value.find('\n'), record.value.size());
    const auto stored = json::parse(std::string_view(record.value).substr(0, head));
    const json::Value* shards = stored ? stored->find("shards") : nullptr;
    if (shards == nullptr || !shards->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "a hint in the store cannot be read");
    Hints::Hint hint{
        .place = tasks::number_of(record.key), .task = number_at(*stored, "task"), .part = number_at(*stored, "part")};
    if (stored->find("uid") != nullptr) hint.uid = number_at(*stored, "uid");
    hint.awaited = *stored->find("awaited") == json::Value(true);
    hint.request.method = text_at(*stored, "method");
    hint.request.target = text_at(*stored, "target");
    hint.request.content_type = text_at(*stored, "contentType");
    // Without a second line it was written by an older version.
    hint.request.body = head == record.value.size() ? text_at(*stored, "body") : record.value.substr(head + 1);
    for (const json::Value& shard : shards->array())
        hint.request.shards.push_back(ShardId{static_cast<std::uint32_t>(shard.number())});
    return hint;
}

std::string hold_key(const NodeId& node, std::uint64_t place) { return node.value + "/" + tasks::key_of(place); }

std::string record_of(const Hints::Held& held) {
    json::Array indexes;
    for (const std::string& index : held.indexes) indexes.emplace_back(index);
    return json::to_text(json::Value(json::Object{
        {"holder", held.holder}, {"task", held.task}, {"part", held.part}, {"indexes", std::move(indexes)}}));
}

Result<Hints::Held> read_held(const std::string& text) {
    const auto stored = json::parse(text);
    const json::Value* indexes = stored ? stored->find("indexes") : nullptr;
    if (indexes == nullptr || !indexes->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "a held hint in the store cannot be read");
    Hints::Held held{
        .holder = number_at(*stored, "holder"), .task = number_at(*stored, "task"), .part = number_at(*stored, "part")};
    for (const json::Value& index : indexes->array()) held.indexes.push_back(index.string());
    return held;
}

}  // namespace

env::Task<Result<void>> Hints::open() {
    const Result<std::vector<tasks::Record>> known = co_await tasks::read_all(store_, std::string(kNodes));
    if (!known) co_return fail(known.error());
    for (const tasks::Record& record : *known) {
        const NodeId node{record.key};
        next_[node] = tasks::number_of(record.value);
        tasks::Scan scan{.table = table_of(node), .from = {}, .limit = 100, .damaged_too = true};
        for (bool more = true; more;) {  // bodies may be large: only the places are kept
            const Result<std::vector<tasks::Record>> page = co_await store_.scan(scan);
            if (!page) co_return fail(page.error());
            for (const tasks::Record& record_of_hint : *page) {
                if (record_of_hint.damaged) {
                    damaged_.insert(node);
                    owed_[node].insert(tasks::number_of(record_of_hint.key));
                    continue;
                }
                MIROIR_CO_TRY(const Hint hint, hint_of(record_of_hint));
                owed_[node].insert(hint.place);
                kept_[node][hint.place] = {
                    .bytes = record_of_hint.value.size(), .task = hint.task, .awaited = hint.awaited};
                note_uid(node, hint);
            }
            more = page->size() == scan.limit;
            if (more) scan.from = page->back().key + '\0';
        }
    }
    const Result<std::vector<tasks::Record>> holds = co_await tasks::read_all(store_, std::string(kHolds));
    if (!holds) co_return fail(holds.error());
    for (const tasks::Record& record : *holds) {
        const std::size_t cut = record.key.rfind('/');
        const NodeId node{record.key.substr(0, cut)};
        const std::uint64_t place = tasks::number_of(std::string_view(record.key).substr(cut + 1));
        MIROIR_CO_TRY(Held held, read_held(record.value));
        held_[node][place] = std::move(held);
        owed_[node].erase(place);
    }
    for (const auto& [node, next] : next_) show(node);
    co_return Result<void>{};
}

void Hints::note_uid(const NodeId& node, const Hint& hint) {
    if (hint.uid) highest_uid_[node] = std::max(highest_uid_[node], *hint.uid);
}

std::optional<std::uint64_t> Hints::highest_uid(const NodeId& node) const {
    const auto found = highest_uid_.find(node);
    return found == highest_uid_.end() ? std::nullopt : std::optional(found->second);
}

std::uint64_t Hints::take_place(tasks::Batch& batch, const NodeId& node) {
    const std::uint64_t place = next_[node]++;
    batch.put(std::string(kNodes), node.value, tasks::key_of(next_[node]));
    return place;
}

std::uint64_t Hints::add(tasks::Batch& batch, const NodeId& node, Hint hint) {
    hint.place = take_place(batch, node);
    change(batch, node, hint);
    return hint.place;
}

void Hints::change(tasks::Batch& batch, const NodeId& node, const Hint& hint) {
    note_uid(node, hint);
    std::string record = record_of(hint);
    kept_[node][hint.place] = {.bytes = record.size(), .task = hint.task, .awaited = hint.awaited};
    batch.put(table_of(node), tasks::key_of(hint.place), std::move(record));
}

void Hints::strike(tasks::Batch& batch, const NodeId& node, std::uint64_t place) const {
    const auto held = held_.find(node);
    if (held != held_.end() && held->second.contains(place)) unhold(batch, node, place);
    batch.erase(table_of(node), tasks::key_of(place));
}

void Hints::struck(const NodeId& node, std::uint64_t place) {
    owed_[node].erase(place);
    held_[node].erase(place);
    quiet_[node].erase(place);
    kept_[node].erase(place);
    show(node);
}

void Hints::owe(const NodeId& node, std::uint64_t place, bool quiet) {
    owed_[node].insert(place);
    ++came_[node];
    if (quiet) quiet_[node].insert(place);
    show(node);
}

std::uint64_t Hints::came_since_asked(const NodeId& node) { return std::exchange(came_[node], 0); }

void Hints::hold(tasks::Batch& batch, const NodeId& node, std::uint64_t place, Held held) {
    batch.put(std::string(kHolds), hold_key(node, place), record_of(held));
    held_[node][place] = std::move(held);
}

void Hints::unhold(tasks::Batch& batch, const NodeId& node, std::uint64_t place) const {
    batch.erase(std::string(kHolds), hold_key(node, place));
}

std::optional<std::uint64_t> Hints::holder_of(const NodeId& node, const std::vector<std::string>& indexes) const {
    const auto found = held_.find(node);
    if (found == held_.end()) return std::nullopt;
    for (const auto& [place, held] : std::views::reverse(found->second)) {
        if (std::ranges::find_first_of(held.indexes, indexes) != held.indexes.end()) return held.holder;
    }
    return std::nullopt;
}

std::map<std::uint64_t, Hints::Held> Hints::held_by(const NodeId& node, std::uint64_t holder) const {
    std::map<std::uint64_t, Held> out;
    const auto found = held_.find(node);
    if (found == held_.end()) return out;
    for (const auto& [place, held] : found->second) {
        if (held.holder == holder) out[place] = held;
    }
    return out;
}

std::vector<std::pair<NodeId, std::uint64_t>> Hints::held_of(std::uint64_t task) const {
    std::vector<std::pair<NodeId, std::uint64_t>> out;
    for (const auto& [node, places] : held_) {
        for (const auto& [place, held] : places) {
            if (held.task == task) out.emplace_back(node, place);
        }
    }
    return out;
}

std::vector<Hints::HeldAt> Hints::all_held() const {
    std::vector<HeldAt> out;
    for (const auto& [node, places] : held_) {
        for (const auto& [place, held] : places) out.push_back({.node = node, .place = place, .held = held});
    }
    return out;
}

bool Hints::holds_before(const Places& places) const {
    return std::ranges::any_of(places, [this](const auto& place) {
        const auto held = held_.find(place.first);
        return held != held_.end() && !held->second.empty() && held->second.begin()->first < place.second;
    });
}

void Hints::released(const NodeId& node, std::uint64_t place, bool quiet) {
    ++releases_;
    held_[node].erase(place);
    owed_[node].insert(place);
    if (quiet) quiet_[node].insert(place);
    show(node);
}

void Hints::speak_up(const NodeId& node) {
    quiet_[node].clear();
    show(node);
}

bool Hints::any_loud(const NodeId& node) const {
    const auto quiet = quiet_.find(node);
    const std::size_t silent = quiet == quiet_.end() ? 0 : quiet->second.size();
    return waiting(node) > silent;
}

bool Hints::is_awaited(const NodeId& node, std::uint64_t place) const {
    const auto kept = kept_.find(node);
    if (kept == kept_.end()) return false;
    const auto found = kept->second.find(place);
    return found != kept->second.end() && found->second.awaited;
}

std::uint64_t Hints::to_send(const NodeId& node) const {
    const auto owed = owed_.find(node);
    if (owed == owed_.end()) return 0;
    return static_cast<std::uint64_t>(
        std::ranges::count_if(owed->second, [&](std::uint64_t place) { return !is_awaited(node, place); }));
}

std::uint64_t Hints::waiting(const NodeId& node) const {
    const auto found = owed_.find(node);
    return found == owed_.end() ? 0 : found->second.size();
}

env::Task<Result<std::optional<Hints::Hint>>> Hints::first(NodeId node) {
    if (!any(node)) co_return std::nullopt;
    const std::set<std::uint64_t>& owed = owed_[node];
    const auto unsent = std::ranges::find_if(owed, [&](std::uint64_t at) { return !is_awaited(node, at); });
    const std::uint64_t place = unsent != owed.end() ? *unsent : *owed.begin();
    tasks::RecordKey at{.table = table_of(node), .key = tasks::key_of(place)};
    const Result<std::optional<std::string>> record = co_await store_.get(std::move(at));
    if (!record) co_return fail(record.error());
    if (!*record) {  // struck out by a commit whose end nobody heard
        struck(node, place);
        co_return std::nullopt;
    }
    Result<Hint> hint = hint_of({.key = tasks::key_of(place), .value = **record});
    if (!hint) co_return fail(hint.error());
    co_return *std::move(hint);
}

env::Task<Result<std::string>> Hints::body(NodeId node, std::uint64_t place) {
    tasks::RecordKey at{.table = table_of(node), .key = tasks::key_of(place)};
    Result<std::optional<std::string>> record = co_await store_.get(std::move(at));
    if (!record) co_return fail(record.error());
    const std::size_t head = *record ? (*record)->find('\n') : std::string::npos;
    if (head == std::string::npos) co_return fail(ErrorCode::MiroirStorageFailed, "a hint in the store is gone");
    (*record)->erase(0, head + 1);  // in place: it may be large
    co_return **std::move(record);
}

bool Hints::keeps(const NodeId& node, std::uint64_t task) const {
    const auto kept = kept_.find(node);
    return kept != kept_.end() &&
           std::ranges::any_of(kept->second, [&](const auto& each) { return each.second.task == task; });
}

std::uint64_t Hints::bytes(const NodeId& node) const {
    const auto owed = owed_.find(node);
    const auto kept = kept_.find(node);
    std::uint64_t sum = 0;
    if (owed == owed_.end() || kept == kept_.end()) return 0;
    for (const std::uint64_t place : owed->second) {
        const auto found = kept->second.find(place);
        if (found != kept->second.end()) sum += found->second.bytes;
    }
    return sum;
}

std::vector<std::uint64_t> Hints::drop_all(tasks::Batch& batch, const NodeId& node) const {
    const auto owed = owed_.find(node);
    if (owed == owed_.end()) return {};
    for (const std::uint64_t place : owed->second) strike(batch, node, place);
    return {owed->second.begin(), owed->second.end()};
}

env::Task<bool> owe_repair(tasks::Store& store, Hints& hints, NodeId node, NodeRequest request, bool quiet) {
    Hints::Hint hint{.task = Hints::kNoTask};
    hint.request = std::move(request);
    tasks::Batch batch;
    const std::uint64_t place = hints.add(batch, node, std::move(hint));
    const Result<void> kept = co_await store.commit(std::move(batch));
    if (kept) hints.released(node, place, quiet);
    co_return kept.has_value();
}

}  // namespace miroir::quorum

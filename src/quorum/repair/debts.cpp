#include "quorum/repair/debts.h"

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kDebts = "owed_shards";   // node/index → shards, surplus, why
constexpr std::string_view kLosses = "lost_shards";  // index → shards, why

json::Array shards_json(const std::vector<ShardId>& shards) {
    json::Array out;
    for (const ShardId shard : shards) out.emplace_back(shard.value);
    return out;
}

std::string record_of(const std::vector<ShardId>& shards, const std::string& why) {
    return json::to_text(json::Object{{"shards", shards_json(shards)}, {"why", why}});
}

std::vector<ShardId> shards_in(const json::Array& stored) {
    std::vector<ShardId> out;
    for (const json::Value& shard : stored) out.push_back(ShardId{static_cast<std::uint32_t>(shard.number())});
    return out;
}

Result<Loss> loss_of(const std::string& record) {
    const auto stored = json::parse(record);
    const json::Value* shards = stored ? stored->find("shards") : nullptr;
    const json::Value* why = stored ? stored->find("why") : nullptr;
    if (shards == nullptr || !shards->is_array() || why == nullptr || !why->is_string())
        return fail(ErrorCode::MiroirStorageFailed, "a debt in the store cannot be read");
    return Loss{.shards = shards_in(shards->array()), .why = why->string()};
}

std::string record_of(const Debt& debt) {
    json::Object out{{"shards", shards_json(debt.shards)}, {"why", debt.why}};
    if (!debt.surplus.empty()) out.append("surplus", shards_json(debt.surplus));
    return json::to_text(json::Value(std::move(out)));
}

Result<Debt> debt_of(const std::string& record) {
    MIROIR_TRY(Loss stored, loss_of(record));
    Debt out{.shards = std::move(stored.shards), .surplus = {}, .why = std::move(stored.why)};
    const auto parsed = json::parse(record);
    const json::Value* surplus = parsed->find("surplus");
    if (surplus != nullptr && surplus->is_array()) out.surplus = shards_in(surplus->array());
    return out;
}

std::string key_text(const Debts::Key& key) { return key.first.value + "/" + key.second.value; }

std::vector<ShardId> joined(const std::vector<ShardId>& a, const std::vector<ShardId>& b) {
    std::vector<ShardId> out;
    std::ranges::set_union(a, b, std::back_inserter(out));
    return out;
}

std::vector<ShardId> without(const std::vector<ShardId>& a, const std::vector<ShardId>& b) {
    std::vector<ShardId> out;
    std::ranges::set_difference(a, b, std::back_inserter(out));
    return out;
}

}  // namespace

env::Task<Result<void>> Debts::open() {
    const Result<std::vector<tasks::Record>> debts = co_await tasks::read_all(store_, std::string(kDebts));
    if (!debts) co_return fail(debts.error());
    for (const tasks::Record& record : *debts) {
        MIROIR_CO_TRY(Debt stored, debt_of(record.value));
        const std::size_t slash = record.key.rfind('/');  // an index has none in its name
        if (slash == std::string::npos)
            co_return fail(ErrorCode::MiroirStorageFailed, "a debt in the store cannot be read");
        const Key key{NodeId{record.key.substr(0, slash)}, IndexUid{record.key.substr(slash + 1)}};
        stored.version = next_version_++;
        debts_[key] = std::move(stored);
    }
    const Result<std::vector<tasks::Record>> losses = co_await tasks::read_all(store_, std::string(kLosses));
    if (!losses) co_return fail(losses.error());
    for (const tasks::Record& record : *losses) {
        MIROIR_CO_TRY(Loss stored, loss_of(record.value));
        losses_[IndexUid{record.key}] = std::move(stored);
    }
    for (const auto& [key, debt] : debts_) show(key.first);
    show_losses();
    co_return Result<void>{};
}

void Debts::add(tasks::Batch& batch, const NodeId& node, const IndexUid& index, std::vector<ShardId> shards,
                std::string why, Kind kind) {
    Debt& debt = debts_[{node, index}];
    debt.surplus = kind == Kind::Lacks ? without(debt.surplus, shards)
                                       : joined(debt.surplus, without(shards, without(debt.shards, debt.surplus)));
    debt.shards = joined(debt.shards, shards);
    if (debt.why.empty()) debt.why = std::move(why);
    debt.version = next_version_++;
    batch.put(std::string(kDebts), key_text({node, index}), record_of(debt));
    show(node);
}

void Debts::spread(tasks::Batch& batch, const IndexUid& first, const IndexUid& second) {
    const std::map<Key, Debt> before = debts_;
    for (const auto& [key, debt] : before) {
        if (key.second != first && key.second != second) continue;
        for (const IndexUid& index : {first, second}) {
            add(batch, key.first, index, debt.surplus, debt.why, Kind::Surplus);
            add(batch, key.first, index, without(debt.shards, debt.surplus), debt.why);
        }
    }
    const std::map<IndexUid, Loss> lost = losses_;
    for (const IndexUid& index : {first, second}) {
        const auto found = lost.find(index);
        if (found == lost.end()) continue;
        lose(batch, first, found->second.shards, found->second.why);
        lose(batch, second, found->second.shards, found->second.why);
    }
}

void Debts::pay(tasks::Batch& batch, const Key& key, const std::vector<ShardId>& shards) const {
    const Debt* debt = find(key);
    Debt rest = debt == nullptr ? Debt() : *debt;
    rest.shards = without(rest.shards, shards);
    rest.surplus = without(rest.surplus, shards);
    if (rest.shards.empty()) batch.erase(std::string(kDebts), key_text(key));
    else batch.put(std::string(kDebts), key_text(key), record_of(rest));
}

void Debts::paid_now(const Key& key, const std::vector<ShardId>& shards) {
    const auto found = debts_.find(key);
    if (found == debts_.end()) return;
    found->second.shards = without(found->second.shards, shards);
    found->second.surplus = without(found->second.surplus, shards);
    if (found->second.shards.empty()) debts_.erase(found);
    show(key.first);
}

void Debts::lose(tasks::Batch& batch, const IndexUid& index, std::vector<ShardId> shards, std::string why) {
    Loss& loss = losses_[index];
    loss.shards = joined(loss.shards, shards);
    if (loss.why.empty()) loss.why = std::move(why);
    batch.put(std::string(kLosses), index.value, record_of(loss.shards, loss.why));
    show_losses();
}

void Debts::forget_losses(tasks::Batch& batch, const IndexUid& index) {
    if (losses_.erase(index) == 0) return;
    batch.erase(std::string(kLosses), index.value);
    show_losses();
}

const Debt* Debts::find(const Key& key) const {
    const auto found = debts_.find(key);
    return found == debts_.end() ? nullptr : &found->second;
}

bool Debts::lacks(const NodeId& node, const IndexUid& index, const std::vector<ShardId>& shards) const {
    const Debt* debt = find({node, index});
    return debt != nullptr && std::ranges::any_of(shards, [&](const ShardId shard) {
               return std::ranges::binary_search(debt->shards, shard);
           });
}

bool Debts::has_enough(const NodeId& node, const IndexUid& index, ShardId shard) const {
    const Debt* debt = find({node, index});
    return debt == nullptr || std::ranges::binary_search(debt->surplus, shard) ||
           !std::ranges::binary_search(debt->shards, shard);
}

bool Debts::any(const NodeId& node) const {
    const auto from = debts_.lower_bound({node, IndexUid{}});
    return from != debts_.end() && from->first.first == node;
}

void Debts::show(const NodeId& node) {
    ShardsByIndex shards;
    for (const auto& [key, debt] : debts_) {
        if (key.first == node) shards[key.second.value] = debt.shards;
    }
    board_.set_lacking(node, std::move(shards));
}

void Debts::show_losses() {
    ShardsByIndex lost;
    for (const auto& [index, loss] : losses_) lost[index.value] = loss.shards;
    board_.set_lost(std::move(lost));
}

}  // namespace miroir::quorum

#include "quorum/repair/graves.h"

#include <algorithm>
#include <array>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::quorum {
namespace {

constexpr std::string_view kTable = "graves";  // index/stamp → what was deleted
constexpr std::array<std::string_view, 3> kKinds = {"ids", "all", "some"};

std::string key_text(const IndexUid& index, std::uint64_t at) { return index.value + "/" + tasks::key_of(at); }

std::string record_of(const Grave& grave) {
    json::Array ids;
    for (const std::string& id : grave.ids) ids.emplace_back(id);
    return json::to_text(json::Object{
        {"kind", kKinds[static_cast<std::size_t>(grave.kind)]}, {"task", grave.task}, {"ids", std::move(ids)}});
}

Result<Grave> grave_of(const std::string& record) {
    const auto stored = json::parse(record);
    const json::Value* kind = stored ? stored->find("kind") : nullptr;
    const json::Value* task = stored ? stored->find("task") : nullptr;
    const json::Value* ids = stored ? stored->find("ids") : nullptr;
    const auto known = kind != nullptr && kind->is_string() ? std::ranges::find(kKinds, kind->string()) : kKinds.end();
    if (known == kKinds.end() || task == nullptr || !task->is_unsigned() || ids == nullptr || !ids->is_array())
        return fail(ErrorCode::MiroirStorageFailed, "a deletion in the store cannot be read");
    Grave out{.kind = static_cast<Grave::Kind>(known - kKinds.begin()), .task = task->unsigned_integer()};
    for (const json::Value& id : ids->array()) out.ids.push_back(id.is_string() ? id.string() : std::string());
    return out;
}

}  // namespace

env::Task<Result<void>> Graves::open() {
    const Result<std::vector<tasks::Record>> kept = co_await tasks::read_all(store_, std::string(kTable));
    if (!kept) co_return fail(kept.error());
    for (const tasks::Record& record : *kept) {
        const std::size_t slash = record.key.rfind('/');
        if (slash == std::string::npos)
            co_return fail(ErrorCode::MiroirStorageFailed, "a deletion in the store cannot be read");
        MIROIR_CO_TRY(Grave grave, grave_of(record.value));
        grave.at = tasks::number_of(std::string_view(record.key).substr(slash + 1));
        note(yards_[IndexUid{record.key.substr(0, slash)}], std::move(grave));
    }
    co_return Result<void>{};
}

void Graves::note(Yard& yard, Grave grave) {
    for (const std::string& id : grave.ids) {
        std::uint64_t& last = yard.last_of[id];
        last = std::max(last, grave.at);
    }
    yard.ids += grave.ids.size();
    const std::uint64_t at = grave.at;
    yard.graves[at] = std::move(grave);
}

void Graves::drop(Yard& yard, std::map<std::uint64_t, Grave>::iterator grave) {
    for (const std::string& id : grave->second.ids) {
        const auto last = yard.last_of.find(id);
        if (last != yard.last_of.end() && last->second == grave->first) yard.last_of.erase(last);
    }
    yard.ids -= grave->second.ids.size();
    yard.graves.erase(grave);
}

void Graves::dig(tasks::Batch& batch, const IndexUid& index, Grave grave) {
    batch.put(std::string(kTable), key_text(index, grave.at), record_of(grave));
    Yard& yard = yards_[index];
    note(yard, std::move(grave));
    if (yard.ids > ids_max_) forget_oldest(batch, index, yard);
}

// They stay as one of which nobody knows what it took.
void Graves::forget_oldest(tasks::Batch& batch, const IndexUid& index, Yard& yard) {
    std::uint64_t newest = 0;
    while (yard.ids > ids_max_ / 2 && !yard.graves.empty()) {
        const auto oldest = yard.graves.begin();
        newest = oldest->first;
        batch.erase(std::string(kTable), key_text(index, newest));
        drop(yard, oldest);
    }
    Grave nameless{.kind = Grave::Kind::Some, .at = newest, .task = Grave::kNoTask};
    std::erase_if(batch.erasures, [&](const tasks::RecordKey& at) { return at.key == key_text(index, newest); });
    std::erase_if(batch.puts, [&](const tasks::Batch::Put& put) { return put.at.key == key_text(index, newest); });
    batch.put(std::string(kTable), key_text(index, newest), record_of(nameless));
    note(yard, std::move(nameless));
}

void Graves::fill(tasks::Batch& batch, const IndexUid& index, std::uint64_t at) {
    const auto yard = yards_.find(index);
    if (yard == yards_.end()) return;
    const auto grave = yard->second.graves.find(at);
    if (grave == yard->second.graves.end()) return;
    batch.erase(std::string(kTable), key_text(index, at));
    drop(yard->second, grave);
    for (const auto& [other, earlier] : yard->second.graves) {
        for (const std::string& id : earlier.ids) {
            std::uint64_t& last = yard->second.last_of[id];
            last = std::max(last, other);
        }
    }
}

void Graves::blur(tasks::Batch& batch, const IndexUid& index, std::uint64_t at) {
    close(batch, index, UINT64_MAX);
    dig(batch, index, {.kind = Grave::Kind::Some, .at = at, .task = Grave::kNoTask});
}

void Graves::close(tasks::Batch& batch, const IndexUid& index, std::uint64_t before, std::uint64_t first_open) {
    const auto yard = yards_.find(index);
    if (yard == yards_.end()) return;
    while (!yard->second.graves.empty() && yard->second.graves.begin()->first < before) {
        const auto oldest = yard->second.graves.begin();
        if (oldest->second.task != Grave::kNoTask && oldest->second.task >= first_open) break;
        batch.erase(std::string(kTable), key_text(index, oldest->first));
        drop(yard->second, oldest);
    }
    if (yard->second.graves.empty()) yards_.erase(yard);
}

Deletion Graves::of(const IndexUid& index, const std::string& id, std::uint64_t stamp, const Happened& happened) const {
    const auto found = yards_.find(index);
    if (found == yards_.end()) return Deletion::None;
    const Yard& yard = found->second;
    Deletion out = Deletion::None;
    const auto take_in = [&](const Grave& grave) {
        Deletion said = grave.task == Grave::kNoTask ? Deletion::Certain : happened(grave.task);
        if (said == Deletion::Certain && grave.kind == Grave::Kind::Some) said = Deletion::Perhaps;
        if (said == Deletion::Certain || (said == Deletion::Perhaps && out == Deletion::None)) out = said;
    };
    const auto last = yard.last_of.find(id);
    if (last != yard.last_of.end() && last->second > stamp) take_in(yard.graves.at(last->second));
    for (auto grave = yard.graves.upper_bound(stamp); grave != yard.graves.end(); ++grave) {
        if (grave->second.kind != Grave::Kind::Ids) take_in(grave->second);
    }
    return out;
}

std::vector<IndexUid> Graves::indexes() const {
    std::vector<IndexUid> out;
    for (const auto& [index, yard] : yards_) out.push_back(index);
    return out;
}

std::size_t Graves::count(const IndexUid& index) const {
    const auto found = yards_.find(index);
    return found == yards_.end() ? 0 : found->second.graves.size();
}

}  // namespace miroir::quorum

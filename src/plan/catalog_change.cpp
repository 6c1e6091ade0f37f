#include "plan/catalog_change.h"

#include <algorithm>
#include <array>

#include "json/members.h"

namespace miroir::plan {
namespace {

constexpr std::array<std::string_view, 7> kKinds = {"create", "delete", "primaryKey", "settings",
                                                    "swap",   "touch",  "nodes"};

std::optional<std::string> optional_text_at(const json::Value& object, std::string_view key) {
    const json::Value* found = object.find(key);
    return found != nullptr && found->is_string() ? std::optional(found->string()) : std::nullopt;
}

json::Value text_or_null(const std::optional<std::string>& text) { return text ? json::Value(*text) : json::Value(); }

void set_settings(IndexEntry& entry, const json::Value& stored) {
    Result<protocol::Settings> settings = protocol::settings_from_store(stored);
    if (!settings) return;
    entry.settings = *std::move(settings);
    ++entry.settings_version;
    ++entry.settings_turn;
}

json::Object versions_to_json(const std::map<NodeId, std::uint64_t>& versions) {
    json::Object out;
    for (const auto& [node, version] : versions) out.append(node.value, version);
    return out;
}

std::map<NodeId, std::uint64_t> versions_of(const json::Value* stored) {
    std::map<NodeId, std::uint64_t> out;
    if (stored == nullptr || !stored->is_object()) return out;
    for (const json::Member& member : stored->object()) {
        if (member.second.is_unsigned()) out[NodeId{member.first}] = member.second.unsigned_integer();
    }
    return out;
}

void replace(Catalog& catalog, IndexEntry entry) {
    const IndexUid uid = entry.uid;
    catalog.indexes[uid] = std::make_shared<const IndexEntry>(std::move(entry));
}

void swap_names(Catalog& catalog, const CatalogChange& change) {
    const IndexPtr first = catalog.find(change.uid);
    const IndexPtr second = catalog.find(change.other);
    const auto take_name = [&](const IndexPtr& index, const IndexUid& name) {
        if (!index) return;
        IndexEntry renamed = *index;
        renamed.uid = name;
        replace(catalog, std::move(renamed));
    };
    if (change.rename) catalog.indexes.erase(change.uid);
    else take_name(second, change.uid);
    take_name(first, change.other);
}

}  // namespace

json::Value to_json(const CatalogChange& change) {
    json::Object out;
    out.append("kind", kKinds[static_cast<std::size_t>(change.kind)]);
    out.append("uid", change.uid.value);
    if (!change.other.value.empty()) out.append("other", change.other.value);
    if (change.primary_key) out.append("primaryKey", *change.primary_key);
    if (change.shards != 0) out.append("shards", change.shards);
    if (!change.settings.is_null()) out.append("settings", change.settings);
    if (change.rename) out.append("rename", true);
    if (change.kind == CatalogChange::Kind::SetNodes) {
        out.append("nodes", versions_to_json(change.node_versions));
        out.append("print", change.settings_print);
    }
    return out;
}

Result<CatalogChange> catalog_change_of(const json::Value& stored) {
    CatalogChange change;
    const auto kind = std::ranges::find(kKinds, text_at(stored, "kind"));
    if (kind == kKinds.end())
        return fail(ErrorCode::MiroirStorageFailed, "a catalog change in the store cannot be read");
    change.kind = static_cast<CatalogChange::Kind>(kind - kKinds.begin());
    change.uid.value = text_at(stored, "uid");
    change.other.value = text_at(stored, "other");
    change.primary_key = optional_text_at(stored, "primaryKey");
    change.shards = static_cast<std::uint32_t>(number_at(stored, "shards"));
    if (const json::Value* settings = stored.find("settings")) change.settings = *settings;
    change.node_versions = versions_of(stored.find("nodes"));
    change.settings_print = text_at(stored, "print");
    if (const json::Value* rename = stored.find("rename")) change.rename = rename->is_bool() && rename->boolean();
    return change;
}

Catalog apply(const Catalog& catalog, const CatalogChange& change, std::int64_t now_ns) {
    using Kind = CatalogChange::Kind;
    Catalog next = catalog;
    const IndexPtr known = catalog.find(change.uid);
    if (change.kind == Kind::Create) {
        if (known) return next;
        IndexEntry entry{.uid = change.uid,
                         .shards = change.shards,
                         .primary_key = change.primary_key,
                         .created_at_ns = now_ns,
                         .updated_at_ns = now_ns,
                         .settings_version = 1,
                         .epoch = 1,
                         .settings = {}};
        replace(next, std::move(entry));
        return next;
    }
    if (!known) return next;
    if (change.kind == Kind::Delete) {
        next.indexes.erase(change.uid);
        return next;
    }
    if (change.kind == Kind::Swap) {
        swap_names(next, change);
        return next;
    }
    IndexEntry entry = *known;
    if (change.kind == CatalogChange::Kind::SetNodes) {
        entry.node_versions = change.node_versions;
        entry.settings_print = change.settings_print;
        ++entry.settings_turn;
        replace(next, std::move(entry));
        return next;
    }
    ++entry.epoch;
    entry.updated_at_ns = now_ns;
    if (change.kind == Kind::SetPrimaryKey) entry.primary_key = change.primary_key;
    if (change.kind == Kind::SetSettings) set_settings(entry, change.settings);
    replace(next, std::move(entry));
    return next;
}

json::Value to_json(const IndexEntry& entry) {
    json::Object out;
    out.append("uid", entry.uid.value);
    out.append("shards", entry.shards);
    out.append("primaryKey", text_or_null(entry.primary_key));
    out.append("createdAt", entry.created_at_ns);
    out.append("updatedAt", entry.updated_at_ns);
    out.append("settingsVersion", entry.settings_version);
    out.append("epoch", entry.epoch);
    out.append("settings", protocol::settings_to_store(entry.settings));
    if (!entry.node_versions.empty()) out.append("nodes", versions_to_json(entry.node_versions));
    if (!entry.settings_print.empty()) out.append("print", entry.settings_print);
    return out;
}

Result<IndexEntry> index_entry_of(const json::Value& stored) {
    IndexEntry entry;
    entry.uid.value = text_at(stored, "uid");
    entry.shards = static_cast<std::uint32_t>(number_at(stored, "shards"));
    entry.primary_key = optional_text_at(stored, "primaryKey");
    entry.created_at_ns = static_cast<std::int64_t>(number_at(stored, "createdAt"));
    entry.updated_at_ns = static_cast<std::int64_t>(number_at(stored, "updatedAt"));
    entry.settings_version = number_at(stored, "settingsVersion");
    entry.epoch = number_at(stored, "epoch");
    const json::Value* settings = stored.find("settings");
    if (entry.uid.value.empty() || entry.shards == 0 || settings == nullptr) {
        return fail(ErrorCode::MiroirStorageFailed, "an index in the store cannot be read");
    }
    MIROIR_TRY(entry.settings, protocol::settings_from_store(*settings));
    entry.node_versions = versions_of(stored.find("nodes"));
    entry.settings_print = text_at(stored, "print");
    return entry;
}

}  // namespace miroir::plan

#include "plan/settings_print.h"

#include <algorithm>
#include <array>

#include "json/write.h"
#include "plan/node_settings.h"
#include "protocol/keys/signature.h"

namespace miroir::plan {
namespace {

constexpr std::array<std::string_view, 3> kOrdered = {"rankingRules", "searchableAttributes", "displayedAttributes"};

void sort_words(json::Value& list) {
    const bool words = std::ranges::all_of(list.array(), [](const json::Value& v) { return v.is_string(); });
    if (!words) return;
    json::Array sorted = list.array();
    std::ranges::sort(sorted, {}, [](const json::Value& v) -> const std::string& { return v.string(); });
    list = json::Value(std::move(sorted));
}

json::Value canonical(std::string_view name, const json::Value& value) {
    if (value.is_array()) {
        json::Array items;
        for (const json::Value& item : value.array()) items.push_back(canonical({}, item));
        json::Value out(std::move(items));
        if (std::ranges::find(kOrdered, name) == kOrdered.end()) sort_words(out);
        return out;
    }
    if (value.is_object()) {
        json::Object out;
        for (const json::Member& member : value.object()) {
            // Whoever left something at its default shows null or nothing.
            if (!member.second.is_null()) out.append(member.first, canonical(member.first, member.second));
        }
        out.sort_keys();
        return json::Value(std::move(out));
    }
    // 1 and 1.0 are one number here.
    if (value.is_number()) return json::Value(value.number());
    return value;
}

}  // namespace

std::string settings_print(const json::Value& shown) {
    json::Object known;
    for (const protocol::SettingRow& row : protocol::setting_rows()) {
        if (row.name == "chat" || row.name == "foreignKeys") continue;  // not sent to nodes
        const json::Value* value = shown.find(row.name);
        if (value != nullptr) known.append(std::string(row.name), *value);
    }
    return protocol::hex_text(protocol::sha256(json::to_text(canonical({}, json::Value(std::move(known))))));
}

std::string expected_print(const protocol::Settings& client) {
    json::Object shown = node_settings(client, kNodeGates);
    const json::Object masked = protocol::to_json(client, kNodeGates);
    if (const json::Value* embedders = masked.find("embedders")) shown.set("embedders", *embedders);
    return settings_print(json::Value(std::move(shown)));
}

bool fits_settings(const IndexEntry& index, const std::string& print) {
    return print == index.settings_print || print == expected_print(index.settings);
}

}  // namespace miroir::plan

#include "merge/distinct_values.h"

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

using Keys = std::vector<std::string>;

void add_key(const json::Value& value, DistinctBy by, Keys& keys) {
    if (value.is_number()) {
        keys.push_back("n" + (by == DistinctBy::Shown ? json::to_text(value) : protocol::plain_number(value.number())));
    } else if (value.is_string()) {
        if (by == DistinctBy::Facets && value.string().empty()) return;
        const std::string normal = protocol::normalize_facet(value.string());
        keys.push_back("t" + (by == DistinctBy::Facets ? std::string(protocol::cut_facet_value(normal)) : normal));
    } else if (value.is_bool()) {
        keys.emplace_back(value.boolean() ? "ttrue" : "tfalse");
    }
}

// Lists within lists are facets, but nothing that a hit is compared by when it is shown.
void collect(const json::Value& value, DistinctBy by, Keys& keys) {
    if (!value.is_array()) return add_key(value, by, keys);
    for (const json::Value& item : value.array()) {
        if (by == DistinctBy::Facets) collect(item, by, keys);
        else add_key(item, by, keys);
    }
}

void collect_at(const json::Value& value, std::string_view path, DistinctBy by, Keys& keys) {
    if (path.empty()) return collect(value, by, keys);
    if (value.is_array()) {
        for (const json::Value& item : value.array()) collect_at(item, path, by, keys);
        return;
    }
    if (!value.is_object()) return;
    for (const json::Member& member : value.object()) {
        const std::string& name = member.first;
        if (path == name) collect(member.second, by, keys);
        else if (path.size() > name.size() && path.starts_with(name) && path[name.size()] == '.')
            collect_at(member.second, path.substr(name.size() + 1), by, keys);
    }
}

}  // namespace

std::vector<std::string> distinct_keys(FoundValue found, DistinctBy by) {
    std::vector<std::string> keys;
    if (found.raw.empty()) return keys;
    if (const auto value = json::parse(found.raw)) collect_at(*value, found.rest, by, keys);
    return keys;
}

bool DistinctValues::take(FoundValue found) {
    last_.clear();
    std::vector<std::string> keys = distinct_keys(found, by_);
    const bool known = std::ranges::any_of(keys, [this](const auto& key) { return keys_.contains(key); });
    if (known) return false;
    keys_.insert(keys.begin(), keys.end());
    last_ = std::move(keys);
    return true;
}

}  // namespace miroir::merge

#include "merge/distinct_values.h"

#include <algorithm>

#include "json/parse.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

void collect(const json::Value& value, std::vector<std::string>& keys) {
    if (value.is_array()) {
        for (const json::Value& item : value.array()) collect(item, keys);
    } else if (value.is_number()) {
        keys.push_back("n" + protocol::plain_number(value.number()));
    } else if (value.is_string()) {
        keys.push_back("t" + protocol::normalize_facet(value.string()));
    } else if (value.is_bool()) {
        keys.emplace_back(value.boolean() ? "ttrue" : "tfalse");
    }
}

}  // namespace

std::vector<std::string> distinct_keys(std::string_view raw) {
    std::vector<std::string> keys;
    if (raw.empty()) return keys;
    if (const auto value = json::parse(raw)) collect(*value, keys);
    return keys;
}

bool DistinctValues::take(std::string_view raw) {
    last_.clear();
    std::vector<std::string> keys = distinct_keys(raw);
    const bool known = std::ranges::any_of(keys, [this](const auto& key) { return keys_.contains(key); });
    if (known) return false;
    keys_.insert(keys.begin(), keys.end());
    last_ = std::move(keys);
    return true;
}

}  // namespace miroir::merge

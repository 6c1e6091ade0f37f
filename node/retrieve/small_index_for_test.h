// A small index for tests: documents as JSON text, settings as a value. The first member is the primary key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/parse.h"
#include "json/write.h"
#include "node/index/index.h"
#include "node/retrieve/search.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

inline json::Value from_text(std::string_view text) { return json::parse(text).value(); }

inline Index small_index(protocol::Settings settings, std::string_view documents) {
    Index index;
    if (auto set = index.set_settings(std::move(settings)); !set) throw std::runtime_error(set.error().message);
    std::vector<Operation> operations;
    for (const json::Value& document : from_text(documents).array()) {
        const json::Member& key = *document.object().begin();
        index.set_primary_key(key.first);
        const std::string id = key.second.is_string() ? key.second.string() : json::to_text(key.second);
        operations.push_back({.kind = Operation::Kind::Replace,
                              .external_id = id,
                              .document = document.object(),
                              .skip_creation = false});
    }
    if (auto applied = index.apply(std::move(operations)); !applied) throw std::runtime_error(applied.error().message);
    return index;
}

inline std::vector<protocol::FilterableRule> plain_rules(const std::vector<std::string>& names) {
    std::vector<protocol::FilterableRule> rules;
    for (const std::string& name : names) rules.push_back(protocol::FilterableRule::plain(name));
    return rules;
}

inline ReadContext reading(const Index& index) {
    ReadContext context;
    context.find_index = [&index](std::string_view uid) { return uid == "small" ? &index : nullptr; };
    context.request_uid = "request";
    context.draw_query_uid = [] { return std::string("query"); };
    context.contains_filter = true;
    return context;
}

}  // namespace miroir::node

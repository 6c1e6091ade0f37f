#include "plan/node_settings.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "json/write.h"

namespace miroir::plan {
namespace {

void append_name(json::Object& settings, std::string_view list, std::string_view name) {
    json::Value& names = settings[list];
    if (!names.is_array()) names = json::Array();
    const bool known =
        std::ranges::any_of(names.array(), [&](const json::Value& v) { return v.is_string() && v.string() == name; });
    if (!known) names.array().emplace_back(name);
}

}  // namespace

json::Object node_settings(const protocol::Settings& client, const protocol::SettingsGates& gates) {
    json::Object out = protocol::to_json(client, gates);
    for (const auto& [name, embedder] : client.embedders)
        out["embedders"][name] = embedder.members;  // secrets in clear
    out.set("displayedAttributes", json::Array{json::Value("*")});
    if (client.distinct_attribute) append_name(out, "filterableAttributes", *client.distinct_attribute);
    out.set("distinctAttribute", nullptr);
    // Of several rules that fit a field the engine takes the first. Ours come last, because its messages count rules,
    // unless one of the client's would take in what is ours.
    const bool taken_in = protocol::matching_rule(client.filterable_attributes, cluster::kShardField) ||
                          protocol::matching_rule(client.filterable_attributes, cluster::kStampField);
    json::Array rules;
    if (taken_in) rules = {cluster::kShardField, cluster::kStampField};
    for (json::Value& rule : out["filterableAttributes"].array()) rules.push_back(std::move(rule));
    out.set("filterableAttributes", json::Value(std::move(rules)));
    append_name(out, "filterableAttributes", cluster::kShardField);
    append_name(out, "filterableAttributes", cluster::kStampField);
    append_name(out, "sortableAttributes", cluster::kStampField);
    append_name(out, "rankingRules", std::string(cluster::kStampField) + ":asc");
    out["faceting"]["maxValuesPerFacet"] = std::max(client.max_values_per_facet, kNodeFacetValues);
    out["pagination"]["maxTotalHits"] = std::max(client.max_total_hits, kNodeHits);
    return out;
}

json::Object node_settings_after(const protocol::Settings& client, const protocol::Settings& before) {
    json::Object out = node_settings(client, kNodeGates);
    for (const auto& [name, embedder] : before.embedders) {
        if (!client.embedders.contains(name)) out["embedders"][name] = nullptr;
    }
    return out;
}

// Words are data; whatever else the settings say names fields, or patterns of fields.
bool names_reserved_field(const protocol::Settings& client) {
    static constexpr std::string_view kPattern = "\"_miroir*";  // would take in what is ours
    static constexpr std::string_view kWords[] = {"stopWords", "synonyms", "dictionary", "separatorTokens",
                                                  "nonSeparatorTokens"};
    json::Object stored = protocol::settings_to_store(client);
    for (const std::string_view words : kWords) stored.erase(words);
    const std::string text = json::to_text(json::Value(std::move(stored)));
    return text.find(cluster::kReservedPrefix) != std::string::npos || text.find(kPattern) != std::string::npos;
}

}  // namespace miroir::plan

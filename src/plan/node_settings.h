// What the nodes are given so that the merge can work, derived from what the client asked for. Clients never see it.
#pragma once

#include "json/value.h"
#include "protocol/settings/settings.h"

namespace miroir::plan {

// The whole body of PATCH …/settings for a node: the client's settings, and
//  - `_miroir_shard` and `_miroir_order` filterable, the latter sortable and the last ranking rule (complete ties),
//  - the distinct attribute filterable here and taken from the setting into each query,
//  - everything displayed (the engine redacts the sort values of hidden fields, which the merge compares),
//  - hits reachable as far as a merge may look; the client's bound is kept here,
//  - facet lists long enough to be summed exactly.
json::Object node_settings(const protocol::Settings& client, const protocol::SettingsGates& gates);

// What is asked of the nodes: everything that needs no experimental feature of theirs.
inline constexpr protocol::SettingsGates kNodeGates{
    .chat_completions = false, .foreign_keys = false, .multimodal = true, .composite_embedders = true};

// The same for a node that may have the settings `before`: what the engine would merge into what is there is taken
// away by name.
json::Object node_settings_after(const protocol::Settings& client, const protocol::Settings& before);

inline constexpr std::uint64_t kNodeFacetValues = 100'000;
inline constexpr std::uint64_t kNodeHits = 20'000;

// A client's settings may not name what is ours.
bool names_reserved_field(const protocol::Settings& client);

}  // namespace miroir::plan

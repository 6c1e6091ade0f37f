// The experimental features, by the names of /experimental-features, and the refusal when one is off.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

// In the order of the reply of GET /experimental-features.
enum class Feature : std::uint8_t {
    Metrics,
    LogsRoute,
    EditDocumentsByFunction,
    ContainsFilter,
    DynamicSearchRules,
    Network,
    GetTaskDocumentsRoute,
    TaskQueueCompactionRoute,
    CompositeEmbedders,
    ChatCompletions,
    Multimodal,
    ForeignKeys,
    DisableDocumentsFetchQueue,
    LegacySearch,
    RenderRoute,
    Personalization  // not in that list: it is on when a key for the re-ranker was given
};

struct FeatureRow {
    Feature feature;
    std::string_view name;        // "containsFilter"
    std::string_view told;        // "contains filter", in refusals
    std::string_view discussion;  // the address given in refusals
};
std::span<const FeatureRow> feature_rows();  // those of the reply
const FeatureRow& feature_row(Feature feature);

// "<action> requires enabling the `contains filter` experimental feature. See https://…"
std::string feature_refusal(std::string_view action, Feature feature);
Result<void> check_feature(bool enabled, std::string_view action, Feature feature);

}  // namespace miroir::protocol

#include "protocol/features.h"

#include <array>

namespace miroir::protocol {

namespace {

constexpr std::string_view kNoPage = "";

constexpr std::array<FeatureRow, 16> kRows = {{
    {Feature::Metrics, "metrics", "metrics", "https://github.com/meilisearch/product/discussions/625"},
    {Feature::LogsRoute, "logsRoute", "logs route", "https://github.com/orgs/meilisearch/discussions/721"},
    {Feature::EditDocumentsByFunction, "editDocumentsByFunction", "edit documents by function",
     "https://github.com/orgs/meilisearch/discussions/762"},
    {Feature::ContainsFilter, "containsFilter", "contains filter",
     "https://github.com/orgs/meilisearch/discussions/763"},
    {Feature::DynamicSearchRules, "dynamicSearchRules", "dynamic search rules",
     "https://github.com/orgs/meilisearch/discussions/884"},
    {Feature::Network, "network", "network", "https://github.com/orgs/meilisearch/discussions/805"},
    {Feature::GetTaskDocumentsRoute, "getTaskDocumentsRoute", "get task documents route",
     "https://github.com/orgs/meilisearch/discussions/808"},
    {Feature::TaskQueueCompactionRoute, "taskQueueCompactionRoute", "task queue compaction route",
     "https://github.com/orgs/meilisearch/discussions/883"},
    {Feature::CompositeEmbedders, "compositeEmbedders", "composite embedders",
     "https://github.com/orgs/meilisearch/discussions/816"},
    {Feature::ChatCompletions, "chatCompletions", "chat completions",
     "https://github.com/orgs/meilisearch/discussions/835"},
    {Feature::Multimodal, "multimodal", "multimodal", "https://github.com/orgs/meilisearch/discussions/846"},
    {Feature::ForeignKeys, "foreignKeys", "foreign_keys", "https://github.com/orgs/meilisearch/discussions/873"},
    {Feature::DisableDocumentsFetchQueue, "disableDocumentsFetchQueue", "disable documents fetch queue", kNoPage},
    {Feature::LegacySearch, "legacySearch", "legacy search", kNoPage},
    {Feature::RenderRoute, "renderRoute", "render_route", "https://github.com/orgs/meilisearch/discussions/888"},
    {Feature::Personalization, "personalization", "personalization",
     "https://github.com/orgs/meilisearch/discussions/866"},
}};

}  // namespace

std::span<const FeatureRow> feature_rows() { return std::span(kRows).first(kRows.size() - 1); }

const FeatureRow& feature_row(Feature feature) { return kRows[static_cast<std::size_t>(feature)]; }

std::string feature_refusal(std::string_view action, Feature feature) {
    const FeatureRow& row = feature_row(feature);
    return std::string(action) + " requires enabling the `" + std::string(row.told) + "` experimental feature. See " +
           std::string(row.discussion);
}

Result<void> check_feature(bool enabled, std::string_view action, Feature feature) {
    if (enabled) return {};
    return fail(ErrorCode::FeatureNotEnabled, feature_refusal(action, feature));
}

}  // namespace miroir::protocol

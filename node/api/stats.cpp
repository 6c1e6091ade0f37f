#include "node/api/stats.h"

#include <array>
#include <cstdio>

#include "protocol/fields/fields.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

Result<StatsQuery> parse_stats_query(std::string_view raw_query) {
    const auto format = [](StatsQuery& out, const json::Value& value, const protocol::Place& place) -> Result<void> {
        static constexpr std::string_view kWords[] = {"human", "raw"};
        MIROIR_TRY(const std::size_t at, protocol::read_word(value, place, kWords));
        out.human = at == 0;
        return {};
    };
    static const auto table =
        protocol::FieldTable<StatsQuery>()
            .field("showInternalDatabaseSizes", ErrorCode::InvalidStatsShowInternalDatabaseSizes,
                   &StatsQuery::internal_sizes)
            .field("sizeFormat", ErrorCode::InvalidStatsSizeFormat, format);
    return table.parse_query(raw_query);
}

json::Value size_value(std::uint64_t bytes, const StatsQuery& query) {
    if (!query.human) return bytes;
    static constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
    char text[48];
    std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.2f %s", value, kUnits[unit]);
    return std::string(text);
}

json::Value index_stats(const World& world, std::string_view uid, const StoredIndex& stored, const StatsQuery& query) {
    const Index& index = stored.index;
    const std::uint64_t count = index.document_count();
    std::uint64_t embeddings = 0;
    DocIds embedded;
    for (const auto& [name, embedder] : index.settings().embedders) {
        for (const auto& [id, vectors] : index.vectors(name)) {
            embeddings += vectors.vectors.size();
            if (!vectors.vectors.empty()) embedded.add(id);
        }
    }
    json::Object distribution;
    for (const auto& [name, documents] : index.field_distribution()) distribution.append(name, documents);
    json::Object out;
    out.append("numberOfDocuments", count);
    out.append("rawDocumentDbSize", size_value(index.raw_size(), query));
    out.append("avgDocumentSize", size_value(count == 0 ? 0 : index.raw_size() / count, query));
    out.append("isIndexing", world.queue.is_indexing(uid));
    out.append("numberOfEmbeddings", embeddings);
    out.append("numberOfEmbeddedDocuments", embedded.cardinality());
    out.append("fieldDistribution", std::move(distribution));
    if (query.internal_sizes) out.append("internalDatabaseSizes", json::Object());
    return out;
}

}  // namespace miroir::node

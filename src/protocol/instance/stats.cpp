#include "protocol/instance/stats.h"

#include <array>
#include <cstdio>

#include "json/members.h"
#include "protocol/fields/fields.h"

namespace miroir::protocol {
namespace {

std::uint64_t share_of(std::uint64_t count, std::uint64_t numerator, std::uint64_t denominator) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(count) * numerator + denominator / 2) /
                                      denominator);
}

}  // namespace

Result<StatsQuery> parse_stats_query(std::string_view raw_query) {
    const auto format = [](StatsQuery& out, const json::Value& value, const Place& place) -> Result<void> {
        static constexpr std::string_view kWords[] = {"human", "raw"};
        MIROIR_TRY(const std::size_t at, read_word(value, place, kWords));
        out.human = at == 0;
        return {};
    };
    static const auto table = FieldTable<StatsQuery>()
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

void IndexStats::add(const IndexStats& other) {
    documents += other.documents;
    raw_bytes += other.raw_bytes;
    embeddings += other.embeddings;
    embedded_documents += other.embedded_documents;
    for (const auto& [name, count] : other.fields) fields[name] += count;
}

void IndexStats::scale(std::uint64_t numerator, std::uint64_t denominator) {
    if (denominator == 0 || numerator == denominator) return;
    for (std::uint64_t* count : {&documents, &raw_bytes, &embeddings, &embedded_documents})
        *count = share_of(*count, numerator, denominator);
    for (auto& [name, count] : fields) count = share_of(count, numerator, denominator);
}

IndexStats index_stats_of(const json::Value& view) {
    IndexStats out;
    out.documents = number_at(view, "numberOfDocuments");
    out.raw_bytes = number_at(view, "rawDocumentDbSize");
    out.embeddings = number_at(view, "numberOfEmbeddings");
    out.embedded_documents = number_at(view, "numberOfEmbeddedDocuments");
    if (const json::Value* fields = view.find("fieldDistribution"); fields != nullptr && fields->is_object()) {
        for (const json::Member& field : fields->object()) {
            if (field.second.is_unsigned()) out.fields[field.first] = field.second.unsigned_integer();
        }
    }
    return out;
}

json::Value index_stats_view(const IndexStats& stats, const StatsQuery& query) {
    json::Object distribution;
    for (const auto& [name, documents] : stats.fields) distribution.append(name, documents);
    json::Object out;
    out.append("numberOfDocuments", stats.documents);
    out.append("rawDocumentDbSize", size_value(stats.raw_bytes, query));
    out.append("avgDocumentSize", size_value(stats.documents == 0 ? 0 : stats.raw_bytes / stats.documents, query));
    out.append("isIndexing", stats.is_indexing);
    out.append("numberOfEmbeddings", stats.embeddings);
    out.append("numberOfEmbeddedDocuments", stats.embedded_documents);
    out.append("fieldDistribution", std::move(distribution));
    if (query.internal_sizes) out.append("internalDatabaseSizes", json::Object());
    return out;
}

}  // namespace miroir::protocol

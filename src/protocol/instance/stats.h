// Statistics as clients ask for and see them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

struct StatsQuery {
    bool internal_sizes = false;
    bool human = false;
};
Result<StatsQuery> parse_stats_query(std::string_view raw_query);
json::Value size_value(std::uint64_t bytes, const StatsQuery& query);  // 1536, or "1.50 KiB"

struct IndexStats {
    std::uint64_t documents = 0;
    std::uint64_t raw_bytes = 0;
    std::uint64_t embeddings = 0;
    std::uint64_t embedded_documents = 0;
    bool is_indexing = false;
    std::map<std::string, std::uint64_t> fields;  // documents that have each

    // One more server's part of the same index.
    void add(const IndexStats& other);
    // Every count times `share`, rounded: what is counted several times, or not everywhere.
    void scale(std::uint64_t numerator, std::uint64_t denominator);
};
IndexStats index_stats_of(const json::Value& view);
json::Value index_stats_view(const IndexStats& stats, const StatsQuery& query);

}  // namespace miroir::protocol

// Facet counts and number ranges of a set of candidates: `facetDistribution` and `facetStats`. Numbers come before
// texts; the rest of the order, its change at 3000 candidates included, is the engine's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "node/index/index.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

// One field's values and counts in order. A key is there once: the number 3 and the text "3" share it.
class FacetCounts {
public:
    using Value = std::pair<std::string, std::uint64_t>;

    void set(std::string_view key, std::uint64_t count);  // replaces the count of a key that is there
    void add(std::string_view key, std::uint64_t count);  // sums up
    std::uint64_t* find(std::string_view key);
    void erase_zeros();
    void sort_by_key();
    void sort_by_count();  // largest first, ties as they were
    void cut(std::size_t most);
    std::size_t size() const { return values_.size(); }
    std::vector<Value>& values() { return values_; }
    const std::vector<Value>& values() const { return values_; }

private:
    std::vector<Value> values_;
    std::map<std::string, std::size_t, std::less<>> places_;
    void index_again();
};

struct FacetRange {
    double min = 0;
    double max = 0;
};

struct Facets {
    std::map<std::string, FacetCounts> distribution;
    std::map<std::string, FacetRange> stats;
};

// Are all names and patterns facets of this index? InvalidSearchFacets with the engine's sentence if not.
Result<void> check_facets(const Index& index, const std::vector<std::string>& patterns);
// The fields that the patterns ask for, in order of their names.
std::vector<std::string> faceted_fields(const Index& index, const std::vector<std::string>& patterns);

Result<Facets> count_facets(const Index& index, const std::vector<std::string>& patterns, const DocIds& candidates);

FacetCounts count_values(const FacetField& facet, const DocIds& candidates, protocol::FacetOrder order,
                         std::size_t most);

json::Value distribution_to_json(const Facets& facets);
json::Value stats_to_json(const Facets& facets);

}  // namespace miroir::node

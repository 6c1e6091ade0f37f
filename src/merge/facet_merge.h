// Facet counts of several nodes as the counts of one: summed by value, ordered and cut as one node would.
// The sums are exact as long as no node has cut its list; the plan asks for enough.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "merge/node_answer.h"

namespace miroir::merge {

struct FacetRecipe {
    std::size_t values_max = 100;                       // maxValuesPerFacet of the client's settings
    bool by_count_default = false;                      // sortFacetValuesBy["*"]
    std::map<std::string, bool, std::less<>> by_count;  // for single fields
    // How a value is written where nodes write it in several ways, by field and normal form.
    std::map<std::pair<std::string, std::string>, std::string> spellings{};
};

// A value that nodes write in several ways ("Red", "red"): one node writes it as the first of its documents does.
struct UnclearSpelling {
    std::string field, normal, spelling;
};
std::vector<UnclearSpelling> unclear_spellings(std::span<const NodeAnswer> answers);

// Of answers about the documents with one such value, with the facets of the field and of the stamp: as the earliest
// of them writes it.
std::optional<std::string> earliest_spelling(std::span<const NodeAnswer> answers, const UnclearSpelling& unclear);

struct MergedFacet {
    struct Count {
        std::string value;
        std::uint64_t count = 0;
    };
    std::string name;
    std::vector<Count> values;
    std::optional<double> minimum, maximum;
    bool has_ties = false;  // by count: values of one count, whose order one node takes from all values it holds
};

// Fields in alphabetical order. `candidates` is the total over all nodes: beyond 3,000 the engine orders numbers by
// magnitude, up to there by their text.
std::vector<MergedFacet> merge_facets(std::span<const NodeAnswer> answers, const FacetRecipe& recipe,
                                      std::uint64_t candidates);

// Facets of several indexes as one: counts summed by the value shown, by count or by key, cut if asked.
std::vector<MergedFacet> sum_facets(std::span<const std::vector<MergedFacet>> parts,
                                    const std::map<std::string, bool, std::less<>>& by_count,
                                    std::optional<std::uint64_t> most);

// `{"field":{"value":count}}` and `{"field":{"min":x,"max":y}}`, appended to `out`.
void append_distribution(std::string& out, std::span<const MergedFacet> facets);
void append_stats(std::string& out, std::span<const MergedFacet> facets);

}  // namespace miroir::merge

// Facet searches of several nodes as the one of a node: counts summed by value, ordered, cut.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "merge/facet_merge.h"

namespace miroir::merge {

class FacetHits {
public:
    // A node's reply; values in several spellings are one, the first spelling is shown.
    Result<void> add(std::string_view reply);
    // [{"value":…,"count":…}], alphabetically or by count, at most `most`.
    json::Array shown(bool by_count, std::size_t most) const;

    // Values that came in several spellings; and how one of them is to be shown.
    std::vector<UnclearSpelling> unclear(const std::string& field) const;
    void spell(const std::string& normal, std::string spelling);

private:
    struct Sum {
        bool unclear = false;
        std::string value;
        std::uint64_t count = 0;
    };
    std::map<std::string, Sum> sums_;  // by normal form
};

}  // namespace miroir::merge

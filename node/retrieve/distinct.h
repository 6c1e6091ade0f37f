// One document for each value of a field: which documents share a value with one that was kept.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "json/value.h"
#include "node/index/index.h"
#include "node/retrieve/format/hit_maker.h"

namespace miroir::node {

// Adds all documents that share a value of the facet with `id`, the document itself included if it has one.
void exclude_same_values(const FacetField& facet, DocId id, DocIds& excluded);

// The values of a hit at a path, as text: the normal form of texts, numbers as written.
std::set<std::string> facet_values(const Hit& hit, std::string_view path);

// Keeps the first hit of each value; hits without a value are all kept.
class DistinctFilter {
public:
    explicit DistinctFilter(std::string field) : field_(std::move(field)) {}
    bool keep(const Hit& hit);

private:
    std::string field_;
    std::set<std::string> seen_;
};

}  // namespace miroir::node

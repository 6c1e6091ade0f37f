// What the settings make of one field: the lines of POST /indexes/{uid}/fields. Pure.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "protocol/query/documents_query.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

struct FieldFacts {
    bool displayed = true;
    bool searchable = true;
    bool sortable = false;
    bool distinct = false;
    std::string ranking_order{};  // "asc", "desc" or empty
    FilterableFeatures filterable{.facet_search = false, .equality = false, .comparison = false};
    bool by_count = false;
    std::vector<std::string> locales{};
};

FieldFacts field_facts(const Settings& settings, const std::string& field);
bool field_passes(const FieldsQuery::Filter& filter, const std::string& field, const FieldFacts& facts);
json::Value field_view(const std::string& field, const FieldFacts& facts);

}  // namespace miroir::protocol

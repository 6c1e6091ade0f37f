// Sentences about what an index' settings do not allow, as the engine words them. Attributes that are not displayed
// are not named but hinted at.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "node/index/index.h"

namespace miroir::node {

Error not_distinct(const Index& index, std::string_view field);
Error not_facet_searchable(const Index& index, std::string_view field);
Error not_sortable_in_search(const Index& index, std::string_view field);
Error not_sortable_in_documents(const Index& index, std::string_view field);

Error index_not_found(std::string_view uid);
// "Index `uid`: …", as the engine starts the faults that it finds while searching. No uid: as it is.
Error told_with_index(std::string_view uid, Error error);

}  // namespace miroir::node

// Foreign keys: fields whose values are ids of documents of another index. Filters may look at those documents, and
// hits show them in place of the ids.
#pragma once

#include <string_view>

#include "base/result.h"
#include "node/index/index.h"
#include "node/retrieve/format/hit_maker.h"
#include "node/retrieve/search.h"
#include "protocol/filter/filter.h"

namespace miroir::node {

// The filter with every `_foreign(field, …)` turned into `field IN [ids]`; at most 100 documents may be found so.
Result<protocol::Filter> without_foreign(protocol::Filter filter, const Index& index, std::string_view uid,
                                         ErrorCode code, const ReadContext& context);

// Puts the documents of other indexes in place of their ids; an id that is not there becomes {}.
void show_foreign_documents(const Index& index, const ReadContext& context, Hit& hit);

}  // namespace miroir::node

// Foreign keys: fields whose values are ids of documents of another index. Nodes know nothing of them, because each
// holds only its shards of that index: filters over such documents are resolved before the search, and hits get the
// documents in the place of their ids after it.
#pragma once

#include "api/desk.h"

namespace miroir::api {

// Every `_foreign(field, …)` turned into `field IN [ids]`. At most 100 documents may be found so, as on one node.
env::Task<Result<void>> resolve_foreign(Desk& desk, plan::IndexPtr index, std::optional<json::Value>& filter,
                                        http::Call call);

// Puts the documents into the hits of a search's reply; an id that is not there becomes {}. With `federated` into those
// hits only that come from this index.
env::Task<Result<void>> show_foreign(Desk& desk, plan::IndexPtr index, std::string& body, http::Call call,
                                     bool federated = false);

}  // namespace miroir::api

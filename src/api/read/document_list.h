// One page of the list of an index's documents. Lists in the order of insertion cost what the page costs, wherever it
// lies: a page that follows another begins at the stamp where that ended, any other is looked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/read/cover_round.h"
#include "merge/document_merge.h"
#include "protocol/query/documents_query.h"

namespace miroir::api {

struct DocumentPage {
    std::vector<merge::DocumentsAnswer> answers;  // the documents point into these
    std::vector<const merge::ListedDocument*> documents;
    std::uint64_t total = 0;  // of the whole list
    std::string before;       // the stamp of the document before the page, where it is known
    std::vector<ShardId> missing;
    std::optional<http::Reply> refusal;
};

env::Task<Result<DocumentPage>> read_page(RoundPlace place, protocol::DocumentsQuery query);

}  // namespace miroir::api

// From a filter's tree to the documents that pass it, over one index. Refusals (attribute not filterable, operator not
// allowed, bad coordinates, unknown embedder) carry the engine's sentence under the code of the calling route. As in
// the engine, the later members of an AND are not looked at once nothing is left.
#pragma once

#include <optional>

#include "base/result.h"
#include "node/index/index.h"
#include "protocol/filter/filter.h"

namespace miroir::node {

Result<DocIds> evaluate_filter(const Index& index, const protocol::Filter& filter, ErrorCode code);

// No filter: all documents.
Result<DocIds> evaluate_filter(const Index& index, const std::optional<protocol::Filter>& filter, ErrorCode code);

}  // namespace miroir::node

// `_vectors EXISTS` and its narrower forms: which documents have vectors, and where these came from.
#pragma once

#include "base/result.h"
#include "node/index/index.h"
#include "protocol/filter/filter.h"

namespace miroir::node {

Result<DocIds> documents_with_vectors(const Index& index, const protocol::Filter& filter, ErrorCode code);

}  // namespace miroir::node

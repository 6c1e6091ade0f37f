// What the two forms of multi-search share.
#pragma once

#include "api/read/search_run.h"
#include "protocol/query/multi_search.h"

namespace miroir::api {

// Several lists of hits as one, by weighted score.
env::Task<Result<http::Reply>> federated_search(Visit visit, protocol::MultiSearch request);

// Inside a multi-search a missing index is the request's fault: 400.
Result<plan::IndexPtr> open_inside(const Desk& desk, const std::string& uid);

}  // namespace miroir::api

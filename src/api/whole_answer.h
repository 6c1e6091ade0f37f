// Reads while indexes are swapped or renamed: an answer is all of the index that had the name before, or all of the one
// that has it afterwards.
#pragma once

#include "api/routes.h"

namespace miroir::api {

env::Task<Result<http::Reply>> answer_whole(const Route& route, Visit visit);

}  // namespace miroir::api

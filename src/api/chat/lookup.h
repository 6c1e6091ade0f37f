// What a model may know of the indexes: which there are, and what its searches find, with the rights of the client who
// talks to it.
#pragma once

#include <vector>

#include "api/routes.h"
#include "protocol/chat/conversation.h"

namespace miroir::api {

// The indexes that the client may read, with the values that filters find in them.
env::Task<Result<std::vector<protocol::chat::Shelf>>> shelves_for(const Visit& visit);

// One search of the model's. `in` is the client's request: its key or token needs the right to search.
env::Task<protocol::chat::Findings> look_up(Desk& desk, const server::Incoming& in, std::string arguments);

}  // namespace miroir::api

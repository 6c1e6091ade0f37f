// The context of a reading request, from what the request said and what the node has switched on.
#pragma once

#include "node/api/routes.h"

namespace miroir::node {

ReadContext read_context(Visit& visit);

}  // namespace miroir::node

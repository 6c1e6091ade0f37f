// The vectors that documents bring, as an index keeps them. How they are read and refused is the protocol's.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "node/index/index.h"
#include "protocol/documents/special_fields.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

using VectorsByEmbedder = std::map<std::string, DocumentVectors>;

// Takes the vectors of the known embedders out of document["_vectors"] (and that member, when nothing is left in it)
// and puts them into `vectors`, replacing what was there.
Result<void> take_vectors(const std::string& external_id, const protocol::Settings& settings, json::Object& document,
                          VectorsByEmbedder& vectors);

}  // namespace miroir::node

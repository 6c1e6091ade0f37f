// The members of a document that are more than text and facets: `_geo` and `_vectors`, read and refused with the
// engine's sentences.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "node/index/index.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

// nullopt: null, the document has no place.
Result<std::optional<GeoPoint>> read_geo(const std::string& external_id, const json::Value& geo);

// Whether `_geojson` is a geometry, a feature or a collection of them, down to its positions.
Result<void> check_geojson(const json::Value& geojson);

using VectorsByEmbedder = std::map<std::string, DocumentVectors>;

// Takes the vectors of the known embedders out of document["_vectors"] (and that member, when nothing is left in it)
// and puts them into `vectors`, replacing what was there.
Result<void> take_vectors(const std::string& external_id, const protocol::Settings& settings, json::Object& document,
                          VectorsByEmbedder& vectors);

// The refusal for a document whose embedder wants vectors from the user and got none. `more`: how many others.
Error missing_vectors(const std::string& embedder, const std::string& external_id, std::size_t more);

}  // namespace miroir::node

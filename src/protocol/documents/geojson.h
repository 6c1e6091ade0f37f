// The shape of a `_geojson` value: a geometry, a feature or a collection. Coordinates are not looked at here.
#pragma once

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

// InvalidDocumentGeoField, in the engine's words. Null is no shape and is fine.
Result<void> check_geojson(const json::Value& shape);

}  // namespace miroir::protocol

#include "protocol/documents/geojson.h"

#include <algorithm>
#include <string_view>

#include "json/write.h"

namespace miroir::protocol {

Result<void> check_geojson(const json::Value& shape) {
    static constexpr std::string_view kTypes[] = {"Point",        "MultiPoint",         "LineString",
                                                  "MultiLineString", "Polygon",         "MultiPolygon",
                                                  "GeometryCollection", "Feature",      "FeatureCollection"};
    if (shape.is_null()) return {};
    if (!shape.is_object()) {
        return fail(ErrorCode::InvalidDocumentGeoField,
                    "Expected an owned Object, but got `" + json::to_text(shape) + "`");
    }
    const json::Value* type = shape.find("type");
    if (type == nullptr || !type->is_string()) {
        return fail(ErrorCode::InvalidDocumentGeoField, "Expected a GeoJSON property for `type`, but got None");
    }
    if (std::ranges::find(kTypes, type->string()) != std::end(kTypes)) return {};
    return fail(ErrorCode::InvalidDocumentGeoField,
                "Expected a Feature, FeatureCollection, or Geometry, but got an empty type");
}

}  // namespace miroir::protocol

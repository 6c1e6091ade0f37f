#include <array>

#include "json/write.h"
#include "protocol/documents/special_fields.h"

namespace miroir::protocol {

namespace {

std::unexpected<Error> bad(std::string message) { return fail(ErrorCode::InvalidDocumentGeoField, std::move(message)); }

// How many lists lie around the positions of each kind of geometry.
struct Kind {
    std::string_view name;
    int depth;
};
constexpr std::array<Kind, 6> kGeometries = {
    {{"Point", 0}, {"MultiPoint", 1}, {"LineString", 1}, {"MultiLineString", 2}, {"Polygon", 2}, {"MultiPolygon", 3}}};

Result<void> check_positions(const json::Value& value, int depth) {
    if (!value.is_array()) return bad("Expected an Array value, but got `None`");
    if (depth > 0) {
        for (const json::Value& item : value.array()) MIROIR_CHECK(check_positions(item, depth - 1));
        return {};
    }
    if (value.array().size() < 2) {
        return bad("A position must contain two or more elements, but got `" + std::to_string(value.array().size()) +
                   "`");
    }
    for (const json::Value& number : value.array()) {
        if (!number.is_number()) return bad("Expected a floating-point value, but got None");
    }
    return {};
}

Result<const json::Value*> property(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    if (value == nullptr) return bad("Expected a GeoJSON property for `" + std::string(name) + "`, but got None");
    return value;
}

Result<void> check_all(const json::Value& object, std::string_view name);

Result<void> check_object(const json::Value& value) {
    if (!value.is_object()) return bad("Expected an owned Object, but got `" + json::to_text(value) + "`");
    const json::Value* type = value.find("type");
    if (type == nullptr || !type->is_string()) return bad("Encountered an unknown 'geometry' object type: `type`");
    for (const Kind& kind : kGeometries) {
        if (type->string() != kind.name) continue;
        MIROIR_TRY(const json::Value* coordinates, property(value, "coordinates"));
        return check_positions(*coordinates, kind.depth);
    }
    if (type->string() == "GeometryCollection") return check_all(value, "geometries");
    if (type->string() == "FeatureCollection") return check_all(value, "features");
    if (type->string() != "Feature") {
        return bad("Expected a Feature, FeatureCollection, or Geometry, but got an empty type");
    }
    MIROIR_TRY(const json::Value* geometry, property(value, "geometry"));
    return geometry->is_null() ? Result<void>() : check_object(*geometry);
}

Result<void> check_all(const json::Value& object, std::string_view name) {
    MIROIR_TRY(const json::Value* list, property(object, name));
    if (!list->is_array()) return bad("Expected an Array value, but got `None`");
    for (const json::Value& item : list->array()) MIROIR_CHECK(check_object(item));
    return {};
}

}  // namespace

Result<void> check_geojson(const json::Value& geojson) { return check_object(geojson); }

}  // namespace miroir::protocol

#include "node/retrieve/filter/places.h"

#include <limits>

#include "node/retrieve/geo/shape.h"
#include "node/search/geo/distance.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::Filter;
using protocol::FilterToken;

constexpr std::size_t kCircleCorners = 125;

double number(const FilterToken& token) { return token.finite_number().value_or(0); }

GeoPoint point_of(const std::array<FilterToken, 2>& tokens) {
    return {.lat = number(tokens[0]), .lng = number(tokens[1])};
}

DocIds points_within(const Index& index, GeoPoint centre, double metres) {
    DocIds found;
    for (const DocId id : index.geo_documents()) {
        const auto point = index.geo_point(id);
        if (!point) continue;
        if (metres_between(centre, *point) <= metres + std::numeric_limits<double>::epsilon()) found.add(id);
    }
    return found;
}

// `low` is the south-western corner; a box whose west lies east of its east goes over the date line.
DocIds points_in_box(const Index& index, GeoPoint low, GeoPoint high) {
    const bool over_date_line = high.lng < low.lng;
    DocIds found;
    for (const DocId id : index.geo_documents()) {
        const auto point = index.geo_point(id);
        if (!point || point->lat < low.lat || point->lat > high.lat) continue;
        const bool east = point->lng >= low.lng;
        const bool west = point->lng <= high.lng;
        const bool within =
            over_date_line ? (east && point->lng <= 180.0) || (west && point->lng >= -180.0) : east && west;
        if (within) found.add(id);
    }
    return found;
}

DocIds shapes_touching(const Index& index, const Area& area) {
    DocIds found;
    for (const auto& [id, shape] : index.geojson()) {
        if (area.touches(shape)) found.add(id);
    }
    return found;
}

}  // namespace

DocIds documents_in_place(const Index& index, const Filter& filter) {
    const auto& rules = index.settings().filterable_attributes;
    const bool points = protocol::has_geo(rules);
    const bool shapes = protocol::has_geojson(rules);
    DocIds found;
    if (filter.type == Filter::Type::GeoRadius) {
        const GeoPoint centre = point_of(filter.points.front());
        const double metres = number(filter.radius);
        const auto corners = filter.resolution ? static_cast<std::size_t>(number(*filter.resolution)) : kCircleCorners;
        if (points) found |= points_within(index, centre, metres);
        if (shapes) found |= shapes_touching(index, Area::circle(centre, metres, corners));
    } else if (filter.type == Filter::Type::GeoBoundingBox) {
        const GeoPoint high = point_of(filter.points[0]);
        const GeoPoint low = point_of(filter.points[1]);
        if (points) found |= points_in_box(index, low, high);
        const GeoPoint top_left{.lat = high.lat, .lng = low.lng};
        const GeoPoint bottom_right{.lat = low.lat, .lng = high.lng};
        if (shapes) found |= shapes_touching(index, Area({high, top_left, low, bottom_right}));
    } else {
        Line corners;
        for (const auto& tokens : filter.points) corners.push_back(point_of(tokens));
        if (shapes) found |= shapes_touching(index, Area(corners));
    }
    return found;
}

}  // namespace miroir::node

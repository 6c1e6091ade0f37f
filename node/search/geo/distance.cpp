#include "node/search/geo/distance.h"

#include <cmath>
#include <numbers>

namespace miroir::node {
namespace {

constexpr double kSphereRadius = 6371e3;     // of metres_between
constexpr double kMeanRadius = 6'371'008.8;  // of the shape functions

double radians(double degrees) { return degrees * (std::numbers::pi / 180.0); }
double degrees(double radians) { return radians * (180.0 / std::numbers::pi); }
double haversine(double angle) { return (1.0 - std::cos(angle)) / 2.0; }
double square(double x) { return x * x; }

}  // namespace

double metres_between(GeoPoint a, GeoPoint b) {
    const double lat_a = radians(a.lat);
    const double lat_b = radians(b.lat);
    const double over_lat = haversine(lat_b - lat_a);
    const double over_lng = std::cos(lat_a) * std::cos(lat_b) * haversine(radians(b.lng) - radians(a.lng));
    const double metres = 2.0 * kSphereRadius * std::asin(std::sqrt(over_lat + over_lng));
    return std::round(metres * 1000.0) / 1000.0;
}

double arc_metres(GeoPoint a, GeoPoint b) {
    const double over_lat = square(std::sin(radians(b.lat - a.lat) / 2.0));
    const double over_lng = square(std::sin(radians(b.lng - a.lng) / 2.0));
    const double chord = over_lat + std::cos(radians(a.lat)) * std::cos(radians(b.lat)) * over_lng;
    return kMeanRadius * (2.0 * std::asin(std::sqrt(chord)));
}

GeoPoint destination(GeoPoint start, double bearing, double metres) {
    const double lat = radians(start.lat);
    const double turn = radians(bearing);
    const double arc = metres / kMeanRadius;
    const double end_lat = std::asin(std::sin(lat) * std::cos(arc) + std::cos(lat) * std::sin(arc) * std::cos(turn));
    const double end_lng =
        std::atan2(std::sin(turn) * std::sin(arc) * std::cos(lat), std::cos(arc) - std::sin(lat) * std::sin(end_lat)) +
        radians(start.lng);
    return {.lat = degrees(end_lat), .lng = std::fmod(degrees(end_lng) + 540.0, 360.0) - 180.0};
}

GeoPoint point_between(GeoPoint a, GeoPoint b, double ratio) {
    if ((a.lat == b.lat && a.lng == b.lng) || ratio == 0.0) return a;
    if (ratio == 1.0) return b;
    const double lat_a = radians(a.lat);
    const double lng_a = radians(a.lng);
    const double lat_b = radians(b.lat);
    const double lng_b = radians(b.lng);
    const double half_chord = std::sqrt(square(std::sin((lat_a - lat_b) / 2.0)) +
                                        std::cos(lat_a) * std::cos(lat_b) * square(std::sin((lng_a - lng_b) / 2.0)));
    const double arc = 2.0 * std::asin(half_chord);
    const double from_a = std::sin((1.0 - ratio) * arc) / std::sin(arc);
    const double from_b = std::sin(ratio * arc) / std::sin(arc);
    const double x = from_a * (std::cos(lat_a) * std::cos(lng_a)) + from_b * (std::cos(lat_b) * std::cos(lng_b));
    const double y = from_a * (std::cos(lat_a) * std::sin(lng_a)) + from_b * (std::cos(lat_b) * std::sin(lng_b));
    const double z = from_a * std::sin(lat_a) + from_b * std::sin(lat_b);
    return {.lat = degrees(std::atan2(z, std::hypot(x, y))), .lng = degrees(std::atan2(y, x))};
}

}  // namespace miroir::node

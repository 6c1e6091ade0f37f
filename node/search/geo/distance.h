// Distances on the sphere, to the millimetre as the engine rounds them.
#pragma once

#include "node/index/index.h"

namespace miroir::node {

// Great-circle distance in metres (haversine, radius 6371 km), rounded to the millimetre.
double metres_between(GeoPoint a, GeoPoint b);

// Where one arrives from `start` after `metres` on the bearing (degrees, 0 is north).
GeoPoint destination(GeoPoint start, double bearing, double metres);

// The point at `ratio` of the way from a to b along the great circle.
GeoPoint point_between(GeoPoint a, GeoPoint b, double ratio);

// Unrounded great-circle distance with the mean radius of the shape functions.
double arc_metres(GeoPoint a, GeoPoint b);

}  // namespace miroir::node

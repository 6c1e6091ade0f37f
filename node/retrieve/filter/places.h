// The three filters by place: _geoRadius, _geoBoundingBox over `_geo` points and `_geojson` shapes, _geoPolygon over
// shapes only. The caller has checked coordinates and settings (protocol::check_geo).
#pragma once

#include "node/index/index.h"
#include "protocol/filter/filter.h"

namespace miroir::node {

DocIds documents_in_place(const Index& index, const protocol::Filter& filter);

}  // namespace miroir::node

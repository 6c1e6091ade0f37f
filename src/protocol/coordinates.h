// What the engine says of coordinates that no place has, in filters and in sorts.
#pragma once

#include <string>

namespace miroir::protocol {

std::string bad_latitude(double lat);
std::string bad_longitude(double lng);

}  // namespace miroir::protocol

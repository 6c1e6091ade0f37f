#include "protocol/coordinates.h"

#include <cmath>

#include "protocol/text_normal.h"

namespace miroir::protocol {

std::string bad_latitude(double lat) {
    return "Bad latitude `" + plain_number(lat) + "`. Latitude must be contained between -90 and 90 degrees.";
}

std::string bad_longitude(double lng) {
    double around = std::fmod(lng + 180.0, 360.0);
    if (around < 0) around += 360.0;
    return "Bad longitude `" + plain_number(lng) +
           "`. Longitude must be contained between -180 and 180 degrees. Hint: try using `" +
           plain_number(around - 180.0) + "` instead.";
}

}  // namespace miroir::protocol

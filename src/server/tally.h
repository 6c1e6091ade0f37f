// The front door's metrics: requests, their duration, how many are running. Handles are looked up once a series.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>

#include "env/metrics.h"
#include "server/front_door.h"

namespace miroir::server {

class FrontDoor::Tally {
public:
    explicit Tally(env::Metrics& metrics);

    void began() { in_flight_.add(1); }
    void ended(std::string_view method, std::string_view route, int status, double seconds);

private:
    struct Series {
        env::Counter* requests;
        env::Histogram* duration;
    };
    // Routes live as long as the router, methods are constants: views are enough.
    using Key = std::tuple<std::string_view, std::string_view, int>;

    env::Metrics& metrics_;
    env::Gauge& in_flight_;
    std::map<Key, Series> series_;
};

}  // namespace miroir::server

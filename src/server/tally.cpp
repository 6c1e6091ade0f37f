#include "server/tally.h"

#include <array>
#include <string>

namespace miroir::server {
namespace {

constexpr env::MetricName kRequests{.name = "miroir_requests_total", .help = "Requests answered."};
constexpr env::MetricName kDuration{.name = "miroir_request_duration_seconds", .help = "Time from request to reply."};
constexpr env::MetricName kInFlight{.name = "miroir_requests_in_flight", .help = "Requests being worked on."};
constexpr auto kBounds = std::to_array<double>({.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10});

// A client may send any word as a method: only known ones become labels.
std::string_view known_method(std::string_view method) {
    for (const std::string_view known : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"}) {
        if (method == known) return known;
    }
    return "other";
}

}  // namespace

FrontDoor::Tally::Tally(env::Metrics& metrics) : metrics_(metrics), in_flight_(metrics.gauge(kInFlight)) {}

void FrontDoor::Tally::ended(std::string_view method, std::string_view route, int status, double seconds) {
    in_flight_.add(-1);
    const Key key{known_method(method), route, status};
    auto place = series_.find(key);
    if (place == series_.end()) {
        const std::string status_text = std::to_string(status);
        const env::Labels labels = {{"method", std::get<0>(key)}, {"path_template", route}, {"status", status_text}};
        const Series made{.requests = &metrics_.counter(kRequests, labels),
                          .duration = &metrics_.histogram(kDuration, kBounds, labels)};
        place = series_.emplace(key, made).first;
    }
    place->second.requests->add();
    place->second.duration->observe(seconds);
}

}  // namespace miroir::server

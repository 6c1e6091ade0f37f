// The handler in front of a Router: request ids, limits, deadlines, CORS, encodings, the access log and metrics, so
// that endpoints hold none of it. Unknown paths (404) and methods (405) are answered here, before any authentication.
// Lives on one executor, as do all its requests; the router, the metrics and the front door itself outlive them all.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "env/metrics.h"
#include "http/handler.h"
#include "server/admission.h"
#include "server/router.h"

namespace miroir::server {

struct FrontDoorOptions {
    // Requests that run at once; more wait their turn: 503 after `queue_wait`, 429 at once when the queue is full.
    std::size_t in_flight_max = 500;
    std::size_t queue_max = 2'000;
    std::chrono::nanoseconds queue_wait = std::chrono::seconds(2);
    std::vector<std::string> always_admitted = {"/health"};  // routes that no limit stops: probes

    // A request is answered by then, with 504 if need be. A large body gets longer: its size by the slowest rate.
    std::chrono::nanoseconds time_limit = std::chrono::seconds(30);
    std::size_t body_bytes_per_second_min = 128u << 10;

    std::size_t inflated_body_max = 100'000'000;  // of a compressed body, after inflation
    std::size_t compress_min = 1;                 // shorter replies are sent as they are
    std::chrono::seconds retry_after{1};          // what our own 429 and 503 ask the client to wait

    // Towards the outside: internal headers of clients are dropped, X-Request-Id is taken and given.
    bool edge = true;
    bool access_log = true;
    env::Metrics* metrics = nullptr;  // nullptr: none
};

class FrontDoor final : public http::Handler {
public:
    FrontDoor(env::Env env, const Router& router, FrontDoorOptions options = {});
    ~FrontDoor();

    // Always answers. An exception out of an endpoint becomes a 500 `internal` and a line in the log.
    env::Task<http::Reply> handle(http::Request request, http::Call call) override;

    // Requests whose endpoint still runs, also those that were answered 504 meanwhile.
    std::size_t in_flight() const { return in_flight_; }
    // From now on new requests get 503 and the running ones go on.
    void refuse_new() { admission_.close(); }

private:
    struct Visit;
    class Tally;
    env::Task<http::Reply> answer(http::Request request, http::Call call, Visit& visit);
    env::Task<http::Reply> admit(const Endpoint& endpoint, Incoming in, Visit& visit);
    env::Task<http::Reply> run(const Endpoint& endpoint, Incoming in);
    Incoming incoming(http::Request request, http::Call call, Router::Match match) const;
    env::Deadline deadline_of(const http::Request& request, env::Deadline asked) const;
    http::Reply busy(Admission::Verdict verdict) const;
    void finish(http::Reply& reply, const Visit& visit);

    env::Env env_;
    const Router& router_;
    FrontDoorOptions options_;
    Admission admission_;
    std::size_t in_flight_ = 0;
    std::unique_ptr<Tally> tally_;
};

}  // namespace miroir::server

// The handler in front of a Router: request ids, limits, deadlines, CORS, encodings, the access log and metrics, so
// that endpoints hold none of it. Unknown paths (404) and methods (405) are answered here, before any authentication.
// Lives on one executor, as do all its requests; the router and whatever `options` point to outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "env/env.h"
#include "env/metrics.h"
#include "http/handler.h"
#include "server/router.h"

namespace miroir::server {

struct FrontDoorOptions {
    std::size_t in_flight_max = 2048;             // more are answered 429 at once
    std::chrono::nanoseconds time_limit = std::chrono::seconds(30);  // of a request whose listener set no sooner one
    std::size_t inflated_body_max = 256u << 20;   // of a compressed body, after inflation
    std::size_t compress_min = 0;                 // replies shorter than this are sent as they are
    std::chrono::seconds retry_after{1};          // what 429 and 503 ask the client to wait, unless the endpoint said so
    bool access_log = true;
    std::string_view log_target = "access";
    env::Metrics* metrics = nullptr;              // nullptr: none
};

class FrontDoor final : public http::Handler {
public:
    FrontDoor(env::Env env, const Router& router, FrontDoorOptions options = {});

    // Always answers. An exception out of an endpoint becomes a 500 `internal` and a line in the log.
    env::Task<http::Reply> handle(http::Request request, http::Call call) override;

    std::size_t in_flight() const { return in_flight_; }
    // From now on new requests get 503 and the running ones go on.
    void refuse_new() { refusing_ = true; }

private:
    struct Visit;
    env::Task<http::Reply> answer(http::Request request, http::Call call, Visit& visit);
    env::Task<http::Reply> run(const Endpoint& endpoint, Incoming in, Visit& visit);
    void finish(http::Reply& reply, Visit& visit);

    env::Env env_;
    const Router& router_;
    FrontDoorOptions options_;
    std::size_t in_flight_ = 0;
    bool refusing_ = false;
};

}  // namespace miroir::server

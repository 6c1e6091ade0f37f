#include "workers/node_probe.h"

#include <gtest/gtest.h>

#include <deque>

namespace miroir::workers {
namespace {

using cluster::ProbeOutcome;

class StillClock final : public env::Clock {
public:
    env::Monotonic now() override { return env::Monotonic(std::chrono::seconds(5)); }
    env::WallTime wall() override { return {}; }
};

// Answers at once with what it was given, and keeps what it was asked.
class CannedClient final : public http::Client {
public:
    explicit CannedClient(Result<http::Reply> reply) : reply_(std::move(reply)) {}

    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override {
        asked = to.text() + request.target;
        key = request.headers.get("Authorization");
        deadline = options.deadline.at;
        co_return std::move(reply_);
    }
    std::string asked;
    std::string key;
    env::Monotonic deadline;

private:
    Result<http::Reply> reply_;
};

template <class T>
env::Task<void> keep(env::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await task);
}
template <class T>
T value_of(env::Task<T> task) {
    std::optional<T> out;
    env::detail::run_detached(keep(std::move(task), out));
    return std::move(out).value();
}

http::Reply reply(int status, std::string body) {
    http::Reply out;
    out.status = status;
    out.body = std::move(body);
    return out;
}

Probe probed(Result<http::Reply> answer, std::string address = "http://n:7700") {
    StillClock clock;
    CannedClient client(std::move(answer));
    return value_of(probe_health(clock, client, std::move(address), {}, {}));
}

TEST(NodeProbe, OnlyMeilisearchsWordCounts) {
    EXPECT_EQ(probed(reply(200, R"({"status":"available"})")).outcome, ProbeOutcome::Healthy);
    EXPECT_EQ(probed(reply(200, R"({ "more": 1, "status" : "available" })")).outcome, ProbeOutcome::Healthy);
    for (const char* body : {"", "<html>", "available", R"("available")", R"({"status":"ok"})", R"({"status":true})",
                             "{\"status\":\"avail"}) {
        EXPECT_EQ(probed(reply(200, body)).outcome, ProbeOutcome::Foreign) << body;
    }
    for (const int status : {204, 301, 401, 403, 404, 405}) {
        EXPECT_EQ(probed(reply(status, R"({"status":"available"})")).outcome, ProbeOutcome::Foreign) << status;
    }
    for (const int status : {429, 500, 503})
        EXPECT_EQ(probed(reply(status, "")).outcome, ProbeOutcome::Unwell) << status;
}

TEST(NodeProbe, SaysWhyInWords) {
    EXPECT_EQ(probed(fail(ErrorCode::MiroirTimeout, "x")).outcome, ProbeOutcome::TimedOut);
    EXPECT_EQ(probed(fail(ErrorCode::MiroirNodeUnreachable, "connection refused")).reason,
              "cannot be reached: connection refused");
    EXPECT_EQ(probed(fail(ErrorCode::MiroirNodeBadReply, "cut")).outcome, ProbeOutcome::Unreachable);
    EXPECT_TRUE(probed(fail(ErrorCode::MiroirCanceled, "x")).canceled);
    EXPECT_FALSE(probed(reply(503, "")).reason.empty());
    EXPECT_EQ(probed(reply(200, R"({"status":"available"})"), "nonsense").outcome, ProbeOutcome::Unreachable);
}

TEST(NodeProbe, BoundedInTimeAndWithoutTheKeyForHealth) {
    StillClock clock;
    CannedClient client(reply(200, "{}"));
    const ProbeSettings settings{.timeout = std::chrono::seconds(3), .node_key = "secret"};
    value_of(probe_health(clock, client, "http://n:7700", settings, {}));
    EXPECT_EQ(client.asked, "http://n:7700/health");
    EXPECT_EQ(client.key, "");  // whoever listens there must not learn it
    EXPECT_EQ(client.deadline, clock.now() + std::chrono::seconds(3));
    CannedClient versions(reply(200, R"({"commitSha":"a","pkgVersion":"1.50.0"})"));
    EXPECT_EQ(value_of(ask_version(clock, versions, "http://n:7700", settings, {})).version, "1.50.0");
    EXPECT_EQ(versions.key, "Bearer secret");
}

TEST(NodeProbe, VersionsAreTakenOnlyWhenTheyLookLikeOne) {
    const auto asked = [](Result<http::Reply> answer) {
        StillClock clock;
        CannedClient client(std::move(answer));
        return value_of(ask_version(clock, client, "http://n:7700", {}, {}));
    };
    EXPECT_EQ(asked(reply(200, R"({"pkgVersion":"1.50.0-rc.1"})")).version, "1.50.0-rc.1");
    EXPECT_EQ(asked(reply(200, R"({"pkgVersion":"<script>"})")).version, "");
    EXPECT_EQ(asked(reply(200, R"({"pkgVersion":")" + std::string(500, '1') + R"("})")).version, "");
    EXPECT_EQ(asked(reply(200, R"({"pkgVersion":1})")).version, "");
    EXPECT_EQ(asked(reply(500, "")).version, "");
    EXPECT_NE(asked(reply(403, "{}")).trouble, "");
}

TEST(NodeProbe, NumberingIsToldByWhatIsRefusedFirst) {
    const auto asked = [](Result<http::Reply> answer) {
        StillClock clock;
        CannedClient client(std::move(answer));
        return value_of(ask_numbering(clock, client, "http://n:7700", {}, {}));
    };
    EXPECT_EQ(asked(reply(400, R"({"code":"bad_request"})")), true);
    EXPECT_EQ(asked(reply(415, R"({"code":"missing_content_type"})")), false);
    EXPECT_EQ(asked(reply(403, R"({"code":"invalid_api_key"})")), std::nullopt);
    EXPECT_EQ(asked(reply(404, "")), std::nullopt);
    EXPECT_EQ(asked(fail(ErrorCode::MiroirTimeout, "late")), std::nullopt);
}

}  // namespace
}  // namespace miroir::workers

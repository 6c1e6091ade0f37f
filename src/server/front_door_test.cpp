#include "server/front_door.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "json/parse.h"
#include "server/body.h"
#include "server/encoding.h"
#include "server/replies.h"
#include "server/test_world.h"

namespace miroir::server {
namespace {

class Room {
public:
    env::Task<http::Reply> hello(Incoming in) {
        seen = std::move(in);
        co_return json_text_reply(200, R"({"status":"available"})");
    }
    env::Task<http::Reply> echo(Incoming in) {
        const Result<json::Value> body = co_await read_json_body(in, 1000);
        if (!body) co_return error_reply(body.error());
        co_return json_reply(200, *body);
    }
    env::Task<http::Reply> boom(Incoming) {
        throw std::runtime_error("the shelf fell");
        co_return empty_reply(200);
    }
    env::Task<http::Reply> hold(Incoming in) {
        held_deadline = in.call.deadline;
        held_cancel = in.call.cancel;
        co_await gate;
        co_return json_text_reply(200, "1");
    }

    // A reply still being produced: at once, or when the gate opens.
    env::Task<http::Reply> stream(Incoming in) {
        held_cancel = in.call.cancel;
        if (in.raw_query == "late") co_await gate;
        http::Reply reply;
        reply.stream = http::body_of("words");
        co_return reply;
    }

    explicit Room(FrontDoorOptions options = {}) : door((fill(), world.env()), router, std::move(options)) {}

    http::Reply ask(std::string method, std::string target, http::Headers headers = {}, std::string body = {}) {
        return world.wait(start(std::move(method), std::move(target), std::move(headers), std::move(body)));
    }
    env::Task<http::Reply> start(std::string method, std::string target, http::Headers headers = {},
                                 std::string body = {}) {
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.headers = std::move(headers);
        if (!body.empty()) {
            request.content_length = body.size();
            request.body = http::body_of(std::move(body));
        }
        return door.handle(std::move(request), http::Call());
    }

    test::World world;
    Router router;
    env::OneShot<bool> gate{world};
    env::Deadline held_deadline;
    env::Cancel held_cancel;
    Incoming seen;
    FrontDoor door;

private:
    void fill() {
        router.add("GET", "/health", [this](Incoming in) { return hello(std::move(in)); });
        router.add("GET", "/indexes/{uid}", [this](Incoming in) { return hello(std::move(in)); });
        router.add("POST", "/echo", [this](Incoming in) { return echo(std::move(in)); });
        router.add("GET", "/boom", [this](Incoming in) { return boom(std::move(in)); });
        router.add("GET", "/stream", [this](Incoming in) { return stream(std::move(in)); });
        router.add("GET", "/hold", [this](Incoming in) { return hold(std::move(in)); });
    }
};

std::string code_of(const http::Reply& reply) {
    const auto body = json::parse(reply.body);
    if (!body || !body->find("code")) return "no code in: " + reply.body;
    return body->find("code")->string();
}

std::string message_of(const http::Reply& reply) { return json::parse(reply.body).value().find("message")->string(); }

// The client's going away is told as long as its reply is being produced, and no longer.
TEST(FrontDoor, AReplyBeingProducedHearsThatTheClientIsGone) {
    for (const std::string target : {"/stream", "/stream?late"}) {
        Room room;
        const env::Cancel gone;
        http::Request request;
        request.target = target;
        http::Call call;
        call.cancel = gone;
        std::optional<http::Reply> reply;
        env::spawn(room.world, test::World::keep(room.door.handle(std::move(request), std::move(call)), reply));
        room.world.settle();
        room.gate.set(true);
        room.world.settle();
        ASSERT_TRUE(reply && reply->stream) << target;
        EXPECT_FALSE(room.held_cancel.requested());
        env::Cancel(gone).request();
        EXPECT_TRUE(room.held_cancel.requested()) << target;
        EXPECT_EQ(*room.world.wait(reply->stream->next()), "words");
    }
}

TEST(FrontDoor, AnswersUnknownPathsAndMethodsItself) {
    Room room;
    const http::Reply unknown = room.ask("GET", "/nowhere?x=/health");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.body, "");
    EXPECT_FALSE(unknown.headers.has("content-type"));
    const http::Reply head = room.ask("HEAD", "/health");
    EXPECT_EQ(head.status, 405);
    EXPECT_EQ(head.headers.get("allow"), "GET");
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(room.ask("OPTIONS", "/health").status, 405);
}

TEST(FrontDoor, HandsOverTheRequestInParts) {
    Room room;
    room.ask("GET", "/indexes/a%2Fb?q=1%202&x", {{"Authorization", "Bearer k"}});
    EXPECT_EQ(room.seen.params.get("uid"), "a/b");
    EXPECT_EQ(room.seen.path, "/indexes/a%2Fb");
    EXPECT_EQ(room.seen.raw_query, "q=1%202&x");
    EXPECT_EQ(room.seen.route, "/indexes/{uid}");
    EXPECT_EQ(room.seen.headers.get("authorization"), "Bearer k");
    EXPECT_NE(room.seen.body, nullptr);
}

TEST(FrontDoor, NamesRequestsAndKeepsSoundNames) {
    Room room;
    const http::Reply first = room.ask("GET", "/health");
    const std::string id(first.headers.get("x-request-id"));
    EXPECT_EQ(id.size(), 8u);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_EQ(room.seen.call.request_id, id);
    EXPECT_NE(room.ask("GET", "/health").headers.get("x-request-id"), id);
    EXPECT_EQ(room.ask("GET", "/health", {{"X-Request-Id", "abc-1"}}).headers.get("x-request-id"), "abc-1");
    EXPECT_EQ(room.ask("GET", "/nowhere", {{"X-Request-Id", "abc-1"}}).headers.get("x-request-id"), "abc-1");
    EXPECT_EQ(room.ask("GET", "/health", {{"X-Request-Id", "a\"b c"}}).headers.get("x-request-id").size(), 8u);
}

TEST(FrontDoor, LogsTheRouteAndNeverTheQuery) {
    Room room;
    room.ask("GET", "/indexes/films?q=secret", {{"Authorization", "Bearer secret"}, {"X-Request-Id", "r1"}});
    ASSERT_EQ(room.world.lines.size(), 1u);
    EXPECT_EQ(room.world.lines[0], "request method=GET route=/indexes/{uid} status=200 duration_ms= request_id=r1");
    room.ask("GET", "/secret");
    EXPECT_EQ(room.world.lines[1].find("secret"), std::string::npos);
}

TEST(FrontDoor, SpeaksCorsAsTheEngineDoes) {
    Room room;
    constexpr std::string_view kVary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    const http::Reply plain = room.ask("GET", "/health");
    EXPECT_FALSE(plain.headers.has("access-control-allow-origin"));
    EXPECT_EQ(plain.headers.get("vary"), kVary);
    const http::Headers origin = {{"Origin", "http://shop.example"}};
    EXPECT_EQ(room.ask("GET", "/health", origin).headers.get("access-control-allow-origin"), "*");
    EXPECT_EQ(room.ask("GET", "/nowhere", origin).headers.get("access-control-allow-origin"), "*");

    const http::Reply preflight = room.ask("OPTIONS", "/indexes/a",
                                           {{"Origin", "http://shop.example"},
                                            {"Access-Control-Request-Method", "POST"},
                                            {"Access-Control-Request-Headers", "authorization, content-type"}});
    EXPECT_EQ(preflight.status, 200);
    EXPECT_EQ(preflight.headers.get("access-control-allow-origin"), "*");
    EXPECT_EQ(preflight.headers.get("access-control-allow-headers"), "authorization, content-type");
    EXPECT_EQ(preflight.headers.get("access-control-max-age"), "86400");
    EXPECT_EQ(preflight.headers.get("access-control-allow-methods"),
              "CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE");
    EXPECT_EQ(preflight.headers.get("vary"), kVary);
    EXPECT_EQ(room.ask("OPTIONS", "/nowhere", {{"Access-Control-Request-Method", "POST"}}).status, 200);
    EXPECT_EQ(room.ask("OPTIONS", "/nowhere", {{"Access-Control-Request-Method", "bad method"}}).status, 404);
}

TEST(FrontDoor, CompressesWhatIsAskedFor) {
    Room room;
    for (const std::string name : {"gzip", "br", "deflate"}) {
        const http::Reply reply = room.ask("GET", "/health", {{"Accept-Encoding", name}});
        EXPECT_EQ(reply.headers.get("content-encoding"), name);
        const auto plain = decompressed(*encoding_of(name), http::body_of(reply.body), 1000);
        EXPECT_EQ(room.world.wait(http::read_all(*plain, 1000)).value(), R"({"status":"available"})");
    }
    EXPECT_FALSE(room.ask("GET", "/health").headers.has("content-encoding"));
    EXPECT_FALSE(room.ask("GET", "/nowhere", {{"Accept-Encoding", "gzip"}}).headers.has("content-encoding"));
    const http::Reply refused = room.ask("GET", "/health", {{"Accept-Encoding", "*;q=0"}, {"Origin", "x"}});
    EXPECT_EQ(refused.status, 406);
    EXPECT_EQ(refused.body, "br, gzip, deflate");
    EXPECT_FALSE(refused.headers.has("access-control-allow-origin"));
}

TEST(FrontDoor, DecodesBodies) {
    FrontDoorOptions options;
    options.inflated_body_max = 500;
    Room room(std::move(options));
    const std::string json = R"({"q":"sent compressed"})";
    for (const Encoding encoding : {Encoding::Brotli, Encoding::Gzip, Encoding::Deflate}) {
        const http::Headers headers = {{"content-type", "application/json"},
                                       {"content-encoding", std::string(encoding_name(encoding))}};
        EXPECT_EQ(room.ask("POST", "/echo", headers, compress(encoding, json)).body, json);
        const http::Reply bomb = room.ask("POST", "/echo", headers, compress(encoding, std::string(600, ' ')));
        EXPECT_EQ(bomb.status, 413);
        const http::Reply broken = room.ask("POST", "/echo", headers, json);
        EXPECT_EQ(broken.status, 400);
        EXPECT_EQ(code_of(broken), "bad_request");
        EXPECT_TRUE(message_of(broken).starts_with("Error that occur during reading payload: payload reached EOF"));
    }
    const http::Headers unknown = {{"content-type", "application/json"}, {"content-encoding", "zstd"}};
    EXPECT_EQ(room.ask("POST", "/echo", unknown, json).body, json);
}

TEST(FrontDoor, ReadsJsonWithTheEnginesRefusals) {
    Room room;
    struct Case {
        std::string type;
        std::string body;
        int status;
        std::string message;
    };
    const std::string accepted = "Accepted values for the Content-Type header are: `application/json`";
    for (const Case& one : std::vector<Case>{
             {"", "{}", 415, "A Content-Type header is missing. " + accepted},
             {"text/plain; charset=utf-8", "{}", 415, "The Content-Type `text/plain` is invalid. " + accepted},
             {"nonsense", "{}", 415, "The Content-Type `nonsense` is invalid. " + accepted},
             {"application/json", "", 400, "A json payload is missing."},
             {"application/json", "{\"q\": ", 400,
              "The json payload provided is malformed. `EOF while parsing a value at line 1 column 6`."},
             {"application/json", std::string(1001, ' '), 500,
              "JSON payload (1001 bytes) is larger than allowed (limit: 1000 bytes)."},
         }) {
        http::Headers headers;
        if (!one.type.empty()) headers.add("Content-Type", one.type);
        const http::Reply reply = room.ask("POST", "/echo", headers, one.body);
        EXPECT_EQ(reply.status, one.status) << one.type;
        EXPECT_EQ(message_of(reply), one.message);
    }
    for (const std::string type : {"Application/JSON", "application/json;charset=UTF-8", "application/ld+json"}) {
        EXPECT_EQ(room.ask("POST", "/echo", {{"Content-Type", type}}, "[1]").body, "[1]") << type;
    }
}

TEST(FrontDoor, DropsInternalHeadersAtTheEdge) {
    Room room;
    const http::Headers headers = {
        {"X-Miroir-Internal", "1"},     {"x-miroir-session", "s"}, {"X-Forwarded-For", "1.2.3.4"},
        {"Meili-Proxy-Search", "true"}, {"TaskId", "9"},           {"X-Admin-Key", "k"}};
    room.ask("GET", "/health", headers);
    for (const std::string_view gone : {"x-miroir-internal", "x-forwarded-for", "meili-proxy-search", "taskid"}) {
        EXPECT_FALSE(room.seen.headers.has(gone)) << gone;
    }
    EXPECT_EQ(room.seen.headers.get("x-miroir-session"), "s");
    EXPECT_EQ(room.seen.headers.get("x-admin-key"), "k");

    FrontDoorOptions inside;
    inside.edge = false;
    Room node(std::move(inside));
    const http::Reply reply = node.ask("GET", "/health", headers);
    EXPECT_TRUE(node.seen.headers.has("taskid"));
    EXPECT_FALSE(reply.headers.has("x-request-id"));
}

TEST(FrontDoor, TurnsExceptionsIntoErrors) {
    Room room;
    const http::Reply reply = room.ask("GET", "/boom", {{"X-Request-Id", "r9"}});
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(code_of(reply), "internal");
    EXPECT_EQ(message_of(reply).find("shelf"), std::string::npos);
    EXPECT_EQ(room.world.lines[0], "an endpoint threw request_id=r9 route=/boom what=the shelf fell");
    EXPECT_EQ(room.door.in_flight(), 0u);
    EXPECT_EQ(room.ask("GET", "/health").status, 200);
}

TEST(FrontDoor, AnswersAtTheDeadlineAndCancels) {
    Room room;
    const http::Reply reply = room.ask("GET", "/hold");
    EXPECT_EQ(reply.status, 504);
    EXPECT_EQ(code_of(reply), "miroir_timeout");
    EXPECT_EQ(room.held_deadline.at, env::Monotonic(std::chrono::seconds(30)));
    EXPECT_LT(room.world.now() - room.held_deadline.at, std::chrono::seconds(1));
    EXPECT_TRUE(room.held_cancel.requested());
    EXPECT_EQ(room.door.in_flight(), 1u);  // until it really ends
    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(room.door.in_flight(), 0u);
}

TEST(FrontDoor, PassesTheClientsCancelOn) {
    Room room;
    http::Call call;
    call.deadline = env::Deadline{env::Monotonic(std::chrono::seconds(5))};
    http::Request request;
    request.target = "/hold";
    std::optional<http::Reply> reply;
    env::spawn(room.world, test::World::keep(room.door.handle(std::move(request), call), reply));
    room.world.settle();
    EXPECT_EQ(room.held_deadline.at, call.deadline.at);
    EXPECT_FALSE(room.held_cancel.requested());
    call.cancel.request();
    EXPECT_TRUE(room.held_cancel.requested());
    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(reply.value().status, 200);
    EXPECT_EQ(room.world.timers(), 0u);
}

TEST(FrontDoor, LimitsWhatRunsAndWhatWaits) {
    FrontDoorOptions options;
    options.in_flight_max = 1;
    options.queue_max = 1;
    Room room(std::move(options));
    std::vector<std::optional<http::Reply>> replies(3);
    for (auto& reply : replies) env::spawn(room.world, test::World::keep(room.start("GET", "/hold"), reply));
    room.world.settle();
    EXPECT_FALSE(replies[0]);
    EXPECT_FALSE(replies[1]);
    ASSERT_TRUE(replies[2]);  // no room to wait
    EXPECT_EQ(replies[2]->status, 429);
    EXPECT_EQ(code_of(*replies[2]), "miroir_too_many_requests");
    EXPECT_EQ(replies[2]->headers.get("retry-after"), "1");
    EXPECT_EQ(room.ask("GET", "/health").status, 200);  // probes pass

    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(replies[0].value().status, 200);
    EXPECT_EQ(replies[1].value().status, 200);  // it had its turn
    EXPECT_EQ(room.door.in_flight(), 0u);
}

TEST(FrontDoor, SendsAwayWhoWaitedTooLong) {
    FrontDoorOptions options;
    options.in_flight_max = 1;
    Room room(std::move(options));
    std::optional<http::Reply> first;
    env::spawn(room.world, test::World::keep(room.start("GET", "/hold"), first));
    const http::Reply late = room.ask("GET", "/hold");
    EXPECT_EQ(late.status, 503);
    EXPECT_EQ(room.world.now(), env::Monotonic(std::chrono::seconds(2)));
    EXPECT_EQ(late.headers.get("retry-after"), "1");
    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(first.value().status, 200);
}

// Comes when the test says so.
class LateBody final : public http::BodySource {
public:
    explicit LateBody(env::OneShot<bool> comes) : comes_(comes) {}
    env::Task<Result<std::string>> next() override {
        if (std::exchange(over_, true)) co_return std::string();
        co_await comes_;
        co_return std::string("\"late\"");
    }

private:
    env::OneShot<bool> comes_;
    bool over_ = false;
};

TEST(FrontDoor, ABodyOnItsWayHoldsNoPlace) {
    FrontDoorOptions options;
    options.in_flight_max = 1;
    Room room(std::move(options));
    const env::OneShot<bool> comes(room.world);
    http::Request slow;
    slow.method = "POST";
    slow.target = "/echo";
    slow.headers.add("content-type", "application/json");
    slow.body = std::make_unique<LateBody>(comes);
    std::optional<http::Reply> first;
    env::spawn(room.world, test::World::keep(room.door.handle(std::move(slow), {}), first));
    room.world.settle();
    EXPECT_EQ(room.door.in_flight(), 1u);
    EXPECT_EQ(room.ask("GET", "/indexes/a").status, 200);

    std::vector<std::optional<http::Reply>> held(2);
    for (auto& reply : held) env::spawn(room.world, test::World::keep(room.start("GET", "/hold"), reply));
    room.world.settle();
    comes.set(true);
    room.world.settle();
    EXPECT_FALSE(first);  // its place is another's now
    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(first.value().body, "\"late\"");
    EXPECT_EQ(held[1].value().status, 200);
    EXPECT_EQ(room.door.in_flight(), 0u);
    EXPECT_EQ(room.ask("GET", "/indexes/a").status, 200);
}

TEST(FrontDoor, RefusesNewRequestsWhileItDrains) {
    Room room;
    std::optional<http::Reply> first;
    env::spawn(room.world, test::World::keep(room.start("GET", "/hold"), first));
    room.world.settle();
    room.door.refuse_new();
    EXPECT_EQ(room.ask("GET", "/indexes/a").status, 503);
    room.gate.set(true);
    room.world.run();
    EXPECT_EQ(first.value().status, 200);
}

TEST(ErrorReply, IsTheEnginesEnvelope) {
    const http::Reply reply = error_reply({.code = ErrorCode::IndexNotFound, .message = "Index `a` not found."});
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.body, R"({"message":"Index `a` not found.","code":"index_not_found","type":"invalid_request",)"
                          R"("link":"https://docs.meilisearch.com/errors#index_not_found"})");
    EXPECT_EQ(error_reply({.code = ErrorCode::MiroirNoQuorum, .message = ""}).headers.get("retry-after"), "10");
}

}  // namespace
}  // namespace miroir::server

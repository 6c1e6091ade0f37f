#include "http/wire/client.h"
#include "http/wire/raw_server.h"

#include "http/wire/test_house.h"

namespace miroir::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ReplyOrError = Result<http::Reply>;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// A client on a world of its own; requests go to the loopback.
struct Caller {
    explicit Caller(ClientOptions options = {})
        : client(world.on_thread([&] { return std::make_unique<Client>(world.reactor, options); })) {}
    ~Caller() {
        world.on_thread([&] { client.reset(); });
    }

    std::future<ReplyOrError> start(std::uint16_t port, http::Outgoing request = {}, http::SendOptions options = {},
                                    bool tls = false) {
        if (options.deadline.at == env::Monotonic::max())
            options.deadline = env::Deadline::after(world.reactor, seconds(5));
        return world.start<ReplyOrError>([=, this]() mutable {
            const http::Address to{.host = "127.0.0.1", .port = port, .tls = tls};
            return client->send(to, std::move(request), std::move(options));
        });
    }
    ReplyOrError send(std::uint16_t port, http::Outgoing request = {}, http::SendOptions options = {}) {
        return start(port, std::move(request), std::move(options)).get();
    }
    std::size_t idle() {
        return world.on_thread([&] { return client->idle_connections(); });
    }
    http::SendOptions within(std::chrono::nanoseconds span) {
        return {.deadline = env::Deadline::after(world.reactor, span)};
    }

    World world;
    std::unique_ptr<Client> client;
};

http::Outgoing post(std::string target, std::string body) {
    http::Outgoing out;
    out.method = "POST";
    out.target = std::move(target);
    out.body = std::move(body);
    return out;
}

TEST(Client, AsksAndReusesItsConnection) {
    Served served;
    Caller caller;
    for (int i = 0; i < 3; ++i) {
        const ReplyOrError reply = caller.send(served.port, post("/echo", "body " + std::to_string(i)));
        ASSERT_TRUE(reply) << reply.error().message;
        EXPECT_EQ(reply->status, 200);
        EXPECT_EQ(reply->body, "body " + std::to_string(i));
        EXPECT_EQ(caller.idle(), 1u);
    }
    EXPECT_EQ(served.connections(), 1u);
}

TEST(Client, WritesTheHeadAnew) {
    RawServer server;
    Caller caller;
    http::Outgoing request = post("/a?b=c", "{}");
    request.headers = {{"X-Word", "hi"},
                       {"Host", "evil"},
                       {"Content-Length", "9"},
                       {"Transfer-Encoding", "chunked"},
                       {"Accept-Encoding", "gzip"}};
    auto reply = caller.start(server.port(), request);
    RawSocket peer = server.accept();
    EXPECT_EQ(peer.until("{}"), "POST /a?b=c HTTP/1.1\r\nhost: 127.0.0.1:" + std::to_string(server.port()) +
                                    "\r\nX-Word: hi\r\ncontent-length: 2\r\n\r\n{}");
    peer.send(kOk);
    EXPECT_EQ(reply.get()->body, "ok");
}

TEST(Client, RefusesToSendWhatCouldBeReadDifferently) {
    Caller caller;
    http::Outgoing request;
    request.headers = {{"X-Word", "hi\r\nEvil: 1"}};
    EXPECT_EQ(caller.send(1, request).error().code, ErrorCode::MiroirInvalidRequest);
    request = {};
    request.target = "/a b";
    EXPECT_EQ(caller.send(1, request).error().code, ErrorCode::MiroirInvalidRequest);
    request = {};
    request.method = "GET /";
    EXPECT_EQ(caller.send(1, request).error().code, ErrorCode::MiroirInvalidRequest);
}

TEST(Client, SendsAndTakesLargeBodies) {
    Served served;
    Caller caller;
    const std::string large(900'000, 'b');
    EXPECT_EQ(caller.send(served.port, post("/echo", large))->body, large);
    http::Outgoing huge;
    huge.target = "/huge";
    EXPECT_EQ(caller.send(served.port, huge)->body.size(), 64u << 20);
    EXPECT_EQ(caller.idle(), 1u);
}

TEST(Client, TakesBareRepliesAndInterimOnes) {
    RawServer server;
    Caller caller;
    http::Outgoing head;
    head.method = "HEAD";
    auto first = caller.start(server.port(), head);
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n");
    ASSERT_TRUE(first.get());
    auto second = caller.start(server.port());
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(second.get()->status, 204);
    auto third = caller.start(server.port());
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    peer.close();
    EXPECT_EQ(third.get()->body, "until the end");
    EXPECT_EQ(caller.idle(), 0u);
}

class ByBody final : public http::Introducer {
public:
    std::optional<Question> question(const std::string& peer) const override {
        if (peer == "anybody") return std::nullopt;
        return Question{.target = "/who", .is_meant = [peer](const http::Reply& reply) { return reply.body == peer; }};
    }
};

// A caller who asks whoever is there.
class Meeting : public testing::Test {
protected:
    Meeting() { caller.client->introduce_by(by_body); }
    http::SendOptions to(std::string peer) const {
        http::SendOptions options;
        options.peer = std::move(peer);
        return options;
    }
    RawServer server;
    const ByBody by_body;
    Caller caller;
};

// What is meant for one server is never sent to another, whatever the address leads to.
TEST_F(Meeting, AsksAFreshConnectionWhoIsThere) {
    constexpr std::string_view kIsNo = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno";
    http::SendOptions to_ok = to("ok");
    http::Outgoing request = post("/write", "{}");
    request.headers.add("Authorization", "Bearer key");
    auto first = caller.start(server.port(), request, to_ok);
    RawSocket peer = server.accept();
    const std::string asked = peer.until("\r\n\r\n");
    EXPECT_TRUE(asked.starts_with("GET /who HTTP/1.1")) << asked;
    EXPECT_NE(asked.find("Bearer key"), std::string::npos);
    peer.send(kOk);
    EXPECT_TRUE(peer.until("{}").starts_with("POST /write"));
    peer.send(kOk);
    EXPECT_EQ(first.get()->body, "ok");

    auto second = caller.start(server.port(), request, to_ok);  // over the same connection: it is known by now
    EXPECT_TRUE(peer.until("{}").starts_with("POST /write"));
    peer.send(kOk);
    EXPECT_TRUE(second.get());
    peer.close();

    to_ok.repeatable = true;  // that the connection is closed may be found out by writing to it
    auto third = caller.start(server.port(), request, to_ok);
    RawSocket stranger = server.accept();
    stranger.until("\r\n\r\n");
    stranger.send(kIsNo);
    EXPECT_EQ(third.get().error().code, ErrorCode::MiroirNodeUnreachable);
    EXPECT_EQ(stranger.until("{}"), "");  // it was hung up on
    EXPECT_EQ(caller.idle(), 0u);
}

// A proxy on the way may end each connection with its answer.
TEST_F(Meeting, SendsOverTheNextConnectionIfTheFirstEndsWithTheAnswer) {
    constexpr std::string_view kOkAndGone = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    auto reply = caller.start(server.port(), post("/write", "{}"), to("ok"));
    RawSocket asked = server.accept();
    EXPECT_TRUE(asked.until("\r\n\r\n").starts_with("GET /who"));
    asked.send(kOkAndGone);
    asked.close();
    RawSocket next = server.accept();
    EXPECT_TRUE(next.until("{}").starts_with("POST /write"));
    next.send(kOkAndGone);
    EXPECT_EQ(reply.get()->body, "ok");
}

// One who was met as one node is asked again where another is meant.
TEST_F(Meeting, AsksWhoIsThereForEachName) {
    auto first = caller.start(server.port(), post("/a", "{}"), to("anybody"));
    RawSocket peer = server.accept();
    EXPECT_TRUE(peer.until("{}").starts_with("POST /a"));
    peer.send(kOk);
    ASSERT_TRUE(first.get());
    auto second = caller.start(server.port(), post("/b", "{}"), to("ok"));
    EXPECT_TRUE(peer.until("\r\n\r\n").starts_with("GET /who"));
    peer.send("HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\nno");
    EXPECT_EQ(second.get()->status, 401);  // as it would have refused the request
}

TEST(Client, DropsAPooledConnectionThatEndsOrSpeaks) {
    RawServer server;
    Caller caller;
    for (const bool speaks : {true, false}) {
        auto reply = caller.start(server.port());
        RawSocket peer = server.accept();
        peer.until("\r\n\r\n");
        peer.send(kOk);
        ASSERT_TRUE(reply.get());
        EXPECT_EQ(caller.idle(), 1u);
        if (speaks) peer.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
        else peer.close();
        EXPECT_TRUE(eventually([&] { return caller.idle() == 0; }));
    }
}

TEST(Client, IdleConnectionsEndByThemselvesAndAreBounded) {
    Served served;
    Caller caller({.idle_timeout = milliseconds(30), .idle_per_address = 2});
    std::vector<std::future<ReplyOrError>> replies;
    for (int i = 0; i < 6; ++i) replies.push_back(caller.start(served.port));
    for (auto& reply : replies) ASSERT_TRUE(reply.get());
    EXPECT_LE(caller.idle(), 2u);
    EXPECT_TRUE(eventually([&] { return caller.idle() == 0; }));
    EXPECT_TRUE(eventually([&] { return served.connections() == 0; }));
}

// The server takes the request on a kept connection and dies without a word.
ReplyOrError meet_a_dead_connection(bool repeatable, bool fresh_too) {
    RawServer server;
    Caller caller;
    auto first = caller.start(server.port());
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    peer.send(kOk);
    first.get();
    auto second = caller.start(server.port(), post("/write", "x"), {.repeatable = repeatable});
    EXPECT_NE(peer.until("\r\n\r\nx").find("/write"), std::string::npos);
    peer.reset();
    if (repeatable) {
        RawSocket again = server.accept();
        EXPECT_NE(again.until("\r\n\r\nx").find("/write"), std::string::npos);
        if (fresh_too) again.reset();
        else again.send(kOk);
    }
    return second.get();
}

TEST(Client, RepeatsOnceOnAFreshConnectionIfItMay) {
    const ReplyOrError reply = meet_a_dead_connection(true, false);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "ok");
}

TEST(Client, RepeatsOnlyOnce) {
    EXPECT_EQ(meet_a_dead_connection(true, true).error().code, ErrorCode::MiroirNodeBadReply);
}

TEST(Client, NeverRepeatsWhatMayHaveBeenDone) {
    EXPECT_EQ(meet_a_dead_connection(false, false).error().code, ErrorCode::MiroirNodeBadReply);
}

TEST(Client, NobodyThereIsUnreachable) {
    std::uint16_t port = 0;
    {
        const RawServer gone;
        port = gone.port();
    }
    Caller caller;
    const ReplyOrError reply = caller.send(port);
    EXPECT_EQ(reply.error().code, ErrorCode::MiroirNodeUnreachable);
    EXPECT_NE(reply.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(Client, AsksForNames) {
    Served served;
    Caller caller;
    http::Address to{.host = "localhost", .port = served.port};
    auto reply =
        caller.world
            .start<ReplyOrError>([&] { return caller.client->send(to, http::Outgoing{}, caller.within(seconds(5))); })
            .get();
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 200);
}

TEST(Client, ServerThatNeverAnswersIsATimeout) {
    RawServer server;
    Caller caller;
    auto reply = caller.start(server.port(), {}, caller.within(milliseconds(30)));
    RawSocket peer = server.accept();
    EXPECT_EQ(reply.get().error().code, ErrorCode::MiroirTimeout);
    peer.until("\r\n\r\n");
    EXPECT_EQ(peer.some(), "");  // and the connection is gone
    EXPECT_FALSE(peer.timed_out());
    EXPECT_EQ(caller.send(server.port(), {}, caller.within(milliseconds(-1))).error().code, ErrorCode::MiroirTimeout);
}

TEST(Client, ServerThatDripsIsATimeout) {
    RawServer server;
    Caller caller;
    auto reply = caller.start(server.port(), {}, caller.within(milliseconds(40)));
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nsome");
    EXPECT_EQ(reply.get().error().code, ErrorCode::MiroirTimeout);
}

TEST(Client, CancelEndsASend) {
    RawServer server;
    Caller caller;
    env::Cancel cancel = caller.world.on_thread([] { return env::Cancel(); });
    auto reply = caller.start(server.port(), {}, {.cancel = cancel});
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    caller.world.on_thread([&] { cancel.request(); });
    EXPECT_EQ(reply.get().error().code, ErrorCode::MiroirCanceled);
    EXPECT_EQ(peer.some(), "");
    EXPECT_EQ(caller.send(server.port(), {}, {.cancel = cancel}).error().code, ErrorCode::MiroirCanceled);
    // Such an end leaves the client whole.
    auto next = caller.start(server.port());
    RawSocket other = server.accept();
    other.until("\r\n\r\n");
    other.send(kOk);
    EXPECT_TRUE(next.get());
}

TEST(Client, TakesAnAnswerThatComesBeforeAllIsSent) {
    RawServer server;
    Caller caller;
    auto reply = caller.start(server.port(), post("/documents", std::string(8 << 20, 'x')));
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Payload Too Large\r\ncontent-length: 4\r\n\r\nmuch");
    peer.finish();
    peer.until_end();  // takes the rest, so that the reply is not lost in a reset
    const ReplyOrError got = reply.get();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->status, 413);
}

class BadReplies : public testing::TestWithParam<std::string> {};

TEST_P(BadReplies, AreErrorsAndTheConnectionIsNotKept) {
    RawServer server;
    Caller caller({.header_bytes = 1000});
    auto reply = caller.start(server.port(), {}, {.body_limit = 100});
    RawSocket peer = server.accept();
    peer.until("\r\n\r\n");
    peer.send(GetParam());
    peer.finish();
    const ReplyOrError got = reply.get();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::MiroirNodeBadReply);
    EXPECT_EQ(caller.idle(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Wire, BadReplies,
                         testing::Values("", "junk\r\n\r\n", "HTTP/1.1 200 OK\r\nconte",
                                         "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
                                         "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
                                         "HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n" + std::string(101, 'x'),
                                         "HTTP/1.1 200 OK\r\ncontent-length: 999999999999999999\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'x'),
                                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
                                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n70\r\n" +
                                             std::string(112, 'x') + "\r\n0\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx",
                                         "HTTP/1.1 200 OK\r\na: " + std::string(2000, 'x') + "\r\n\r\n",
                                         "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
                                         "<html></html>"));

TEST(Client, ManyAtOnce) {
    Served served;
    Caller caller;
    std::vector<std::future<ReplyOrError>> replies;
    for (int i = 0; i < 200; ++i) replies.push_back(caller.start(served.port, post("/echo", std::to_string(i))));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(replies[static_cast<std::size_t>(i)].get()->body, std::to_string(i));
    EXPECT_LE(caller.idle(), 64u);
}

}  // namespace
}  // namespace miroir::wire

#include "http/wire/client.h"
#include "http/wire/raw_server.h"

#include "http/wire/test_house.h"

namespace miroir::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ReplyOrError = Result<http::Reply>;
using PieceOrError = Result<std::string>;

// Opens replies on a world of its own and reads them there.
struct Listening {
    Listening() : client(world.on_thread([&] { return std::make_unique<Client>(world.reactor); })) {}
    ~Listening() {
        world.on_thread([&] {
            reply = http::Reply();
            client.reset();
        });
    }

    std::future<ReplyOrError> start(std::uint16_t port, std::size_t limit = 1 << 20,
                                    std::chrono::nanoseconds patience = seconds(5)) {
        http::SendOptions options;
        options.deadline = env::Deadline::after(world.reactor, seconds(5));
        options.cancel = cancel;
        options.body_limit = limit;
        return world.start<ReplyOrError>([=, this]() mutable {
            http::Outgoing request;
            request.method = "POST";
            request.body = "{}";
            const http::Address to{.host = "127.0.0.1", .port = port};
            return client->open(to, std::move(request), std::move(options), patience);
        });
    }
    // The reply's head; its body is read with next().
    void opened(std::future<ReplyOrError> coming) {
        ReplyOrError got = coming.get();
        ASSERT_TRUE(got) << got.error().message;
        reply = *std::move(got);
    }
    std::future<PieceOrError> next() {
        return world.start<PieceOrError>([this] { return reply.stream->next(); });
    }

    World world;
    std::unique_ptr<Client> client;
    env::Cancel cancel;
    http::Reply reply;
};

TEST(Streaming, PiecesComeAsTheyAreSent) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port());
    RawSocket peer = server.accept();
    EXPECT_NE(peer.until("{}").find("POST / HTTP/1.1"), std::string::npos);
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    here.opened(std::move(coming));
    EXPECT_EQ(here.reply.status, 200);
    peer.send("3\r\none\r\n");
    EXPECT_EQ(*here.next().get(), "one");
    auto second = here.next();
    peer.send("3\r\ntwo\r\n0\r\n\r\n");
    EXPECT_EQ(*second.get(), "two");
    EXPECT_EQ(*here.next().get(), "");
    EXPECT_EQ(*here.next().get(), "") << "the end stays the end";
    EXPECT_EQ(peer.until_end(), "");
}

TEST(Streaming, AllFramingsEnd) {
    for (const std::string_view head : {"content-length: 3\r\n", "connection: close\r\n"}) {
        RawServer server;
        Listening here;
        auto coming = here.start(server.port());
        RawSocket peer = server.accept();
        peer.until("{}");
        peer.send("HTTP/1.1 200 OK\r\n" + std::string(head) + "\r\none");
        peer.finish();
        here.opened(std::move(coming));
        EXPECT_EQ(*here.next().get(), "one") << head;
        EXPECT_EQ(*here.next().get(), "") << head;
    }
}

TEST(Streaming, ACutOffReplyIsAnError) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port());
    RawSocket peer = server.accept();
    peer.until("{}");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n");
    here.opened(std::move(coming));
    EXPECT_EQ(*here.next().get(), "one");
    peer.close();
    EXPECT_EQ(here.next().get().error().code, ErrorCode::MiroirNodeBadReply);
}

TEST(Streaming, MoreThanAllowedIsAnError) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port(), 4);
    RawSocket peer = server.accept();
    peer.until("{}");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    here.opened(std::move(coming));
    EXPECT_EQ(here.next().get().error().code, ErrorCode::MiroirNodeBadReply);
}

TEST(Streaming, SilenceIsATimeout) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port(), 1 << 20, milliseconds(30));
    RawSocket peer = server.accept();
    peer.until("{}");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    here.opened(std::move(coming));
    EXPECT_EQ(here.next().get().error().code, ErrorCode::MiroirTimeout);
}

TEST(Streaming, CancelEndsTheWaitForAPiece) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port());
    RawSocket peer = server.accept();
    peer.until("{}");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    here.opened(std::move(coming));
    auto piece = here.next();
    here.world.on_thread([&] { here.cancel.request(); });
    EXPECT_EQ(piece.get().error().code, ErrorCode::MiroirCanceled);
    EXPECT_EQ(peer.until_end(), "");
}

TEST(Streaming, DroppingTheReplyEndsTheExchange) {
    RawServer server;
    Listening here;
    auto coming = here.start(server.port());
    RawSocket peer = server.accept();
    peer.until("{}");
    peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    here.opened(std::move(coming));
    here.world.on_thread([&] { here.reply = http::Reply(); });
    EXPECT_EQ(peer.until_end(), "");
    EXPECT_FALSE(peer.timed_out());
}

// A client that goes away while a reply is produced wakes its producer, with and without a body of the request.
TEST(Streaming, TheProducerHearsThatTheClientIsGone) {
    for (const std::string_view request : {"POST /endless HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}",
                                           "GET /endless HTTP/1.1\r\nhost: a\r\n\r\n"}) {
        Served served;
        RawSocket client = served.dial();
        client.send(request);
        client.until("begun");
        client.close();
        eventually([&] { return served.house.woken == 1; });
        EXPECT_EQ(served.house.woken, 1) << request;
    }
}

// A reply of which nothing is to be held back begins before its first piece is there.
TEST(Streaming, AnUnbufferedReplyBeginsAtOnce) {
    Served served;
    RawSocket client = served.dial();
    client.send("GET /silent HTTP/1.1\r\nhost: a\r\n\r\n");
    EXPECT_NE(client.until("\r\n\r\n").find("200 OK"), std::string::npos);
    client.close();
    eventually([&] { return served.house.woken == 1; });
}

// What the client sends meanwhile is the next request.
TEST(Streaming, ThePipelinedRequestIsAnswered) {
    Served served;
    RawSocket client = served.dial();
    client.send("POST /pieces HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}GET /next HTTP/1.1\r\nhost: a\r\n\r\n");
    client.until("0\r\n\r\n");
    EXPECT_NE(client.until("GET /next").find("200 OK"), std::string::npos);
}

}  // namespace
}  // namespace miroir::wire

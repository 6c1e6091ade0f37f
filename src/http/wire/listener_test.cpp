#include "http/wire/listener.h"

#include <sys/resource.h>

#include "http/wire/test_house.h"

namespace miroir::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kGet = "GET /a?b=%20c HTTP/1.1\r\nHost: h\r\nX-Word: hi\r\n\r\n";

TEST(Listener, AnswersAndKeepsTheConnection) {
    Served served;
    RawSocket client = served.dial();
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client.send(kGet));
        EXPECT_EQ(client.reply(), "HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\nGET /a?b=%20c hi");
    }
    EXPECT_EQ(served.connections(), 1u);
}

TEST(Listener, AnswersPipelinedRequestsInOrder) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(
        client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\noneGET /two HTTP/1.1\r\nHost: h\r\n\r\n"
                    "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nthree\r\n0\r\n\r\nGET /4 "
                    "HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(body_of_reply(client.reply()), "one");
    EXPECT_EQ(body_of_reply(client.reply()), "GET /two ");
    EXPECT_EQ(body_of_reply(client.reply()), "three");
    EXPECT_EQ(body_of_reply(client.reply()), "GET /4 ");
}

TEST(Listener, ReadsAHeadThatComesByteByByte) {
    Served served;
    RawSocket client = served.dial();
    for (const char c : kGet) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
    EXPECT_EQ(body_of_reply(client.reply()), "GET /a?b=%20c hi");
}

TEST(Listener, ClosesWhenAskedTo) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    const std::string reply = client.until_end();
    EXPECT_NE(reply.find("connection: close\r\n"), std::string::npos);
    EXPECT_FALSE(client.timed_out());
}

TEST(Listener, AnswersAClientThatHasFinishedWriting) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send(kGet));
    client.finish();
    EXPECT_EQ(body_of_reply(client.until_end()), "GET /a?b=%20c hi");
}

TEST(Listener, HeadHasTheLengthButNoBody) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(
        client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\nHEAD /pieces HTTP/1.1\r\nHost: h\r\n\r\nGET /empty "
                    "HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Listener, StreamsInChunksOrUntilTheEnd) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(
        client.until("0\r\n\r\n"),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nppppp\r\n5\r\nppppp\r\n5\r\nppppp\r\n0\r\n\r\n");
    ASSERT_TRUE(client.send(kGet));
    EXPECT_EQ(status_of(client.reply()), "HTTP/1.1 200");
    RawSocket old = served.dial();
    ASSERT_TRUE(old.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_EQ(old.until_end(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nppppppppppppppp");
}

TEST(Listener, BrokenStreamIsAnErrorOrACutReply) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /broken-at-once HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(status_of(client.reply()), "HTTP/1.1 502");
    ASSERT_TRUE(client.send("GET /broken-later HTTP/1.1\r\nHost: h\r\n\r\n"));
    const std::string cut = client.until_end();
    EXPECT_NE(cut.find("begun"), std::string::npos);
    EXPECT_EQ(cut.find("0\r\n\r\n"), std::string::npos);
}

TEST(Listener, WhatAHandlerThrowsStaysInside) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /throws HTTP/1.1\r\nHost: h\r\n\r\n"));
    const std::string reply = client.reply();
    EXPECT_EQ(status_of(reply), "HTTP/1.1 500");
    EXPECT_EQ(reply.find("secret"), std::string::npos);
}

TEST(Listener, ReplyHeadersCannotSplitTheReply) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /split HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(client.reply(), "HTTP/1.1 200 OK\r\nx-good: 1\r\ncontent-length: 5\r\n\r\nsplit");
}

TEST(Listener, TakesALargeBodyInSmallPieces) {
    Served served;
    RawSocket client = served.dial();
    constexpr std::size_t kBytes = 50 << 20;
    const std::string piece(256 << 10, 'x');
    ASSERT_TRUE(
        client.send("POST /count HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBytes) + "\r\n\r\n"));
    for (std::size_t sent = 0; sent < kBytes; sent += piece.size()) ASSERT_TRUE(client.send(piece));
    EXPECT_EQ(body_of_reply(client.reply()), std::to_string(kBytes));
    EXPECT_LE(served.house.largest_piece, 128u << 10);
}

TEST(Listener, MirrorsAStreamWithoutHoldingIt) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("POST /mirror HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
    EXPECT_NE(client.until("abc").find("abc"), std::string::npos);  // before the rest was sent
    ASSERT_TRUE(client.send("2\r\nde\r\n0\r\n\r\n"));
    EXPECT_EQ(client.until("0\r\n\r\n"), "\r\n2\r\nde\r\n0\r\n\r\n");
    ASSERT_TRUE(client.send(kGet));
    EXPECT_EQ(status_of(client.reply()), "HTTP/1.1 200");
}

TEST(Listener, InvitesTheBodyOnlyWhenItIsWanted) {
    Served served;
    RawSocket wanted = served.dial();
    ASSERT_TRUE(wanted.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    EXPECT_EQ(wanted.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_TRUE(wanted.send("ok"));
    EXPECT_EQ(body_of_reply(wanted.reply()), "ok");
    RawSocket unwanted = served.dial();
    ASSERT_TRUE(unwanted.send("POST /other HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
    const std::string reply = unwanted.reply();
    EXPECT_EQ(status_of(reply), "HTTP/1.1 200");
    EXPECT_NE(reply.find("connection: close"), std::string::npos);
}

TEST(Listener, SkipsASmallUnreadBodyAndClosesAfterALargeOne) {
    ListenerOptions options;
    options.unread_body_bytes = 1000;
    Served served(options);
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x') +
                            std::string(kGet)));
    EXPECT_EQ(body_of_reply(client.reply()), "POST /a ");
    EXPECT_EQ(body_of_reply(client.reply()), "GET /a?b=%20c hi");
    // The reply arrives although megabytes were on their way, and the request hidden behind them is not read.
    ASSERT_TRUE(client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n" +
                            std::string(4'000'000, 'x') + std::string(kGet)));
    client.finish();
    const std::string rest = client.until_end();
    EXPECT_NE(rest.find("connection: close"), std::string::npos);
    EXPECT_EQ(body_of_reply(rest), "POST /a ");
    EXPECT_EQ(served.house.requests, 3);
}

TEST(Listener, ABodyThatEndsEarlyIsAnErrorForTheHandler) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
    client.finish();
    EXPECT_EQ(status_of(client.until_end()), "HTTP/1.1 400");
    RawSocket chunks = served.dial();
    ASSERT_TRUE(
        chunks.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n" +
                    std::string(kGet)));
    chunks.finish();
    const std::string reply = chunks.until_end();
    EXPECT_EQ(status_of(reply), "HTTP/1.1 400");
    EXPECT_EQ(served.house.requests, 2);  // what followed the malformed body was not taken for a request
}

TEST(Listener, TellsTheHandlerThatTheClientHasGone) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return served.house.requests == 1; }));
    client.close();
    EXPECT_TRUE(eventually([&] { return served.house.woken == 1; }));
    RawSocket other = served.dial();
    ASSERT_TRUE(other.send("POST /wait HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return served.house.requests == 2; }));
    other.reset();
    EXPECT_TRUE(eventually([&] { return served.house.woken == 2; }));
}

TEST(Listener, ServesManyAtOnce) {
    Served served;
    std::vector<RawSocket> clients;
    for (int i = 0; i < 200; ++i) clients.push_back(served.dial());
    for (RawSocket& client : clients) ASSERT_TRUE(client.send(kGet));
    for (RawSocket& client : clients) EXPECT_EQ(body_of_reply(client.reply()), "GET /a?b=%20c hi");
    EXPECT_EQ(served.connections(), 200u);
}

TEST(Listener, ClosesTheLongestIdleAtTheCap) {
    ListenerOptions options;
    options.connections = 2;
    Served served(options);
    RawSocket first = served.dial();
    ASSERT_TRUE(first.send(kGet));
    first.reply();
    RawSocket second = served.dial();
    ASSERT_TRUE(second.send(kGet));
    second.reply();
    ASSERT_TRUE(first.send(kGet));  // now the second is idle longest
    first.reply();
    RawSocket third = served.dial();
    ASSERT_TRUE(third.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_EQ(second.until_end(), "");
    EXPECT_FALSE(second.timed_out());
    ASSERT_TRUE(first.send(kGet));
    EXPECT_EQ(status_of(first.reply()), "HTTP/1.1 200");
    ASSERT_TRUE(eventually([&] { return served.house.holding == 1; }));
    served.release();
    EXPECT_EQ(body_of_reply(third.reply()), "released");
}

TEST(Listener, ClosesTheLongestIdleWhenDescriptorsRunOut) {
    Served served;
    RawSocket first = served.dial();
    ASSERT_TRUE(first.send(kGet));
    first.reply();
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit tight{static_cast<rlim_t>(lowest_free) + 1, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    RawSocket second = served.dial();  // takes the last one, nothing is left for the other end
    EXPECT_TRUE(second.send(kGet));
    EXPECT_EQ(status_of(second.reply()), "HTTP/1.1 200");
    EXPECT_EQ(first.until_end(), "");
    EXPECT_FALSE(first.timed_out());
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Listener, DrainLetsTheRunningFinishAndClosesTheIdle) {
    Served served;
    RawSocket idle = served.dial();
    ASSERT_TRUE(idle.send(kGet));
    idle.reply();
    RawSocket busy = served.dial();
    ASSERT_TRUE(busy.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return served.house.holding == 1; }));
    std::future<void> drained = served.start_drain(seconds(20));
    EXPECT_EQ(idle.until_end(), "");
    EXPECT_FALSE(idle.timed_out());
    EXPECT_FALSE(RawSocket(served.port).connected());
    EXPECT_EQ(drained.wait_for(milliseconds(0)), std::future_status::timeout);
    served.release();
    const std::string reply = busy.until_end();
    EXPECT_EQ(body_of_reply(reply), "released");
    EXPECT_NE(reply.find("connection: close"), std::string::npos);
    EXPECT_EQ(drained.wait_for(seconds(5)), std::future_status::ready);
}

TEST(Listener, DrainCancelsAtItsLimit) {
    Served served;
    RawSocket busy = served.dial();
    ASSERT_TRUE(busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return served.house.requests == 1; }));
    served.drain(milliseconds(10));
    EXPECT_EQ(served.house.woken, 1);
    EXPECT_EQ(served.connections(), 0u);
}

TEST(Listener, SlowClientsAreClosedAndOthersServed) {
    ListenerOptions options;
    options.header_timeout = milliseconds(60);
    options.body_idle_timeout = milliseconds(60);
    options.write_timeout = milliseconds(60);
    Served served(options);
    RawSocket silent = served.dial();
    RawSocket half_head = served.dial();
    ASSERT_TRUE(half_head.send("GET / HTTP/1.1\r\nHos"));
    RawSocket half_body = served.dial();
    ASSERT_TRUE(half_body.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
    RawSocket no_reader = served.dial();
    ASSERT_TRUE(no_reader.send("GET /huge HTTP/1.1\r\nHost: h\r\n\r\n"));
    RawSocket fine = served.dial();
    ASSERT_TRUE(fine.send(kGet));
    EXPECT_EQ(status_of(fine.reply()), "HTTP/1.1 200");
    EXPECT_EQ(silent.until_end(), "");
    EXPECT_EQ(half_head.until_end(), "");
    half_body.until_end();
    EXPECT_FALSE(silent.timed_out() || half_head.timed_out() || half_body.timed_out());
    EXPECT_TRUE(eventually([&] { return served.connections() == 1; }));  // only the fine one is left
}

TEST(Listener, AHeadThatDripsIsClosedInSpiteOfItsProgress) {
    ListenerOptions options;
    options.header_timeout = milliseconds(50);
    Served served(options);
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: h\r\n"));
    bool sending = true;
    client.patience(2);
    std::string got;
    for (int i = 0; i < 1000 && sending; ++i) {
        sending = client.send("a: b\r\n");
        got = client.some();  // waits a little
        sending = sending && client.timed_out();
    }
    EXPECT_FALSE(sending);
    EXPECT_EQ(got, "");
}

TEST(Listener, IdleConnectionsEnd) {
    ListenerOptions options;
    options.keep_alive_timeout = milliseconds(40);
    Served served(options);
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send(kGet));
    client.reply();
    EXPECT_EQ(client.until_end(), "");
    EXPECT_FALSE(client.timed_out());
}

TEST(Listener, AMomentThatWasMovedIsStillKept) {
    ListenerOptions options;
    options.header_timeout = milliseconds(300);  // its timer runs already when the later moment is set
    options.keep_alive_timeout = milliseconds(350);
    Served served(options);
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send(kGet));
    EXPECT_EQ(status_of(client.reply()), "HTTP/1.1 200");
    EXPECT_EQ(client.until_end(), "");
    EXPECT_FALSE(client.timed_out());
}

TEST(Listener, SaysWhyItCannotListen) {
    Served served;
    ListenerOptions options;
    options.port = served.port;
    Served second(options);
    EXPECT_FALSE(second.listener);
    EXPECT_EQ(second.error.code, ErrorCode::MiroirConfigInvalid);
    EXPECT_NE(second.error.message.find("port " + std::to_string(served.port)), std::string::npos);
    EXPECT_NE(second.error.message.find("choose another port"), std::string::npos);
    options.port = 0;
    options.host = "192.0.2.1";
    EXPECT_NE(Served(options).error.message.find("192.0.2.1"), std::string::npos);
    options.host = "no such host";
    EXPECT_NE(Served(options).error.message.find("no such host"), std::string::npos);
}

TEST(Listener, SeveralMayShareAPort) {
    ListenerOptions options;
    options.share_port = true;
    Served one(options);
    options.port = one.port;
    Served two(options);
    ASSERT_TRUE(two.listener) << two.error.message;
    for (int i = 0; i < 100 && (one.house.requests == 0 || two.house.requests == 0); ++i) {
        RawSocket client = one.dial();
        ASSERT_TRUE(client.send(kGet));
        EXPECT_EQ(status_of(client.reply()), "HTTP/1.1 200");
    }
    EXPECT_GT(one.house.requests, 0);
    EXPECT_GT(two.house.requests, 0);
}

}  // namespace
}  // namespace miroir::wire

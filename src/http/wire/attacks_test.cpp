// Malformed and hostile requests by raw socket: refused, closed, never handed on, and nobody else notices.
#include "http/wire/test_house.h"

namespace miroir::wire {
namespace {

struct Attack {
    const char* name;
    std::string bytes;
    const char* status;
};

std::ostream& operator<<(std::ostream& out, const Attack& one) { return out << one.name; }

std::string post(const std::string& fields) { return "POST /echo HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }

class Attacks : public testing::TestWithParam<Attack> {
protected:
    static Served& served() {
        static Served one;
        return one;
    }
};

// Behind every attack stands a smuggled request that must not be served.
TEST_P(Attacks, AreRefusedAndTheConnectionCloses) {
    const int before = served().house.requests;
    RawSocket client = served().dial();
    client.send(GetParam().bytes);
    client.send("GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
    client.finish();
    const std::string reply = client.until_end();
    EXPECT_FALSE(client.timed_out());
    EXPECT_EQ(status_of(reply), GetParam().status);
    EXPECT_EQ(reply.find("/smuggled"), std::string::npos);
    EXPECT_NE(reply.find("connection: close\r\n"), std::string::npos);
    EXPECT_EQ(served().house.requests, before);
}

const Attack kAttacks[] = {
    {"LengthAndChunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", "HTTP/1.1 400"},
    {"TwoLengths", post("Content-Length: 5\r\nContent-Length: 0\r\n"), "HTTP/1.1 400"},
    {"LengthPlus", post("Content-Length: +5\r\n"), "HTTP/1.1 400"},
    {"LengthHex", post("Content-Length: 0x10\r\n"), "HTTP/1.1 400"},
    {"LengthUnderscore", post("Content-Length: 1_0\r\n"), "HTTP/1.1 400"},
    {"BareLineFeeds", "GET / HTTP/1.1\nHost: h\n\n", "HTTP/1.1 400"},
    {"Folded", post("A: b\r\n c\r\n"), "HTTP/1.1 400"},
    {"SpaceBeforeColon", post("Content-Length : 5\r\n"), "HTTP/1.1 400"},
    {"NulInValue", post(std::string("A: b\0c\r\n", 8)), "HTTP/1.1 400"},
    {"CarriageReturnInValue", post("A: b\rc\r\n"), "HTTP/1.1 400"},
    {"Http09", "GET /\r\n", "HTTP/1.1 400"},
    {"AbsoluteFormOfAnotherHost", "GET http://other/ HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400"},
    {"AuthorityForm", "CONNECT other:443 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400"},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400"},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400"},
    {"TlsToAPlainPort", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), "HTTP/1.1 400"},
    {"LongTarget", "GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 414"},
    {"LargeHeaders", post("A: " + std::string(64 << 10, 'a') + "\r\n"), "HTTP/1.1 431"},
    {"EndlessHeader", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(1 << 20, 'a'), "HTTP/1.1 431"},
    {"ManyHeaders",
     [] {
         std::string fields;
         for (int i = 0; i < 10'000; ++i) fields += "a:b\r\n";
         return post(fields);
     }(),
     "HTTP/1.1 431"},
};
INSTANTIATE_TEST_SUITE_P(Wire, Attacks, testing::ValuesIn(kAttacks),
                         [](const auto& info) { return std::string(info.param.name); });

// These begin as sound requests; the body is what is wrong.
TEST(BodyAttacks, EndTheConnection) {
    Served served;
    for (const std::string& body : {std::string("5;a\rb\r\nhello\r\n0\r\n\r\n"),
                                    std::string("0x5\r\nhello\r\n0\r\n\r\n"), std::string("5\nhello\n0\n\n"),
                                    std::string("ffffffffffffffff\r\n"), std::string("+5\r\nhello\r\n0\r\n\r\n")}) {
        RawSocket client = served.dial();
        client.send(post("Transfer-Encoding: chunked\r\n") + body + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
        client.finish();
        const std::string reply = client.until_end();
        EXPECT_EQ(status_of(reply), "HTTP/1.1 400") << body;
        EXPECT_EQ(reply.find("/smuggled"), std::string::npos) << body;
        EXPECT_FALSE(client.timed_out());
    }
}

TEST(BodyAttacks, JunkBehindABodyIsRefused) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send(post("Content-Length: 2\r\n") + "okjunk\r\n\r\n"));
    EXPECT_EQ(body_of_reply(client.reply()), "ok");
    EXPECT_EQ(status_of(client.until_end()), "HTTP/1.1 400");
}

TEST(BodyAttacks, AnEndlessBodyMeetsTheLimit) {
    Served served;
    RawSocket client = served.dial();
    ASSERT_TRUE(client.send(post("Transfer-Encoding: chunked\r\n")));
    const std::string chunk = "10000\r\n" + std::string(1 << 16, 'x') + "\r\n";
    for (int i = 0; i < 64; ++i) client.send(chunk);
    client.finish();
    EXPECT_EQ(status_of(client.until_end()), "HTTP/1.1 413");
}

}  // namespace
}  // namespace miroir::wire

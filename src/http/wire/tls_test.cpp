#include "http/wire/client.h"
#include "http/wire/test_authority.h"
#include "http/wire/test_house.h"

namespace miroir::wire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ReplyOrError = Result<http::Reply>;

class Tls : public testing::Test {
protected:
    Tls() {
        authority.issue("server", "IP:127.0.0.1");
        authority.issue("client", "DNS:client");
        authority.issue("elsewhere", "DNS:elsewhere");
    }

    ListenerOptions served_as(const std::string& name) const {
        ListenerOptions out;
        out.tls = ListenerTls{.certificate = authority.certificate_of(name), .key = authority.key_of(name)};
        return out;
    }
    ClientOptions trusting() const { return {.tls = {.authorities = authority.file()}}; }

    // `times` requests one after another through one client.
    static ReplyOrError ask(std::uint16_t port, ClientOptions options, http::Outgoing request = {}, int times = 1) {
        World world;
        auto client = world.on_thread([&] { return std::make_unique<Client>(world.reactor, options); });
        ReplyOrError reply;
        for (int i = 0; i < times; ++i) {
            reply = world
                        .start<ReplyOrError>([&] {
                            const http::Address to{.host = "127.0.0.1", .port = port, .tls = true};
                            const http::SendOptions limits{.deadline = env::Deadline::after(world.reactor, seconds(5))};
                            return client->send(to, request, limits);
                        })
                        .get();
        }
        world.on_thread([&] { client.reset(); });
        return reply;
    }

    TestAuthority authority;
};

TEST_F(Tls, RoundTripOnOneConnection) {
    Served served(served_as("server"));
    ASSERT_TRUE(served.listener) << served.error.message;
    http::Outgoing request;
    request.method = "POST";
    request.target = "/echo";
    request.body = std::string(500'000, 't');
    const ReplyOrError reply = ask(served.port, trusting(), request, 3);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, request.body);
    EXPECT_EQ(served.house.requests, 3);
}

TEST_F(Tls, StreamsALargeReply) {
    Served served(served_as("server"));
    http::Outgoing request;
    request.target = "/huge";
    const ReplyOrError reply = ask(served.port, trusting(), request);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, std::string(64u << 20, 'p'));
}

TEST_F(Tls, ServerMustBeWhoItSays) {
    Served wrong_name(served_as("elsewhere"));
    EXPECT_EQ(ask(wrong_name.port, trusting()).error().code, ErrorCode::MiroirNodeUnreachable);
    TestAuthority other("other");
    Served served(served_as("server"));
    EXPECT_EQ(ask(served.port, {.tls = {.authorities = other.file()}}).error().code, ErrorCode::MiroirNodeUnreachable);
    EXPECT_TRUE(ask(wrong_name.port, {.tls = {.verify = false}}));
    EXPECT_EQ(wrong_name.house.requests, 1);
    EXPECT_EQ(served.house.requests, 0);
}

TEST_F(Tls, ClientsShowACertificateWhereItIsRequired) {
    ListenerOptions options = served_as("server");
    options.tls->client_authorities = authority.file();
    options.tls->client_required = true;
    Served served(options);
    ASSERT_TRUE(served.listener) << served.error.message;
    EXPECT_FALSE(ask(served.port, trusting()));
    EXPECT_EQ(served.house.requests, 0);
    ClientOptions known = trusting();
    known.tls.certificate = authority.certificate_of("client");
    known.tls.key = authority.key_of("client");
    const ReplyOrError reply = ask(served.port, known);
    EXPECT_TRUE(reply) << reply.error().message;
}

TEST_F(Tls, FilesThatCannotBeUsedAreNamed) {
    ListenerOptions missing = served_as("nobody");
    EXPECT_NE(Served(missing).error.message.find(authority.certificate_of("nobody")), std::string::npos);
    ListenerOptions mixed = served_as("server");
    mixed.tls->key = authority.key_of("client");
    const Error error = Served(mixed).error;
    EXPECT_EQ(error.code, ErrorCode::MiroirConfigInvalid);
    EXPECT_NE(error.message.find(mixed.tls->key), std::string::npos);
    ListenerOptions lonely = served_as("server");
    lonely.tls->client_required = true;
    EXPECT_EQ(Served(lonely).error.code, ErrorCode::MiroirConfigInvalid);

    World world;
    auto client = world.on_thread(
        [&] { return std::make_unique<Client>(world.reactor, ClientOptions{.tls = {.authorities = "/nowhere.pem"}}); });
    ASSERT_FALSE(client->tls_ready());
    EXPECT_NE(client->tls_ready().error().message.find("/nowhere.pem"), std::string::npos);
    world.on_thread([&] { client.reset(); });
}

TEST_F(Tls, AGreetingThatStallsIsClosed) {
    ListenerOptions options = served_as("server");
    options.header_timeout = milliseconds(40);
    Served served(options);
    RawSocket silent = served.dial();
    EXPECT_EQ(silent.until_end(), "");
    EXPECT_FALSE(silent.timed_out());
    RawSocket plain = served.dial();
    plain.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    plain.until_end();
    EXPECT_FALSE(plain.timed_out());
    EXPECT_EQ(served.house.requests, 0);
    EXPECT_TRUE(eventually([&] { return served.connections() == 0; }));
}

TEST_F(Tls, PlainServerIsUnreachableByTls) {
    Served plain;
    EXPECT_EQ(ask(plain.port, trusting()).error().code, ErrorCode::MiroirNodeUnreachable);
    EXPECT_EQ(plain.house.requests, 0);
}

}  // namespace
}  // namespace miroir::wire

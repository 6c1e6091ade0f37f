#include "admin/keyed_client.h"

#include <gtest/gtest.h>

#include "server/test_world.h"

namespace miroir::admin {
namespace {

// Nodes that know one key each, by port.
class Nodes final : public http::Client {
public:
    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions) override {
        asked.emplace_back(request.headers.get("authorization"));
        http::Reply reply;
        if (request.headers.has("authorization") && asked.back() != "Bearer " + keys[to.port]) reply.status = 403;
        reply.body = request.body;
        co_return reply;
    }
    std::map<std::uint16_t, std::string> keys{{1, "old"}, {2, "old"}};
    std::vector<std::string> asked;
};

struct Room {
    int ask(std::uint16_t port, bool with_key = true) {
        nodes.asked.clear();
        http::Outgoing request;
        if (with_key) request.headers.add("Authorization", "Bearer old");
        request.body = "body";
        const http::Address to{.host = "h", .port = port};
        const Result<http::Reply> reply = world.wait(client.send(to, std::move(request), http::SendOptions()));
        EXPECT_EQ(reply->body, "body");
        return reply->status;
    }
    using Asked = std::vector<std::string>;

    server::test::World world;
    Nodes nodes;
    NodeKeys keys{"old"};
    KeyedClient client{nodes, keys};
};

TEST(KeyedClient, ShowsTheNewKeyAndTheOldOneToThoseThatStillWantIt) {
    Room room;
    EXPECT_EQ(room.ask(1), 200);
    EXPECT_FALSE(room.keys.rotate("old"));
    EXPECT_TRUE(room.keys.rotate("new"));
    EXPECT_EQ(room.ask(1), 200);
    EXPECT_EQ(room.nodes.asked, (Room::Asked{"Bearer new", "Bearer old"}));
    room.nodes.keys[1] = "new";
    EXPECT_EQ(room.ask(1), 200);
    EXPECT_EQ(room.nodes.asked, (Room::Asked{"Bearer new"}));
    EXPECT_EQ(room.ask(2), 200);  // has not been restarted
    room.nodes.keys[1] = "old";   // fell back: refused once, then known again
    EXPECT_EQ(room.ask(1), 403);
    EXPECT_EQ(room.ask(1), 200);
    room.nodes.keys[2] = "another";
    EXPECT_EQ(room.ask(2), 403);
    EXPECT_TRUE(room.keys.rotate("newest"));
    room.nodes.keys[1] = "newest";
    EXPECT_EQ(room.ask(1), 200);
    EXPECT_EQ(room.nodes.asked, (Room::Asked{"Bearer newest"}));
}

TEST(KeyedClient, ShowsNoKeyWhereNoneWasToBeShown) {
    Room room;
    EXPECT_TRUE(room.keys.rotate("new"));
    EXPECT_EQ(room.ask(1, false), 200);
    EXPECT_EQ(room.nodes.asked, (Room::Asked{""}));
}

}  // namespace
}  // namespace miroir::admin

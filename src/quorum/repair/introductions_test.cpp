#include "quorum/repair/introductions.h"

#include <gtest/gtest.h>

namespace miroir::quorum {
namespace {

http::Reply page(const std::string& tasks) {
    http::Reply out;
    out.status = 200;
    out.body = R"({"results":[)" + tasks + "]}";
    return out;
}

const std::string kOfA = R"({"uid":7,"enqueuedAt":"monday"})";
const std::string kOfB = R"({"uid":7,"enqueuedAt":"tuesday"})";

class Introduced : public testing::Test {
protected:
    Introduced() {
        introductions.tell(NodeId{"a"}, Witness{.uid = 7, .enqueued_at = "monday"});
        introductions.tell(NodeId{"b"}, Witness{.uid = 7, .enqueued_at = "tuesday"});
    }
    bool passes(const std::string& peer, const http::Reply& reply) const {
        const auto question = introductions.question(peer);
        return question && question->is_meant(reply);
    }
    Introductions introductions;
};

TEST_F(Introduced, ANodeKnowsWhatItTook) {
    EXPECT_EQ(introductions.question("a")->target, "/tasks?limit=1&uids=7");
    EXPECT_TRUE(passes("a", page(kOfA)));
    EXPECT_FALSE(passes("a", page(kOfB)));
    EXPECT_FALSE(passes("a", page("")));
}

TEST_F(Introduced, ANodeWithoutAPastKnowsNothingOfTheOthers) {
    EXPECT_TRUE(passes("c", page("")));
    EXPECT_FALSE(passes("c", page(kOfA)));
    EXPECT_FALSE(passes("c", page(kOfB)));
    introductions.tell(NodeId{"a"}, std::nullopt);
    EXPECT_TRUE(passes("a", page("")));
    EXPECT_FALSE(passes("a", page(kOfB)));
}

TEST_F(Introduced, WhatIsNoListOfTasksIntroducesNobody) {
    http::Reply reply;
    reply.status = 200;
    reply.body = "<html>";
    EXPECT_FALSE(passes("a", reply));
    EXPECT_FALSE(passes("c", reply));
    reply = page(kOfA);
    reply.status = 500;
    EXPECT_FALSE(passes("a", reply));
}

TEST(Introductions, AskNothingWhereNobodyHasTakenAnything) { EXPECT_FALSE(Introductions().question("a")); }

}  // namespace
}  // namespace miroir::quorum

#include "quorum/claim.h"

#include <gtest/gtest.h>

#include "env/real/reactor.h"
#include "json/parse.h"
#include "tasks/memory_store.h"

namespace miroir::quorum {
namespace {

json::Value page(const std::string& tasks) { return json::parse(R"({"results":[)" + tasks + "]}").value(); }

TEST(ClaimNote, IsFoundInTheTaskThatLeavesIt) {
    const NodeRequest request = claim_request({.name = "me", .node = {"node-1"}});
    EXPECT_EQ(request.method, "DELETE");
    EXPECT_EQ(request.target, "/indexes/_miroir/documents?customMetadata=me/node-1");
    const auto left = claim_in(page(R"({"uid":7,"customMetadata":"me/node-1"})"));
    ASSERT_TRUE(left);
    EXPECT_EQ(left->name, "me");
    EXPECT_EQ(left->node, NodeId{"node-1"});
    EXPECT_EQ(claim_in(page(""))->name, "");
    EXPECT_EQ(claim_in(page(R"({"uid":7})"))->name, "");
    EXPECT_FALSE(claim_in(json::parse(R"({"message":"no"})").value()));
}

class Counting final : public env::Random {
public:
    std::uint64_t next() override { return last_ += 0x9E3779B97F4A7C15; }

private:
    std::uint64_t last_ = 0;
};

class Claims : public testing::Test {
protected:
    std::unique_ptr<Claim> start(bool keeps = true) {
        auto claim = std::make_unique<Claim>();
        EXPECT_TRUE(env::run_task(reactor, claim->open(store, random)));
        if (keeps) EXPECT_TRUE(env::run_task(reactor, claim->keep()));
        return claim;
    }
    env::Reactor reactor;
    Counting random;
    tasks::MemoryStore store;
};

TEST_F(Claims, WhoeverHadTheStoreBeforeIsKnown) {
    const std::unique_ptr<Claim> first = start();
    const std::unique_ptr<Claim> second = start();
    EXPECT_TRUE(second->knows(first->name()));
    EXPECT_TRUE(second->may_follow(first->name()));
    EXPECT_FALSE(first->knows(second->name())) << "it came later";
    EXPECT_FALSE(first->may_follow(second->name()));
    first->take_over();
    EXPECT_TRUE(first->may_follow(second->name()));
    EXPECT_TRUE(first->may_follow("")) << "nobody's";
}

TEST_F(Claims, ANameThatWasLeftNowhereIsNotKept) {
    const std::unique_ptr<Claim> idle = start(false);
    EXPECT_FALSE(start()->knows(idle->name()));
}

TEST_F(Claims, SomeThousandStartsAreRemembered) {
    const std::string eldest = start()->name();
    std::string second = start()->name();
    for (int i = 0; i < 998; ++i) start();
    EXPECT_TRUE(start(false)->knows(eldest));
    start();
    EXPECT_FALSE(start(false)->knows(eldest));
    EXPECT_TRUE(start(false)->knows(second));
}

TEST_F(Claims, WhoHasLostANodeSaysWhere) {
    const std::unique_ptr<Claim> claim = start();
    EXPECT_TRUE(claim->holds());
    claim->lose(NodeId{"node-2"});
    claim->lose(NodeId{"node-1"});
    EXPECT_EQ(claim->holds().error().code, ErrorCode::MiroirReplaced);
    EXPECT_NE(claim->holds().error().message.find("node-2"), std::string::npos);
}

}  // namespace
}  // namespace miroir::quorum

#include "quorum/passing_on.h"

#include <gtest/gtest.h>

namespace miroir::quorum {
namespace {

Hints::HeldAt at(const char* node, std::uint64_t place, std::uint64_t holder, std::uint64_t task,
                 std::vector<std::string> indexes) {
    return {.node = NodeId{node},
            .place = place,
            .held = {.holder = holder, .task = task, .part = 0, .indexes = std::move(indexes)}};
}

std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> told(const std::vector<Hints::HeldAt>& all,
                                                                    std::uint64_t holder) {
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> out;
    for (const Hints::HeldAt& each : passed_on(all, holder)) out[{each.node.value, each.place}] = each.held.holder;
    return out;
}

// Two indexes are being changed, and swapped: the swap and what is written behind it wait for both changes.
TEST(PassingOn, KeepsASwapBehindBothChanges) {
    const std::vector<Hints::HeldAt> all{
        at("n1", 0, 1, 1, {"a"}),       // the change of a
        at("n1", 1, 2, 2, {"b"}),       // that of b
        at("n1", 2, 2, 3, {"b"}),       // a write
        at("n1", 3, 1, 4, {"a"}),       // a write
        at("n1", 4, 1, 5, {"a", "b"}),  // the swap, held by the last of these
        at("n1", 5, 1, 6, {"a"}),       // a write behind it
        at("n2", 4, 1, 5, {"a", "b"}),  // the swap on a node that has nothing of b to get
    };
    EXPECT_EQ(told(all, 1),
              (std::map<std::pair<std::string, std::uint64_t>, std::uint64_t>{{{"n1", 4}, 2}, {{"n1", 5}, 2}}));
    EXPECT_TRUE(told(all, 2).empty()) << "nothing of another stands before it";
}

TEST(PassingOn, LetsTheNextChangeOfAnIndexGoWhenItsTurnHasCome) {
    const std::vector<Hints::HeldAt> all{at("n1", 0, 1, 1, {"a"}), at("n1", 1, 2, 2, {"a"}), at("n1", 2, 2, 3, {"a"})};
    EXPECT_EQ(told(all, 2).size(), 1u);
    EXPECT_FALSE(told(all, 2).contains({"n1", 1}));
}

}  // namespace
}  // namespace miroir::quorum

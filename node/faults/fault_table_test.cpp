#include "node/faults/fault_table.h"

#include <gtest/gtest.h>

namespace miroir::node {
namespace {

class Counting final : public env::Random {
public:
    std::uint64_t next() override { return state_ += 0x9E3779B97F4A7C15ull; }

private:
    std::uint64_t state_ = 1;
};

TEST(FaultTable, ReadsItsRules) {
    const auto delay = parse_fault("delay=50ms..200ms:share=0.5:path=/indexes/*/search:times=3");
    ASSERT_TRUE(delay);
    EXPECT_EQ(delay->delay_max, std::chrono::milliseconds(200));
    EXPECT_EQ(delay->times, 3u);
    EXPECT_EQ(parse_fault("status=429:retry-after=7")->retry_after, 7);
    for (const char* bad :
         {"", "nonsense", "delay=fast", "status=200", "lost:share=2", "lost:colour=red", "task-fails=x"}) {
        EXPECT_FALSE(parse_fault(bad)) << bad;
    }
}

TEST(FaultTable, StrikesOnlyWhatItNamesAndAsOftenAsSaid) {
    Counting random;
    FaultTable table;
    table.add(*parse_fault("status=503:method=POST:path=/indexes/*/search:times=2"));
    EXPECT_FALSE(table.draw("GET", "/indexes/a/search", random).any());
    EXPECT_FALSE(table.draw("POST", "/indexes/a/b/search", random).any());
    EXPECT_EQ(table.draw("POST", "/indexes/a/search", random).status, 503);
    EXPECT_EQ(table.draw("POST", "/indexes/b/search", random).status, 503);
    EXPECT_FALSE(table.draw("POST", "/indexes/a/search", random).any());
}

TEST(FaultTable, AShareIsAShare) {
    Counting random;
    FaultTable table;
    table.add(*parse_fault("lost:share=0.25"));
    int struck = 0;
    for (int i = 0; i < 4000; ++i) struck += table.draw("GET", "/", random).lost;
    EXPECT_NEAR(struck, 1000, 100);
}

}  // namespace
}  // namespace miroir::node

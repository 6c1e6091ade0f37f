#include "cli/tables.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::cli {
namespace {

TEST(Tables, ColumnsFitTheirLongestCell) {
    EXPECT_EQ(table({"A", "LONG"}, {{"xyz", "1"}, {"é", "2"}}), "A    LONG\nxyz  1\né    2\n");
}

TEST(Tables, TheStatusLineSaysWhatIsWrong) {
    const auto topology = json::parse(
        R"({"shards":64,"fully_covered":false,"degraded_node_count":1,"nodes":[{"healthy":true},{"healthy":false}]})");
    const auto idle = json::parse(R"({"state":"idle"})");
    EXPECT_EQ(status_line(*topology, *idle),
              "Nodes: 1 healthy, 1 degraded | Shards: 64 not all covered | Rebalance: idle\n");
    const auto running = json::parse(R"({"state":"running","moving":2,"planned":5})");
    EXPECT_NE(status_line(*topology, *running).find("running (2 moving, 5 to come)"), std::string::npos);
}

TEST(Tables, AnEmptyPlanIsSaidSo) { EXPECT_EQ(plan_text(*json::parse(R"({"plan":[]})")), "Nothing has to move.\n"); }

}  // namespace
}  // namespace miroir::cli

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

TEST(Tables, WhatIsMissingIsNamedWithNumbers) {
    const auto shards = json::parse(R"({"unreachable":[{"nodes":"node-1","shards":[3,5],"documents":120}],)"
                                    R"("lost":[{"index":"books","shards":[1,2,3,4,5,6,7,8,9,10],"documents":77}]})");
    EXPECT_EQ(gaps_text(*shards),
              "Nobody answers for 2 shards (3, 5) with about 120 documents: held by node-1.\n"
              "Lost: 10 shards (1, 2, 3, 4, 5, 6, 7, 8, …) of index books, about 77 documents.\n");
    EXPECT_EQ(gaps_text(*json::parse("{}")), "");
    const auto moves =
        json::parse(R"({"absent":[{"node_id":"a","away_s":5,"written_off_in_s":25,"kept_because":null},)"
                    R"({"node_id":"b","away_s":9,"written_off_in_s":null,"kept_because":"it is alone"}]})");
    EXPECT_EQ(absences_text(*moves),
              "Node a is away for 5 s; it is written off in 25 s.\n"
              "Node b is away for 9 s; it is not written off: it is alone.\n");
}

TEST(Tables, EveryFaultIsFound) {
    const json::Value topology =
        *json::parse(R"({"fully_covered":true,"degraded_node_count":0,"mixed_engine_versions":false})");
    const json::Value shards = *json::parse(R"({"debts":[],"lost":[],"unreachable":[]})");
    const json::Value moves = *json::parse(R"({"moving":0,"planned":0})");
    const json::Value copies = *json::parse(R"({"undecided":0,"shards_not_compared":2,"mismatches_last":3})");
    Looks looks{.topology = topology, .shards = shards, .moves = moves, .copies = copies};
    EXPECT_TRUE(faults_of(looks).empty()) << "what was found long ago may be repaired since";
    looks.compared = true;
    EXPECT_EQ(faults_of(looks).size(), 2u);
    const json::Value bad_topology =
        *json::parse(R"({"fully_covered":false,"degraded_node_count":1,"mixed_engine_versions":true})");
    const json::Value bad_shards = *json::parse(
        R"({"debts":[{"node":"a","index":"i","shards":[4]}],"lost":[{"index":"i","shards":[1],"documents":2}]})");
    const json::Value bad_moves = *json::parse(R"({"moving":1,"planned":0})");
    const json::Value bad_copies = *json::parse(R"({"undecided":1,"shards_not_compared":0,"mismatches_last":0})");
    const Looks bad{
        .topology = bad_topology, .shards = bad_shards, .moves = bad_moves, .copies = bad_copies, .compared = true};
    EXPECT_EQ(faults_of(bad).size(), 7u);
    EXPECT_EQ(faults_of(bad)[4], "node a lacks 1 shard (4) of index i");
}

}  // namespace
}  // namespace miroir::cli

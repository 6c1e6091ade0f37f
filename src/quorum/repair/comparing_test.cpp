#include "quorum/repair/comparing.h"

#include <gtest/gtest.h>

#include "cluster/reserved.h"
#include "json/parse.h"

namespace miroir::quorum {
namespace {

json::Value value(std::string_view text) { return json::parse(text).value(); }

cluster::TopologyPtr cluster_of(std::uint32_t nodes, std::uint32_t replicas) {
    cluster::TopologySpec spec{.nodes = {}, .shards = 16, .replicas = replicas};
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const std::string name = "n" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
    }
    return make_topology(spec).value();
}

plan::Catalog catalog_of(std::uint32_t shards) {
    plan::IndexEntry entry;
    entry.uid = {"books"};
    entry.shards = shards;
    plan::Catalog out;
    out.indexes[entry.uid] = std::make_shared<const plan::IndexEntry>(entry);
    return out;
}

std::set<ShardId> shards_of(const std::vector<CompareUnit>& units) {
    std::set<ShardId> out;
    for (const CompareUnit& unit : units) {
        for (const ShardId shard : unit.shards) EXPECT_TRUE(out.insert(shard).second) << "twice";
    }
    return out;
}

TEST(Comparing, EveryShardOnceBesideThoseOnTheSameNodes) {
    const cluster::TopologyPtr topology = cluster_of(3, 2);
    const std::vector<CompareUnit> units = compare_units(*topology, catalog_of(16));
    EXPECT_EQ(shards_of(units).size(), 16u);
    EXPECT_LE(units.size(), 3u) << "three nodes make three pairs";
    for (const CompareUnit& unit : units) {
        ASSERT_EQ(unit.nodes.size(), 2u);
        for (const ShardId shard : unit.shards) {
            for (const cluster::Replica& replica : topology->replicas_of(shard))
                EXPECT_NE(std::ranges::find(unit.nodes, topology->node(replica.node).id), unit.nodes.end());
        }
    }
}

TEST(Comparing, AFewShardsAtATimeGoRound) {
    const cluster::TopologyPtr topology = cluster_of(3, 2);
    std::set<ShardId> seen;
    for (std::uint32_t from = 0; from < 20; from += 5) {
        const std::set<ShardId> now = shards_of(compare_units(*topology, catalog_of(16), from, 5));
        EXPECT_EQ(now.size(), 5u);
        seen.insert(now.begin(), now.end());
    }
    EXPECT_EQ(seen.size(), 16u);
}

TEST(Comparing, ADigestKnowsContentNotOrder) {
    const std::uint64_t one = digest_of(value(R"({"id":1,"a":{"x":1,"y":[1,2]},"b":null})"));
    EXPECT_EQ(one, digest_of(value(R"({"b":null,"a":{"y":[1,2],"x":1},"id":1})")));
    for (const char* other :
         {R"({"id":1,"a":{"x":1,"y":[2,1]},"b":null})", R"({"id":1,"a":{"x":1,"y":[1,2]}})",
          R"({"id":1,"a":{"x":1.0,"y":[1,2]},"b":null})", R"({"id":1,"a":{"y":1,"x":[1,2]},"b":null})",
          R"({"id":1,"a":{"x":-1,"y":[1,2]},"b":null})", R"({"id":1,"a":{"x":1,"y":[1,2]},"b":false})"})
        EXPECT_NE(one, digest_of(value(other))) << other;
}

TEST(Comparing, VectorsThatANodeMadeDoNotCount) {
    const char* here = R"({"id":1,"_vectors":{"e":{"regenerate":true,"embeddings":[[0.1,0.2]]}}})";
    const char* there = R"({"id":1,"_vectors":{"e":{"regenerate":true,"embeddings":[[0.1,0.200001]]}}})";
    const char* given = R"({"id":1,"_vectors":{"e":{"regenerate":false,"embeddings":[[0.1,0.2]]}}})";
    const char* other = R"({"id":1,"_vectors":{"e":{"regenerate":false,"embeddings":[[0.1,0.3]]}}})";
    EXPECT_EQ(digest_of(value(here)), digest_of(value(there)));
    EXPECT_NE(digest_of(value(given)), digest_of(value(other)));
    EXPECT_NE(digest_of(value(here)), digest_of(value(given)));
}

TEST(Comparing, MarksHaveToBeThereAndRight) {
    const ShardId shard = cluster::shard_of("7", 16);
    json::Value document = value(R"({"id":7})");
    EXPECT_FALSE(marks_of(document, "7", 16).well_formed);
    document[cluster::kShardField] = cluster::shard_label(shard);
    EXPECT_FALSE(marks_of(document, "7", 16).well_formed);
    document[cluster::kStampField] = cluster::stamp_text(42);
    EXPECT_TRUE(marks_of(document, "7", 16).well_formed);
    EXPECT_EQ(marks_of(document, "7", 16).stamp, 42u);
    document[cluster::kShardField] = cluster::shard_label(ShardId{(shard.value + 1) % 16});
    EXPECT_FALSE(marks_of(document, "7", 16).well_formed) << "the label of another shard";
    document[cluster::kShardField] = 7;
    EXPECT_FALSE(marks_of(document, "7", 16).well_formed);
}

TEST(Comparing, OnlyWhereSumsDifferDocumentsAreLookedAt) {
    StretchCopy a;
    StretchCopy b;
    a.add("1", 10), a.add("2", 20);
    b.add("2", 20), b.add("1", 10);
    EXPECT_EQ(a.digest(), b.digest()) << "in whatever order they come";
    EXPECT_TRUE(StretchCopy::differing({a, b}).empty());
    b.add("3", 30);
    StretchCopy c = a;
    EXPECT_EQ(StretchCopy::differing({a, b, c}), (std::set<std::string>{"3"}));
    StretchCopy d;
    d.add("1", 20), d.add("2", 10);
    EXPECT_EQ(StretchCopy::differing({a, d}), (std::set<std::string>{"1", "2"})) << "exchanged contents";
}

}  // namespace
}  // namespace miroir::quorum

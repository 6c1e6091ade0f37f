#include "plan/document_plan.h"

#include <gtest/gtest.h>

#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::plan {
namespace {

cluster::TopologyPtr two_nodes(std::uint32_t replicas) {
    cluster::TopologySpec spec{.nodes = {}, .shards = 16, .replicas = replicas};
    for (const char* name : {"a", "b"}) {
        spec.nodes.push_back(
            {.id = {name}, .address = "http://" + std::string(name) + ":7700", .group = {0}, .zone = {}});
    }
    return cluster::make_topology(spec).value();
}

protocol::Payload read(std::string_view text) { return protocol::read_payload(text, {}).value(); }

TEST(DocumentPlan, HandsTheBytesOnWithBothFieldsBehind) {
    const cluster::TopologyPtr topology = two_nodes(2);
    const std::vector<std::string> ids = {"1", "2", "1"};
    const std::vector<std::uint64_t> stamps = {5, 6, 5};
    const DocumentPlan plan = split_documents(read("[{\"id\":1,\"x\":1.0e0} , {\n \"id\" : \"2\"\n}, {\"id\":1}]"), ids,
                                              stamps, *topology, 16);
    EXPECT_EQ(plan.distinct, 2);
    const auto tail = [](std::string_view id, std::uint64_t stamp) {
        return std::string(",\"_miroir_shard\":\"") + cluster::shard_label(cluster::shard_of(id, 16)) +
               "\",\"_miroir_order\":\"" + cluster::stamp_text(stamp) + "\"}\n";
    };
    ASSERT_EQ(plan.bodies.size(), 2);
    for (const auto& [node, body] : plan.bodies) {
        EXPECT_EQ(body.ndjson, "{\"id\":1,\"x\":1.0e0" + tail("1", 5) + "{\n \"id\" : \"2\"" + tail("2", 6) +
                                   "{\"id\":1" + tail("1", 5));
        EXPECT_EQ(body.documents, 3);
        EXPECT_EQ(body.shards, plan.shards);
    }
}

TEST(DocumentPlan, EveryDocumentGoesToTheHolderOfItsShard) {
    const cluster::TopologyPtr topology = two_nodes(1);
    std::string text = "[{\"id\":0}";
    std::vector<std::string> ids = {"0"};
    for (int i = 1; i < 100; ++i) {
        ids.push_back(std::to_string(i));
        text += ",{\"id\":" + ids.back() + "}";
    }
    const DocumentPlan plan =
        split_documents(read(text + "]"), ids, std::vector<std::uint64_t>(ids.size(), 1), *topology, 16);
    std::size_t seen = 0;
    for (const auto& [node, body] : plan.bodies) {
        const protocol::Payload lines =
            protocol::read_payload(body.ndjson, {.format = protocol::PayloadFormat::Ndjson}).value();
        EXPECT_EQ(lines.documents.size(), body.documents);
        for (const json::Object& line : protocol::trees_of(lines)) {
            const ShardId shard = cluster::shard_of(json::to_text(*line.find("id")), 16);
            EXPECT_EQ(line.find(cluster::kShardField)->string(), cluster::shard_label(shard));
            EXPECT_EQ(topology->replicas_of(shard).front().node, node);
            ++seen;
        }
    }
    EXPECT_EQ(seen, ids.size());
}

TEST(DocumentPlan, AKeyNamedTwiceReachesTheNodesOnce) {
    const protocol::Payload payload =
        protocol::read_payload(R"([{"id":3,"x":1,"id":4}])", {}, std::optional<std::string>("id")).value();
    const cluster::TopologyPtr topology = two_nodes(1);
    const std::vector<std::string> ids{"4"};
    const DocumentPlan plan = split_documents(payload, ids, std::vector<std::uint64_t>{7}, *topology, 16);
    ASSERT_FALSE(plan.bodies.empty());
    EXPECT_TRUE(plan.bodies.begin()->second.ndjson.starts_with(R"({"id":4,"x":1,)"))
        << plan.bodies.begin()->second.ndjson;
}

TEST(DocumentPlan, RefusesOurNamesHoweverTheyAreWritten) {
    for (const char* text :
         {R"({"id":1,"_miroir_x":2})", R"({"id":1,"\u005fmiroir_x":2})", R"({"id":1,"_mir\u006fir_x":2})"}) {
        const auto refused = refuse_reserved_fields(read(text));
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, ErrorCode::MiroirReservedField);
        EXPECT_TRUE(refused.error().message.contains("`_miroir_x`"));
    }
    EXPECT_TRUE(refuse_reserved_fields(read(R"({"id":1,"_geo":2,"a":{"_miroir_x":1},"_mine":1})")));
}

}  // namespace
}  // namespace miroir::plan

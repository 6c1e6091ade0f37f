// Lists read page by page and out of turn, while documents come and go: each page is that of one node.
#include <gtest/gtest.h>

#include "sim/oracle/duel.h"

namespace miroir::sim {
namespace {

constexpr int kDocuments = 1'500;  // beyond the offset from which pages are looked for

json::Value documents(int from, int to) {
    json::Array out;
    for (int i = from; i < to; ++i)
        out.emplace_back(json::Object{{"id", i * 7919 % 100'003}, {"kind", i % 3 == 0 ? "odd" : "even"}, {"n", i}});
    return out;
}

Story story() {
    Story out;
    out.nodes = 3;
    out.replicas = 2;
    out.shards = 16;
    out.settings = json::Object{{"filterableAttributes", json::Array{json::Value("kind")}}};
    out.writes.push_back({.method = "POST", .path = "/documents", .body = documents(0, kDocuments)});
    return out;
}

struct Reader {
    Duel duel{story(), 1};

    std::size_t page(std::uint64_t offset, std::uint64_t limit, const json::Value& filter = {}) {
        json::Object body{{"offset", offset}, {"limit", limit}};
        if (!filter.is_null()) body.append("filter", filter);
        const Question asked{.method = "POST", .path = "/indexes/i/documents/fetch", .body = json::Value(body)};
        const Spoken ours = duel.ask_cluster(asked);
        EXPECT_EQ(difference(ours, duel.ask_alone(asked)), std::nullopt) << "at " << offset;
        const json::Value* results = ours.body.find("results");
        return results != nullptr && results->is_array() ? results->array().size() : 0;
    }
    void drop(int from, int to) {
        json::Array ids;
        for (int i = from; i < to; ++i) ids.emplace_back(i * 7919 % 100'003);
        duel.tell({.method = "POST", .path = "/documents/delete-batch", .body = json::Value(std::move(ids))});
    }
};

TEST(PageByPage, AWholeListInTurn) {
    Reader reader;
    ASSERT_EQ(reader.duel.trouble(), std::nullopt);
    std::size_t seen = 0;
    for (std::uint64_t offset = 0; offset < kDocuments + 200; offset += 100) seen += reader.page(offset, 100);
    EXPECT_EQ(seen, kDocuments);
}

// A node gives what comes the place of what went, so they are not mixed here.
TEST(PageByPage, WhileDocumentsGo) {
    Reader reader;
    ASSERT_EQ(reader.duel.trouble(), std::nullopt);
    for (int turn = 0; turn < 14; ++turn) {
        reader.page(static_cast<std::uint64_t>(turn) * 100, 100);
        if (turn % 3 == 0) reader.drop(turn * 40, turn * 40 + 2 + turn);                          // before it
        if (turn % 3 == 1) reader.drop(kDocuments - 20 - turn, kDocuments - 15 - turn);           // behind it
        if (turn % 3 == 2) reader.drop(turn * 100 + 90 - turn * 6, turn * 100 + 110 - turn * 6);  // on both sides
    }
}

TEST(PageByPage, WhileDocumentsCome) {
    Reader reader;
    ASSERT_EQ(reader.duel.trouble(), std::nullopt);
    for (int turn = 0; turn < 16; ++turn) {
        reader.page(static_cast<std::uint64_t>(turn) * 100, 100);
        reader.duel.tell({.path = "/documents", .body = documents(kDocuments + turn, kDocuments + 1 + turn)});
    }
}

TEST(PageByPage, OutOfTurnAndOfAPart) {
    Reader reader;
    ASSERT_EQ(reader.duel.trouble(), std::nullopt);
    for (const std::uint64_t offset : {1'200, 1'000, 1'220, 1'499, 1'500, 9'000, 0, 70, 1'001, 90}) {
        reader.page(offset, 20);
        reader.page(offset, 0);
    }
    for (std::uint64_t offset = 0; offset < 600; offset += 60) reader.page(offset, 60, json::Value("kind = odd"));
}

}  // namespace
}  // namespace miroir::sim

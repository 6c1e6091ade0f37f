// Lists read page by page and out of turn, while documents come and go: each page is that of one node, or of the list.
#include <gtest/gtest.h>

#include "json/write.h"
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
    // Against the list as a whole: a single node gives a new document the place of one that has gone.
    void page_of_whole(std::uint64_t offset, std::uint64_t limit) {
        const auto list = [this](std::uint64_t from, std::uint64_t count) {
            const json::Object body{{"offset", from}, {"limit", count}};
            const Question asked{.method = "POST", .path = "/indexes/i/documents/fetch", .body = json::Value(body)};
            return duel.ask_cluster(asked).body.find("results")->array();
        };
        const json::Array whole = list(0, 10 * kDocuments);
        ASSERT_GT(whole.size(), offset + limit);
        const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(offset);
        const json::Array wanted(begin, begin + static_cast<std::ptrdiff_t>(limit));
        EXPECT_EQ(json::to_text(list(offset, limit)), json::to_text(wanted)) << "at " << offset;
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

TEST(PageByPage, WhileDocumentsComeAndGo) {
    Reader reader;
    ASSERT_EQ(reader.duel.trouble(), std::nullopt);
    for (int turn = 0; turn < 14; ++turn) {
        reader.page_of_whole(static_cast<std::uint64_t>(turn) * 100, 100);
        if (turn % 3 == 0) reader.drop(turn * 40, turn * 40 + 2 + turn);  // before the next page
        if (turn % 3 == 1) reader.drop(kDocuments - 20 - turn, kDocuments - 15 - turn);
        if (turn % 3 == 2) {  // one goes, another one comes
            reader.drop(turn, turn + 1);
            reader.duel.tell({.method = "POST", .path = "/documents", .body = documents(2'000 + turn, 2'001 + turn)});
        }
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

#include <gtest/gtest.h>

#include "json/parse.h"
#include "merge/federated_merge.h"
#include "merge/search_merge.h"

namespace miroir::merge {
namespace {

std::string hit(int id, int stamp) {
    return R"({"id":)" + std::to_string(id) +
           R"(,"_rankingScore":1.0,"_rankingScoreDetails":{"_miroir_order:asc":{"order":0,"value":")" +
           std::string(static_cast<std::size_t>(stamp), '!') + R"("}}})";
}

std::string pin(int id, int position) {
    return R"({"id":)" + std::to_string(id) +
           R"(,"_rankingScore":1.0,"_rankingScoreDetails":{"pin":{"order":0,"position":)" + std::to_string(position) +
           "}}}";
}

NodeAnswer answer(const std::vector<std::string>& hits, std::string_view key_field = {}) {
    std::string body = R"({"hits":[)";
    for (const std::string& each : hits) body += (body.ends_with('[') ? "" : ",") + each;
    return NodeAnswer::read(body + R"(],"estimatedTotalHits":)" + std::to_string(hits.size()) + "}",
                            {.distinct_field = key_field})
        .value();
}

std::vector<int> ids(const MergedHits& merged) {
    std::vector<int> out;
    for (const PickedHit& picked : merged.page)
        out.push_back(static_cast<int>(json::parse(picked.hit->bytes)->find("id")->unsigned_integer()));
    return out;
}

TEST(Pins, TakeTheirPlacesInTheWholeList) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({pin(90, 0), hit(1, 1), hit(3, 3)}));
    answers.push_back(answer({hit(2, 2), pin(91, 2), hit(4, 4)}));
    const auto page = [&](std::size_t skip, std::size_t take) {
        return ids(merge_hits(answers, {.skip = skip, .take = take, .distinct_field = {}}));
    };
    EXPECT_EQ(page(0, 20), (std::vector<int>{90, 1, 91, 2, 3, 4}));
    EXPECT_EQ(page(0, 2), (std::vector<int>{90, 1}));
    EXPECT_EQ(page(2, 2), (std::vector<int>{91, 2}));
    EXPECT_EQ(merge_hits(answers, {.distinct_field = {}}).total, 6u);
}

TEST(Pins, ComeForwardWhereHitsAreFew) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({pin(90, 7), hit(1, 1)}));
    answers.push_back(answer({pin(91, 5)}));
    EXPECT_EQ(ids(merge_hits(answers, {.distinct_field = {}})), (std::vector<int>{1, 91, 90}));
}

TEST(Pins, OfFederatedQueriesTakeTheirPlacesInTheOneList) {
    std::vector<NodeAnswer> first, second;
    first.push_back(answer({pin(90, 1), hit(1, 1), hit(2, 2)}));
    second.push_back(answer({pin(91, 1), pin(92, 9), hit(3, 3)}));
    const MergedHits by_first = merge_hits(first, {.distinct_field = {}, .pins_apart = true});
    const MergedHits by_second = merge_hits(second, {.distinct_field = {}, .pins_apart = true});
    EXPECT_EQ(ids(by_first), (std::vector<int>{1, 2}));
    const std::vector<FederatedSource> sources = {
        {.hits = by_first.page, .pins = by_first.pins, .index = "b", .query = 0},
        {.hits = by_second.page, .pins = by_second.pins, .index = "a", .query = 1}};
    const auto page = [&](std::uint64_t skip, std::uint64_t take) {
        std::vector<int> out;
        for (const FederatedHit& hit : merge_federated(sources, {.skip = skip, .take = take}).page)
            out.push_back(static_cast<int>(json::parse(hit.hit->bytes)->find("id")->unsigned_integer()));
        return out;
    };
    EXPECT_EQ(page(0, 20), (std::vector<int>{1, 91, 90, 2, 3, 92}));
    EXPECT_EQ(page(1, 2), (std::vector<int>{91, 90}));
}

// The order of rules, not that of nodes, decides who of the same place comes first.
TEST(Pins, OfTheSamePlaceGoByTheOrderOfTheRules) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({pin(90, 0), pin(91, 0), hit(1, 1)}, "id"));
    answers.push_back(answer({pin(92, 0), hit(2, 2)}, "id"));
    const auto shown = [&](const PinOrder& order) {
        return ids(merge_hits(
            answers, {.distinct_field = {}, .pins = std::make_shared<const PinOrder>(order), .key_field = "id"}));
    };
    EXPECT_EQ(shown({{"90", 0}, {"92", 0}, {"91", 0}}), (std::vector<int>{90, 92, 91, 1, 2}));
    EXPECT_EQ(shown({{"92", 0}, {"90", 0}, {"91", 0}}), (std::vector<int>{92, 90, 91, 1, 2}));
    EXPECT_EQ(shown({{"92", 7}, {"90", 0}, {"91", 0}, {"92", 0}}), (std::vector<int>{90, 91, 92, 1, 2}));
}

// Seen on the engine: 21, 22 and 23 wait until the list is long enough for 20, and come before it then.
TEST(Pins, WaitForOneThatIsToComeFurtherDown) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({pin(20, 5), hit(0, 1), hit(2, 3), hit(4, 5)}, "id"));
    answers.push_back(answer({pin(21, 0), pin(22, 0), pin(23, 2), hit(1, 2), hit(3, 4), hit(5, 6)}, "id"));
    const PinOrder order = {{"20", 5}, {"21", 0}, {"22", 0}, {"23", 2}};
    const auto page = [&](std::size_t skip, std::size_t take) {
        return ids(merge_hits(answers, {.skip = skip,
                                        .take = take,
                                        .distinct_field = {},
                                        .pins = std::make_shared<const PinOrder>(order),
                                        .key_field = "id"}));
    };
    EXPECT_EQ(reach_of(order), 9u);
    EXPECT_EQ(page(0, 5), (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(page(0, 6), (std::vector<int>{0, 1, 2, 3, 4, 20}));
    EXPECT_EQ(page(0, 7), (std::vector<int>{21, 0, 1, 2, 3, 20, 4}));
    EXPECT_EQ(page(4, 3), (std::vector<int>{3, 20, 4}));
    EXPECT_EQ(page(0, 9), (std::vector<int>{21, 22, 23, 0, 1, 20, 2, 3, 4}));
    EXPECT_EQ(reach_of({{"a", 0}, {"b", 0}, {"c", 3}}), 0u);
}

// Words and vectors of a hybrid search both tell of it.
TEST(Pins, AreTakenOnce) {
    std::vector<NodeAnswer> answers;
    answers.push_back(answer({pin(90, 0), hit(1, 1)}, "id"));
    answers.push_back(answer({pin(90, 0), hit(2, 2)}, "id"));
    const auto order = std::make_shared<const PinOrder>(PinOrder{{"90", 0}, {"91", 0}});
    EXPECT_EQ(ids(merge_hits(answers, {.distinct_field = {}, .pins = order, .key_field = "id"})),
              (std::vector<int>{90, 1, 2}));
}

}  // namespace
}  // namespace miroir::merge

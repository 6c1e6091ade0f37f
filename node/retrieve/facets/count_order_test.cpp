#include "node/retrieve/facets/count_order.h"

#include <gtest/gtest.h>

#include <vector>

namespace miroir::node {
namespace {

DocIds docs(std::initializer_list<std::uint32_t> ids) {
    DocIds set;
    for (const std::uint32_t id : ids) set.add(id);
    return set;
}

std::vector<std::size_t> order(const std::vector<DocIds>& values, const DocIds& candidates) {
    std::vector<const DocIds*> pointers;
    for (const DocIds& value : values) pointers.push_back(&value);
    std::vector<std::size_t> places;
    walk_by_count(pointers, candidates, [&](const CountedValue& value) {
        places.push_back(value.place);
        return true;
    });
    return places;
}

DocIds all_of(std::uint32_t count) {
    DocIds ids;
    ids.addRange(0, count);
    return ids;
}

TEST(CountOrder, MostDocumentsFirstThenTheLaterValue) {
    const std::vector<DocIds> values{docs({1}), docs({2, 3}), docs({4}), docs({5, 6})};
    EXPECT_EQ(order(values, all_of(10)), (std::vector<std::size_t>{3, 1, 2, 0}));
}

TEST(CountOrder, ValuesOutsideTheCandidatesAreLeftOut) {
    const std::vector<DocIds> values{docs({1}), docs({2, 3})};
    EXPECT_EQ(order(values, docs({1, 3})), (std::vector<std::size_t>{1, 0}));
    EXPECT_TRUE(order(values, docs({9})).empty());
}

TEST(CountOrder, WithManyValuesGroupsOfFourAreOpenedWhenTheirTurnComes) {
    // 17 values make one level of five groups; the last group holds one value of one document.
    std::vector<DocIds> values;
    for (std::uint32_t i = 0; i < 17; ++i) values.push_back(docs({i}));
    const auto places = order(values, all_of(17));
    ASSERT_EQ(places.size(), 17U);
    // Four-document groups are opened one by one from the back; then single values, the lone group of one last.
    EXPECT_EQ(places.front(), 15U);
    EXPECT_EQ(places.back(), 16U);
}

TEST(CountOrder, StopsWhenToldTo) {
    const std::vector<DocIds> values{docs({1}), docs({2})};
    const std::vector<const DocIds*> pointers{&values[0], &values[1]};
    int taken = 0;
    walk_by_count(pointers, all_of(5), [&](const CountedValue&) { return ++taken < 1; });
    EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace miroir::node

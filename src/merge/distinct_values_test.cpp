#include "merge/distinct_values.h"

#include <gtest/gtest.h>

namespace miroir::merge {
namespace {

using Keys = std::vector<std::string>;

TEST(DistinctKeys, AreWhatDocumentsAreFilteredBy) {
    EXPECT_EQ(distinct_keys({.raw = R"([1, 1.0, "Red", true, null, {"a": 2}, [[3]]])"}),
              (Keys{"n1", "n1", "tred", "ttrue", "n3"}));
    EXPECT_EQ(distinct_keys({.raw = R"("")"}), Keys()) << "an empty text is no facet";
    EXPECT_EQ(distinct_keys({.raw = R"(" ")"}), Keys{"t"});
    EXPECT_EQ(distinct_keys({}), Keys());
}

TEST(DistinctKeys, AreFoundThroughListsOfObjects) {
    const std::string_view list = R"([{"k": "b", "x": 1}, {"k": ["a", "b"]}, {"k": {"z": 1}}, 7, {"k.z": 9}])";
    EXPECT_EQ(distinct_keys({.raw = list, .rest = "k"}), (Keys{"tb", "ta", "tb"}));
    EXPECT_EQ(distinct_keys({.raw = list, .rest = "k.z"}), (Keys{"n1", "n9"}));
}

// As seen on the engine: of documents with these values under "n", the query `distinct: n` shows the first, the third.
TEST(DistinctValues, OfWhatHitsShowCountEmptyTexts) {
    DistinctValues facets(DistinctBy::Facets), shown(DistinctBy::Shown);
    std::string by_facets, by_shown;
    for (const std::string_view raw : {R"("")", R"("")", R"(["", "b"])", R"(" ")", "1", "[[1]]", "1.0"}) {
        const FoundValue value{.raw = raw};
        by_facets += facets.take(value) ? 'k' : '-';
        by_shown += shown.take(value) ? 'k' : '-';
    }
    EXPECT_EQ(by_facets, "kkkkk--");
    EXPECT_EQ(by_shown, "k---kkk");
}

}  // namespace
}  // namespace miroir::merge

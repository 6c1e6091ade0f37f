#include "node/retrieve/documents/order.h"

#include <gtest/gtest.h>

#include "node/retrieve/small_index_for_test.h"

namespace miroir::node {
namespace {

class OrderTest : public testing::Test {
protected:
    OrderTest() {
        protocol::Settings settings;
        settings.sortable_attributes = {"size", "id", "_geo"};
        index_ = small_index(settings, R"([
            {"id": 0, "size": "XL", "_geo": {"lat": 0, "lng": 3}}, {"id": 1, "size": 7, "_geo": {"lat": 0, "lng": 1}},
            {"id": 2}, {"id": 3, "size": ["M", 2]}, {"id": 4, "size": null, "_geo": {"lat": 0, "lng": 1}},
            {"id": 5, "size": 31}])");
    }
    std::string order(const std::vector<SortCriterion>& sort, std::size_t most = 100) {
        std::string ids;
        for (const DocId id : documents_in_order(index_, index_.document_ids(), sort, most)) ids += std::to_string(id);
        return ids;
    }
    Index index_;
};

TEST_F(OrderTest, NumbersThenTextsThenMissingInBothDirections) {
    // 3 has both kinds and comes twice; 4 has neither and does not come.
    EXPECT_EQ(order({{.field = "size", .ascending = true, .point = {}}}), "315302");
    EXPECT_EQ(order({{.field = "size", .ascending = false, .point = {}}}), "513032");
}

TEST_F(OrderTest, StopsWhenThereIsEnough) {
    EXPECT_EQ(order({{.field = "size", .ascending = true, .point = {}}}, 2), "31");
}

TEST_F(OrderTest, AFewDocumentsComeInTheSameOrderAsAmongAll) {
    const Index letters = small_index(
        [] {
            protocol::Settings settings;
            settings.sortable_attributes = {"size"};
            return settings;
        }(),
        R"([{"id": 0, "size": "b"}, {"id": 1, "size": "e"}, {"id": 2, "size": ["f", "a"]}, {"id": 3, "size": "d"},
             {"id": 4, "size": "c"}, {"id": 5, "size": "g"}, {"id": 6}, {"id": 7, "size": "h"}])");
    const std::vector<SortCriterion> ascending{{.field = "size", .ascending = true, .point = {}}};
    const auto ordered = [&](const std::vector<DocId>& ids) {
        return documents_in_order(letters, DocIds(ids.size(), ids.data()), ascending, 100);
    };
    EXPECT_EQ(ordered({1, 3, 6}), (std::vector<DocId>{3, 1, 6}));
    EXPECT_EQ(ordered({1, 2}), (std::vector<DocId>{2, 1}));
    EXPECT_EQ(ordered({6}), (std::vector<DocId>{6}));
}

TEST_F(OrderTest, UnknownFieldsOrderNothing) {
    EXPECT_EQ(
        order({{.field = "nothing", .ascending = true, .point = {}}, {.field = "id", .ascending = false, .point = {}}}),
        "543210");
}

TEST_F(OrderTest, PlacesWithinAMetreAreOneBucket) {
    const SortCriterion near{.field = {}, .ascending = true, .point = GeoPoint{.lat = 0, .lng = 0}};
    const SortCriterion far{.field = {}, .ascending = false, .point = GeoPoint{.lat = 0, .lng = 0}};
    EXPECT_EQ(order({near, {.field = "id", .ascending = false, .point = {}}}), "410532");
    EXPECT_EQ(order({far}), "014235");
}

}  // namespace
}  // namespace miroir::node

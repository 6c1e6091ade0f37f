#include "node/retrieve/foreign/foreign.h"

#include <gtest/gtest.h>

#include "node/retrieve/small_index_for_test.h"
#include "protocol/query/search_query.h"

namespace miroir::node {
namespace {

class ForeignTest : public testing::Test {
protected:
    ForeignTest() {
        protocol::Settings people;
        people.filterable_attributes = plain_rules({"name"});
        people.displayed_attributes = {"name"};
        people_ = small_index(people, R"([{"id": "d1", "name": "Ada"}, {"id": "d2", "name": "Ben"}])");
        protocol::Settings films;
        films.filterable_attributes = plain_rules({"director", "id"});
        films.foreign_keys = {{.foreign_index_uid = "people", .field_name = "director"}};
        films_ = small_index(films, R"([{"id": 1, "director": ["d1", "d2"]}, {"id": 2, "director": "d9"}])");
        context_ = reading(films_);
        context_.foreign_keys = true;
        context_.find_index = [this](std::string_view uid) {
            return uid == "films" ? &films_ : uid == "people" ? &people_ : nullptr;
        };
    }
    std::string ask(std::string_view body) {
        const auto answer = search("films", protocol::parse_search_query(from_text(body)).value(), context_);
        return answer ? json::to_text(*answer->find("hits")) : answer.error().message;
    }
    Index people_;
    Index films_;
    ReadContext context_;
};

TEST_F(ForeignTest, HitsShowTheDocumentsBehindTheirIds) {
    EXPECT_EQ(ask("{}"), R"([{"id":1,"director":[{"name":"Ada"},{"name":"Ben"}]},{"id":2,"director":{}}])");
    context_.foreign_keys = false;
    EXPECT_EQ(ask(R"({"limit": 1})"), R"([{"id":1,"director":["d1","d2"]}])");
}

TEST_F(ForeignTest, FiltersLookAtTheOtherIndex) {
    EXPECT_EQ(ask(R"~({"filter": "_foreign(director, name = ben)", "attributesToRetrieve": ["id"]})~"),
              R"([{"id":1}])");
    EXPECT_EQ(ask(R"~({"filter": "NOT _foreign(director, name = ben)", "attributesToRetrieve": ["id"]})~"),
              R"([{"id":2}])");
    EXPECT_EQ(ask(R"~({"filter": "_foreign(id, name = ben)"})~"), "Index `films`: Field `id` is not a foreign key");
    EXPECT_EQ(ask(R"~({"filter": ["id = 1", "_foreign(director, nothing = 1)"]})~"),
              "Index `people`: Attribute `nothing` is not filterable. Available filterable attribute patterns are: "
              "`name`.\n20:27 _foreign(director, nothing = 1)");
}

}  // namespace
}  // namespace miroir::node

#include "node/index/index.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "node/index/postings.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

json::Object object(std::string_view text) { return json::parse(text)->object(); }

Operation put(std::string key, std::string_view text) {
    return {.external_id = std::move(key), .document = object(text)};
}
Operation update(std::string key, std::string_view text) {
    return {.kind = Operation::Kind::Update, .external_id = std::move(key), .document = object(text)};
}
Operation remove(std::string key) {
    return {.kind = Operation::Kind::Delete, .external_id = std::move(key), .document = {}};
}

Applied apply(Index& index, std::vector<Operation> operations) {
    auto applied = index.apply(std::move(operations));
    EXPECT_TRUE(applied.has_value()) << applied.error().message;
    return applied.value_or(Applied());
}

std::string text_of(const Index& index, std::string_view key) {
    return json::to_text(index.document(*index.find(key)));
}

std::uint32_t documents_with(const Index& index, std::string_view word) {
    const auto id = index.postings().find(word);
    return id ? index.postings().word(*id).tolerant.size() : 0;
}

protocol::Settings filterable(std::vector<std::string> names) {
    protocol::Settings settings;
    for (std::string& name : names) settings.filterable_attributes.push_back(protocol::FilterableRule::plain(name));
    return settings;
}

TEST(Index, GivesIdsInOrderAndReusesTheLowest) {
    Index index;
    apply(index, {put("a", R"({"id":"a"})"), put("b", R"({"id":"b"})"), put("c", R"({"id":"c"})")});
    EXPECT_EQ(index.find("c"), 2u);
    // Ids freed by a batch are given again only by the next one.
    apply(index, {remove("a"), put("d", R"({"id":"d"})")});
    EXPECT_EQ(index.find("d"), 3u);
    apply(index, {put("e", R"({"id":"e"})")});
    EXPECT_EQ(index.find("e"), 0u);
    apply(index, {put("b", R"({"id":"b","x":1})")});
    EXPECT_EQ(index.find("b"), 1u);
}

TEST(Index, RendersInOrderOfFirstSight) {
    Index index;
    apply(index, {put("1", R"({"id":1,"b":1,"a":2})"), put("2", R"({"a":3,"c":4,"b":5,"id":2})")});
    EXPECT_EQ(text_of(index, "2"), R"({"id":2,"b":5,"a":3,"c":4})");
}

TEST(Index, FoldsABatchToOneOutcomePerId) {
    Index index;
    apply(index, {put("1", R"({"id":1,"a":{"x":1},"b":2})")});
    const Applied applied = apply(index, {update("1", R"({"id":1,"a":{"y":2}})"), update("1", R"({"id":1,"b":null})"),
                                          put("2", R"({"id":2})"), remove("2"), remove("9")});
    EXPECT_EQ(text_of(index, "1"), R"({"id":1,"a":{"y":2},"b":null})");
    EXPECT_EQ(applied.touched, 2u);
    EXPECT_EQ(applied.deleted, 1u);
    EXPECT_EQ(index.document_count(), 1u);
}

TEST(Index, SkipsCreationOfUnknownIds) {
    Index index;
    Operation operation = put("1", R"({"id":1})");
    operation.skip_creation = true;
    EXPECT_EQ(apply(index, {operation}).touched, 1u);
    EXPECT_EQ(index.document_count(), 0u);
}

TEST(Index, ForgetsTheWordsOfReplacedAndDeletedDocuments) {
    Index index;
    apply(index, {put("1", R"({"id":1,"t":"red fox"})"), put("2", R"({"id":2,"t":"red hen"})")});
    apply(index, {put("1", R"({"id":1,"t":"blue fox"})"), remove("2")});
    EXPECT_EQ(documents_with(index, "red"), 0u);
    EXPECT_EQ(documents_with(index, "fox"), 1u);
    const Postings& postings = index.postings();
    const IdList* gone = postings.pair(1, *postings.find("red"), *postings.find("fox"));
    EXPECT_TRUE(gone == nullptr || gone->empty());
    EXPECT_NE(postings.pair(1, *postings.find("blue"), *postings.find("fox")), nullptr);
}

TEST(Index, CountsPositionsAcrossSeparatorsAndLists) {
    Index index;
    apply(index, {put("1", R"({"id":"x","t":["one two. three","four"]})")});
    const Postings& postings = index.postings();
    const auto position = [&](const char* word) {
        return postings.word(*postings.find(word)).by_position.front().first;
    };
    EXPECT_EQ(position("one"), 0);
    EXPECT_EQ(position("two"), 1);
    EXPECT_EQ(position("three"), 9);
    EXPECT_EQ(position("four"), 24);  // 17, kept in the bucket up to 24
}

TEST(Index, FacetsOfNestedPathsListsAndMixedKinds) {
    Index index;
    ASSERT_TRUE(index.set_settings(filterable({"tags", "a.b"})));
    apply(index, {put("1", R"({"id":1,"tags":["Red","red",3,null],"a":{"b":true}})"),
                  put("2", R"({"id":2,"tags":"RED","a":[{"b":1.5},{"b":null}]})"), put("3", R"({"id":3,"tags":[]})")});
    const FacetField& tags = *index.facet("tags");
    EXPECT_EQ(tags.texts.at("red").docs.cardinality(), 2u);
    EXPECT_EQ(tags.texts.at("red").spelling_of(0), "Red");
    EXPECT_EQ(tags.texts.at("red").spelling_of(1), "RED");
    EXPECT_TRUE(tags.numbers.contains(3));
    EXPECT_EQ(tags.exists.cardinality(), 3u);
    EXPECT_TRUE(tags.empty.contains(2));
    EXPECT_TRUE(tags.null.isEmpty());
    const FacetField& nested = *index.facet("a.b");
    EXPECT_TRUE(nested.texts.contains("true"));
    EXPECT_TRUE(nested.numbers.contains(1.5));
    EXPECT_TRUE(nested.null.contains(1));
    EXPECT_EQ(index.facet("a"), nullptr);
    apply(index, {remove("1")});
    EXPECT_FALSE(tags.numbers.contains(3));
    EXPECT_EQ(tags.texts.at("red").docs.cardinality(), 1u);
}

TEST(Index, SettingsReindexWhatDependsOnThem) {
    Index index;
    apply(index, {put("1", R"({"id":1,"t":"alpha","u":"beta"})")});
    EXPECT_EQ(documents_with(index, "beta"), 1u);
    protocol::Settings settings = filterable({"u"});
    settings.searchable_attributes = std::vector<std::string>{"t"};
    ASSERT_TRUE(index.set_settings(settings));
    EXPECT_EQ(documents_with(index, "beta"), 0u);
    EXPECT_EQ(documents_with(index, "alpha"), 1u);
    EXPECT_TRUE(index.facet("u")->texts.contains("beta"));
}

TEST(Index, ABadPlaceFailsTheWholeBatch) {
    Index index;
    ASSERT_TRUE(index.set_settings(filterable({"_geo"})));
    const auto applied = index.apply({put("1", R"({"id":1})"), put("2", R"({"id":2,"_geo":"north"})")});
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ErrorCode::InvalidDocumentGeoField);
    EXPECT_EQ(
        applied.error().message,
        "The `_geo` field in the document with the id: `\"2\"` is not an object. Was expecting an object with the "
        "`_geo.lat` and `_geo.lng` fields but instead got `\"north\"`.");
    EXPECT_EQ(index.document_count(), 0u);
    apply(index, {put("3", R"({"id":3,"_geo":{"lat":"1.5","lng":2}})")});
    EXPECT_EQ(index.geo_point(0)->lat, 1.5);
}

TEST(Index, ABadShapeFailsTheWholeBatch) {
    Index index;
    ASSERT_TRUE(index.set_settings(filterable({"_geojson"})));
    const auto message = [&](std::string_view document) {
        const auto applied = index.apply({put("1", document)});
        return applied ? "" : applied.error().message;
    };
    EXPECT_EQ(message(R"({"_geojson":12})"), "Expected an owned Object, but got `12`");
    EXPECT_EQ(message(R"({"_geojson":{"type":"Circle","coordinates":[1,2]}})"),
              "Expected a Feature, FeatureCollection, or Geometry, but got an empty type");
    EXPECT_EQ(message(R"({"_geojson":{"type":"Polygon","coordinates":[[[1,2],[3]]]}})"),
              "A position must contain two or more elements, but got `1`");
    EXPECT_EQ(message(R"({"_geojson":{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]}}})"), "");
    EXPECT_EQ(index.geojson().size(), 1u);
}

TEST(Index, SettingsThatContradictDocumentsChangeNothing) {
    Index index;
    apply(index, {put("1", R"({"id":1,"_geo":"north"})")});
    EXPECT_FALSE(index.set_settings(filterable({"_geo", "id"})));
    EXPECT_TRUE(index.settings().filterable_attributes.empty());
    EXPECT_EQ(index.facet("id"), nullptr);
}

class Vectors : public testing::Test {
protected:
    void SetUp() override {
        protocol::Settings settings;
        protocol::EmbedderSettings embedder;
        embedder.source = protocol::EmbedderSource::UserProvided;
        embedder.dimensions = 2;
        settings.embedders["v"] = embedder;
        ASSERT_TRUE(index_.set_settings(settings));
    }
    Index index_;
};

TEST_F(Vectors, AreKeptApartAndGivenBackWhenTheEmbedderGoes) {
    apply(index_, {put("1", R"({"id":1,"_vectors":{"v":[1,2],"w":[9]}})")});
    EXPECT_EQ(text_of(index_, "1"), R"({"id":1,"_vectors":{"w":[9]}})");
    EXPECT_EQ(index_.vectors("v").at(0).vectors, (std::vector<std::vector<float>>{{1, 2}}));
    apply(index_, {update("1", R"({"id":1,"x":1})")});
    EXPECT_EQ(index_.vectors("v").size(), 1u);
    ASSERT_TRUE(index_.set_settings({}));
    EXPECT_TRUE(index_.vectors("v").empty());
    EXPECT_EQ(json::to_text(*index_.document(0).find("_vectors")->find("v")),
              R"({"embeddings":[[1.0,2.0]],"regenerate":false})");
}

TEST_F(Vectors, MustBeThereUnlessOptedOut) {
    const auto applied = index_.apply({put("51", R"({"id":51})")});
    ASSERT_FALSE(applied);
    EXPECT_TRUE(applied.error().message.starts_with(
        "While embedding documents for embedder `v`: no vectors provided for document `51`\n- Note: `v` has"));
    apply(index_, {put("51", R"({"id":51,"_vectors":{"v":null}})")});
    EXPECT_TRUE(index_.vectors("v").at(0).vectors.empty());
}

TEST_F(Vectors, OfOtherDimensionsAreRefused) {
    const auto applied = index_.apply({put("1", R"({"id":1,"_vectors":{"v":[[1,2],[1,2,3]]}})")});
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, ErrorCode::InvalidVectorDimensions);
    EXPECT_NE(applied.error().message.find("embedding #1 has dimensions 3"), std::string::npos);
}

TEST(Index, RestoresFromItsSnapshot) {
    Index index;
    index.set_primary_key("id");
    ASSERT_TRUE(index.set_settings(filterable({"k"})));
    apply(index, {put("1", R"({"id":1,"k":"x"})"), put("2", R"({"id":2,"t":"word","k":"y"})")});
    apply(index, {remove("1")});
    std::vector<std::string> lines;
    index.save([&](std::string_view line) { lines.emplace_back(line); });
    std::size_t at = 0;
    auto restored = Index::restore([&]() -> std::optional<std::string_view> {
        if (at == lines.size()) return std::nullopt;
        return lines[at++];
    });
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->find("2"), 1u);
    EXPECT_EQ(restored->primary_key(), "id");
    EXPECT_EQ(restored->settings(), index.settings());
    EXPECT_EQ(documents_with(*restored, "word"), 1u);
    EXPECT_TRUE(restored->facet("k")->texts.contains("y"));
    EXPECT_EQ(restored->field_distribution(), index.field_distribution());
    apply(*restored, {put("3", R"({"id":3})")});
    EXPECT_EQ(restored->find("3"), 0u);
}

TEST(IdList, StaysASortedSetThroughItsThreeForms) {
    IdList list;
    for (DocId id = 200; id-- > 0;) EXPECT_TRUE(list.add(id));
    EXPECT_FALSE(list.add(7));
    EXPECT_EQ(list.size(), 200u);
    EXPECT_EQ(list.to_set().cardinality(), 200u);
    IdList few;
    few.add(9);
    few.add(3);
    few.add(5);
    EXPECT_TRUE(few.remove(5));
    EXPECT_FALSE(few.remove(5));
    std::vector<DocId> seen;
    few.for_each([&](DocId id) { seen.push_back(id); });
    EXPECT_EQ(seen, (std::vector<DocId>{3, 9}));
}

}  // namespace
}  // namespace miroir::node

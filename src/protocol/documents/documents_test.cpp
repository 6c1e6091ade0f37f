#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"
#include "protocol/documents/special_fields.h"

namespace miroir::protocol {
namespace {

std::string read_or_message(std::string_view text, PayloadFormat format, char delimiter = ',') {
    const auto payload = read_payload(text, {.format = format, .csv_delimiter = delimiter});
    if (!payload) return payload.error().message;
    std::string out;
    for (const json::Object& document : trees_of(*payload)) out += json::to_text(document);
    return out;
}

TEST(Payload, JsonTakesAListOrOneObjectAndIgnoresWhatFollowsTheList) {
    EXPECT_EQ(read_or_message("[{\"a\":1},{\"b\":2.0}]", PayloadFormat::Json), "{\"a\":1}{\"b\":2.0}");
    EXPECT_EQ(read_or_message(" {\"a\":1} ", PayloadFormat::Json), "{\"a\":1}");
    EXPECT_EQ(read_or_message("[{\"id\":1}] x", PayloadFormat::Json), "{\"id\":1}");
    EXPECT_EQ(read_or_message("[]", PayloadFormat::Json), "");
}

TEST(Payload, JsonRefusalsAreTheEngines) {
    const auto told = [](std::string_view text) { return read_or_message(text, PayloadFormat::Json); };
    constexpr std::string_view kStart =
        "The `json` payload provided is malformed. `Couldn't serialize document value: ";
    EXPECT_EQ(told(""), "A json payload is missing.");
    EXPECT_EQ(told("[{\"id\": 1]"), std::string(kStart) + "expected `,` or `}` at line 1 column 10`.");
    EXPECT_EQ(told("12"), std::string(kStart) + "data are neither an object nor a list of objects`.");
    EXPECT_EQ(told("[1,2]"), std::string(kStart) + "trailing characters at line 1 column 4`.");
    EXPECT_EQ(told("[[{\"id\":1}]]"), "invalid type: sequence, expected a map at line 1 column 0");
    EXPECT_EQ(told("[{\"a\":1}\n,\n{\"b\":}]"), std::string(kStart) + "expected value at line 3 column 6`.");
}

TEST(Payload, HalfCharactersInValuesAreFoundWhenTheyAreLookedAt) {
    const auto told = [](std::string_view text, PayloadFormat format = PayloadFormat::Json) {
        const auto payload = read_payload(text, {.format = format});
        return payload ? payload->unreadable : payload.error().message;
    };
    EXPECT_EQ(told(R"([{"id":1,"title":"\ud800"}])"), "unexpected end of hex escape at line 1 column 8");
    EXPECT_EQ(told(R"([{"id":2},{"id":3,"a":{"b":["x","\ud800\u0041"]}}])"),
              "lone leading surrogate in hex escape at line 1 column 23");
    EXPECT_EQ(told(R"( {"id":8,"a":"\udc00\ud800"})"), "lone leading surrogate in hex escape at line 1 column 7");
    EXPECT_EQ(told(R"([{"id":9,"a":   "x\ud800 yy"}])"), "unexpected end of hex escape at line 1 column 9");
    EXPECT_EQ(told("{\"id\":1}\n{\"a\":{\"\\ud800\":1}}", PayloadFormat::Ndjson),
              "unexpected end of hex escape at line 1 column 9");
    EXPECT_EQ(told(R"([{"id":1,"a":"\ud83d\ude00 \\ud800"}])"), "");
    // What is wrong with the payload itself is told at once, also behind them.
    EXPECT_TRUE(told(R"([{"id":1,"\ud800":1}])").starts_with("The `json` payload provided is malformed."));
    EXPECT_TRUE(told(R"([{"id":1},{"id":2,"\ud800x":1}])").contains("unexpected end of hex escape at line 1 column 16"))
        << "counted from the document's own start";
    EXPECT_TRUE(told(R"([{"id":1,"a":"\ud800"},])").contains("trailing comma"));
    const std::string text = R"([{"id":1,"a":"\ud800"}])";
    const auto payload = read_payload(text, {.format = PayloadFormat::Json});
    EXPECT_EQ(json::to_text(json::Value(tree_of(payload->documents.front()))), "{\"id\":1,\"a\":\"\uFFFD\"}");
    EXPECT_EQ(judge_values(*payload).error().message, "internal: unexpected end of hex escape at line 1 column 8.");
}

TEST(Payload, NdjsonCountsLinesOverTheWholePayload) {
    EXPECT_EQ(read_or_message("{\"a\":1}\n\n{\"b\":2}", PayloadFormat::Ndjson), "{\"a\":1}{\"b\":2}");
    EXPECT_EQ(read_or_message("{\"id\":20}\n{\"id\":21,\n", PayloadFormat::Ndjson),
              "The `ndjson` payload provided is malformed. `Couldn't serialize document value: EOF while parsing an "
              "object at line 3 column 0`.");
}

TEST(Payload, CsvTypesItsColumns) {
    EXPECT_EQ(
        read_or_message("id:number,n,ok:boolean,when:date\n1,\"a \"\"b\"\"\",true,\n2,7,,x\n", PayloadFormat::Csv),
        "{\"id\":1,\"n\":\"a \\\"b\\\"\",\"ok\":true,\"when:date\":null}"
        "{\"id\":2,\"n\":\"7\",\"ok\":null,\"when:date\":\"x\"}");
    EXPECT_EQ(read_or_message("id:number;w:number\n13;12.5\n", PayloadFormat::Csv, ';'), "{\"id\":13,\"w\":12.5}");
}

TEST(Payload, CsvRefusalsNameLineAndByte) {
    EXPECT_EQ(read_or_message("id,name\n16,a,b\n", PayloadFormat::Csv),
              "The `csv` payload provided is malformed: `CSV error: record 1 (line: 2, byte: 8): found record with 3 "
              "fields, but the previous record has 2 fields`.");
    EXPECT_EQ(read_or_message("w:number\nheavy\n", PayloadFormat::Csv),
              "The `csv` payload provided is malformed: `Error parsing number \"heavy\" at line 1: invalid float "
              "literal`.");
}

TEST(Payload, CsvThatIsNoUtf8IsRefused) {
    const auto told = [](std::string_view text) { return read_or_message(text, PayloadFormat::Csv); };
    EXPECT_EQ(
        told("id,a\n1,\xff\n"),
        "The `csv` payload provided is malformed: `CSV parse error: record 1 (line 2, field: 1, byte: 5): invalid "
        "utf-8: invalid UTF-8 in field 1 near byte index 0`.");
    EXPECT_TRUE(told("id,\xc3\n1,2\n").contains("record 0 (line 1, field: 1, byte: 0)"));
    for (const std::string_view broken :
         {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x98", "\x80"}) {
        EXPECT_TRUE(told("id\nab" + std::string(broken)).contains("near byte index 2")) << broken;
    }
    EXPECT_EQ(told("id\n\xc3\xa9\xed\x9f\xbf\xf0\x9f\x98\x80\n"), "{\"id\":\"\xc3\xa9\xed\x9f\xbf\xf0\x9f\x98\x80\"}");
}

json::Object object_of(std::string_view text) { return json::parse(text)->object(); }

TEST(PrimaryKey, IsInferredFromTheFirstDocumentAlone) {
    EXPECT_EQ(infer_primary_key(object_of("{\"title\":1,\"movieID\":2}")).value(), "movieID");
    EXPECT_EQ(infer_primary_key(object_of("{\"title\":1}")).error().code, ErrorCode::IndexPrimaryKeyNoCandidateFound);
    EXPECT_EQ(infer_primary_key(object_of("{\"id\":1,\"stupid\":2}")).error().code,
              ErrorCode::IndexPrimaryKeyMultipleCandidatesFound);
}

TEST(PrimaryKey, IdentityIsTextOrIntegerAndOneOfBoth) {
    EXPECT_EQ(document_id(object_of("{\"id\":7}"), "id").value(), "7");
    EXPECT_EQ(document_id(object_of("{\"id\":\"7\"}"), "id").value(), "7");
    EXPECT_EQ(document_id(object_of("{\"id\":-3}"), "id").value(), "-3");
    EXPECT_EQ(document_id(object_of("{\"m\":{\"id\":\"n1\"}}"), "m.id").value(), "n1");
    EXPECT_EQ(document_id(object_of("{\"m.id\":1,\"m\":{\"id\":2}}"), "m.id").error().code,
              ErrorCode::InvalidDocumentId);
    for (const char* bad : {"1.0", "null", "true", "[1]", "\"a b\"", "\"\"", "{}"}) {
        const auto id = document_id(object_of(std::string("{\"id\":") + bad + "}"), "id");
        EXPECT_EQ(id.error().code, ErrorCode::InvalidDocumentId) << bad;
    }
    EXPECT_EQ(document_id(object_of("{\"t\":\"x\"}"), "id").error().message,
              "Document doesn't have a `id` attribute: `{\"t\":\"x\"}`.");
}

TEST(PrimaryKey, OneBadDocumentSpoilsTheBatch) {
    const auto payload_of = [](std::string_view text) { return read_payload(text, {}).value(); };
    const Payload batch = payload_of("[{\"id\":1},{\"id\":2.5}]");
    EXPECT_FALSE(judge_batch({}, batch));
    const auto good = judge_batch({}, payload_of("{\"id\":1}"));
    EXPECT_EQ(good->primary_key, "id");
    EXPECT_EQ(good->ids, std::vector<std::string>{"1"});
    EXPECT_EQ(judge_batch({.index_key = "n", .asked = "id"}, batch).error().message,
              "Index already has a primary key: `n`.");
}

std::string verdict_of(std::string_view text, const std::optional<std::string>& likely, std::string_view key) {
    const auto payload = read_payload(text, {.format = PayloadFormat::Ndjson}, likely);
    const auto verdict = judge_batch({.index_key = std::string(key), .asked = {}}, payload.value());
    if (!verdict) return verdict.error().message;
    std::string out;
    for (const std::string& id : verdict->ids) out += id + ";";
    return out;
}

TEST(PrimaryKey, IsTheSameWhetherGuessedOrNot) {
    for (const char* value : {"7",
                              "\"7\"",
                              "\"a-b_C\"",
                              "-3",
                              "-0",
                              "0",
                              "1.0",
                              "1e2",
                              "null",
                              "true",
                              "[1]",
                              "\"a b\"",
                              "\"\"",
                              "{}",
                              "\"\\u0041\"",
                              "9223372036854775808",
                              "18446744073709551616",
                              "-9223372036854775808",
                              "\"\u00e9\"",
                              " 12 ",
                              "99999999999999999999999"}) {
        for (const std::string& text :
             {std::string("{\"x\":1,\"id\":") + value + "}", std::string("{\"id\":5,\"a\":2,\"id\":") + value + "}",
              std::string("{\"\\u0069d\":") + value + "}", std::string("{\"id\":5,\"i\\u0064\":") + value + "}",
              std::string("{\"m\":{\"id\":") + value + "}}",
              std::string("{\"m.id\":1,\"m\":{\"id\":") + value + "}}"}) {
            for (const char* key : {"id", "m.id"}) {
                const std::string told = verdict_of(text, "other", key);
                EXPECT_EQ(verdict_of(text, key, key), told) << text;
                EXPECT_EQ(verdict_of(text, std::nullopt, key), told) << text;
                const auto by_tree = document_id(json::parse(text)->object(), key);
                if (text.starts_with("{\"id\":5,\"a\"") && key == std::string_view("id")) {
                    EXPECT_TRUE(told.starts_with("Document have too many matching `id` attribute")) << text;
                    continue;
                }
                EXPECT_EQ(told, by_tree ? *by_tree + ";" : by_tree.error().message) << text;
            }
        }
    }
}

TEST(Payload, FindsMembersAsATreeWould) {
    for (const char* text :
         {R"({"_geo":1,"_geo":{"lat":2}})", R"({"\u005fgeo":[1], "b":2})", R"({"_geo":3,"\u005fgeo":4})",
          R"({"a":{"_geo":5}})", "{ \"_geo\" : \"x\" }", R"({"_geo":1e400,"a":1})"}) {
        const auto tree = json::parse(text);
        const auto payload = read_payload(text, {});
        ASSERT_EQ(payload.has_value(), tree.has_value());
        if (!tree) continue;
        const DocumentText& document = payload->documents.front();
        const json::Value* found = tree->find("_geo");
        EXPECT_EQ(member_of(document, "_geo"), found == nullptr ? std::nullopt : std::optional(*found)) << text;
        EXPECT_TRUE(document.special || document.odd || found == nullptr) << text;
    }
    EXPECT_TRUE(read_payload(R"({"_mine":1})", {})->documents.front().underscored);
}

TEST(Vectors, WhoBringsNoneForAnEmbedderThatWantsThemFromTheUserIsNamedOnce) {
    Settings settings;
    settings.embedders["own"].source = EmbedderSource::UserProvided;
    settings.embedders["rest"].source = EmbedderSource::Rest;
    const std::string text = R"([{"id":1,"_vectors":{"own":[1,2]}},{"id":2},{"id":3,"_vectors":{"own":null}},
        {"id":2,"_vectors":{"rest":[1]}},{"id":1},{"id":4},{"id":4,"_vectors":{"own":[1,2]}}])";
    const Payload payload = read_payload(text, {}, "id").value();
    const std::vector<std::string> ids{"1", "2", "3", "2", "1", "4", "4"};
    const auto lacking = [&](bool update) {
        const std::vector<LackingVectors> found = lacking_vectors(settings, payload, ids, update);
        EXPECT_EQ(found.size(), 1U);
        EXPECT_EQ(found.front().embedder, "own");
        return found.front().ids;
    };
    EXPECT_EQ(lacking(false), (std::vector<std::string>{"1", "2"})) << "the last of each id replaces the others";
    EXPECT_EQ(lacking(true), std::vector<std::string>{"2"});
    settings.embedders.erase("own");
    EXPECT_TRUE(lacking_vectors(settings, payload, ids, false).empty());
}

}  // namespace
}  // namespace miroir::protocol

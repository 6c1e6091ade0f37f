#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/documents/payload.h"
#include "protocol/documents/primary_key.h"

namespace miroir::protocol {
namespace {

std::string read_or_message(std::string_view text, PayloadFormat format, char delimiter = ',') {
    const auto documents = parse_documents(text, {.format = format, .csv_delimiter = delimiter});
    if (!documents) return documents.error().message;
    std::string out;
    for (const json::Object& document : *documents) out += json::to_text(document);
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
    const std::vector<json::Object> batch = {object_of("{\"id\":1}"), object_of("{\"id\":2.5}")};
    EXPECT_FALSE(judge_batch({}, batch));
    const auto good = judge_batch({}, std::span(batch).first(1));
    EXPECT_EQ(good->primary_key, "id");
    EXPECT_EQ(good->ids, std::vector<std::string>{"1"});
    EXPECT_EQ(judge_batch({.index_key = "n", .asked = "id"}, batch).error().message,
              "Index already has a primary key: `n`.");
}

}  // namespace
}  // namespace miroir::protocol

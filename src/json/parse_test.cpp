#include "json/parse.h"

#include <gtest/gtest.h>

#include "json/write.h"

namespace miroir::json {
namespace {

std::string message_of(std::string_view text) {
    const auto parsed = parse(text);
    return parsed ? "accepted" : parsed.error().message;
}

TEST(JsonParse, RoundTripsWhatTheEngineKeeps) {
    for (std::string_view text :
         {R"({"b":1,"a":[true,false,null,"x\n\"é😀"],"c":{"d":-7,"e":1.5}})", "18446744073709551615",
          "-9223372036854775808", "1.0", "1e+16", "1e-7", "0.00001", "123456789012345680.0"}) {
        const auto parsed = parse(text);
        ASSERT_TRUE(parsed) << text;
        if (text.starts_with("0.00001") || text.starts_with("1234567890")) continue;  // printed in shorter form
        EXPECT_EQ(to_text(*parsed), text);
    }
    EXPECT_EQ(to_text(*parse("123456789012345680.0")), "1.2345678901234568e+17");
    EXPECT_EQ(to_text(*parse("0.00001")), "0.00001");
    EXPECT_EQ(to_text(*parse("18446744073709551616")), "1.8446744073709552e+19");
    EXPECT_EQ(to_text(*parse("-0")), "-0.0");
    EXPECT_EQ(to_text(*parse(R"({"a":1,"b":2,"a":3})")), R"({"a":3,"b":2})");
}

TEST(JsonParse, RefusesWithTheWordsOfTheEngine) {
    EXPECT_EQ(message_of(""), "EOF while parsing a value at line 1 column 0");
    EXPECT_EQ(message_of("{"), "EOF while parsing an object at line 1 column 1");
    EXPECT_EQ(message_of("[1,"), "EOF while parsing a value at line 1 column 3");
    EXPECT_EQ(message_of("[1 2]"), "expected `,` or `]` at line 1 column 4");
    EXPECT_EQ(message_of("[1,]"), "trailing comma at line 1 column 4");
    EXPECT_EQ(message_of("{\"a\" 1}"), "expected `:` at line 1 column 6");
    EXPECT_EQ(message_of("{a:1}"), "key must be a string at line 1 column 2");
    EXPECT_EQ(message_of("nul"), "EOF while parsing a value at line 1 column 3");
    EXPECT_EQ(message_of("nulx"), "expected ident at line 1 column 4");
    EXPECT_EQ(message_of("\"a"), "EOF while parsing a string at line 1 column 2");
    EXPECT_EQ(message_of("1 2"), "trailing characters at line 1 column 3");
    EXPECT_EQ(message_of("1\n\n x"), "trailing characters at line 3 column 2");
    EXPECT_EQ(message_of("01"), "invalid number at line 1 column 2");
    EXPECT_EQ(message_of("1e400"), "number out of range at line 1 column 5");
    EXPECT_EQ(message_of(R"("\ud800")"), "unexpected end of hex escape at line 1 column 8");
    EXPECT_EQ(message_of(std::string(128, '[')), "recursion limit exceeded at line 1 column 128");
}

TEST(JsonParse, ReadsOneValueFromTheFront) {
    std::string_view text = "{\"a\":1}\n{\"b\":2}";
    EXPECT_EQ(to_text(*parse_front(text)), R"({"a":1})");
    EXPECT_EQ(to_text(*parse_front(text)), R"({"b":2})");
    EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace miroir::json

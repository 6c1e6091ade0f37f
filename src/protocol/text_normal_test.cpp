#include "protocol/text_normal.h"

#include <gtest/gtest.h>

namespace miroir::protocol {
namespace {

TEST(TextNormal, FacetsAreTrimmedDecomposedAndLowered) {
    EXPECT_EQ(normalize_facet("  Red MUG\n"), "red mug");
    EXPECT_EQ(normalize_facet("Été"), "e\u0301te\u0301");
    EXPECT_EQ(normalize_facet("ﬁn\u00a0"), "fin");
    EXPECT_EQ(normalize_facet("ΟΔΟΣ"), "οδος");
    EXPECT_EQ(normalize_facet("!,./:;?|"), "!,./:;?|");
    EXPECT_EQ(normalize_facet(""), "");
}

TEST(TextNormal, NumbersHaveNoExponent) {
    EXPECT_EQ(plain_number(10), "10");
    EXPECT_EQ(plain_number(2.5), "2.5");
    EXPECT_EQ(plain_number(1e21), "1000000000000000000000");
    EXPECT_EQ(plain_number(18446744073709551615.0), "18446744073709552000");
    EXPECT_EQ(plain_number(-99999999999999999999999.0), "-100000000000000000000000");
    EXPECT_EQ(plain_number(9007199254740993.0), "9007199254740992");
    EXPECT_EQ(plain_number(-0.0001), "-0.0001");
    EXPECT_EQ(plain_number(5e-324).size(), 326U);
}

TEST(TextNormal, LongValuesAreCutAtACharacter) {
    const std::string text = std::string(467, 'a') + "é!";
    EXPECT_EQ(cut_facet_value(text), std::string(467, 'a'));
    EXPECT_EQ(cut_facet_value("short"), "short");
}

}  // namespace
}  // namespace miroir::protocol

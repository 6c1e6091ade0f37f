#include "plan/pin_order.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::plan {
namespace {

std::string rule(const std::string& members, const std::string& id, int position, const std::string& index = "") {
    const std::string uid = index.empty() ? "" : R"("indexUid":")" + index + R"(",)";
    return "{" + members + R"("actions":[{"selector":{)" + uid + R"("id":")" + id +
           R"("},"action":{"type":"pin","position":)" + std::to_string(position) + "}}]}";
}

protocol::KeptRules kept(const std::map<std::string, std::string>& texts) {
    protocol::KeptRules out;
    for (const auto& [name, text] : texts) out.emplace(name, json::parse(text).value());
    return out;
}

TEST(PinOrder, GoesByPrecedenceThenByWhichRuleWasMadeFirst) {
    const protocol::KeptRules rules = kept({{"a", rule(R"("number":2,)", "last", 0)},
                                            {"b", rule(R"("number":0,)", "before", 4, "films")},
                                            {"c", rule(R"("number":3,"precedence":7,)", "second", 1)},
                                            {"d", rule(R"("number":1,"precedence":2,)", "first", 9)},
                                            {"e", rule(R"("number":4,"active":false,)", "off", 0)},
                                            {"f", rule(R"("number":5,"precedence":0,)", "elsewhere", 0, "books")}});
    const merge::PinOrder wanted = {{"first", 9}, {"second", 1}, {"before", 4}, {"last", 0}};
    EXPECT_EQ(*pin_order(rules, "films"), wanted);
    EXPECT_EQ(pin_order(kept({{"a", rule("", "one", 0)}}), "films"), nullptr);
}

TEST(PinOrder, GivesTheNumberOfARemovedRuleAgain) {
    protocol::KeptRules rules = kept({{"a", R"({"number":0})"}, {"b", R"({"number":1})"}, {"c", "{}"}});
    EXPECT_EQ(protocol::next_rule_number(rules), 2u);
    rules.erase("a");
    EXPECT_EQ(protocol::next_rule_number(rules), 0u);
}

}  // namespace
}  // namespace miroir::plan

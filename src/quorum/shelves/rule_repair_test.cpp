#include "quorum/shelves/rule_repair.h"

#include <gtest/gtest.h>

#include "json/parse.h"

namespace miroir::quorum {
namespace {

json::Value value(std::string_view text) { return *json::parse(text); }

json::Value rule(int number) {
    json::Value out = value(R"({"active": true, "conditions": {}, "actions": []})");
    out["number"] = static_cast<std::uint64_t>(number);
    return out;
}

const protocol::KeptRules kKept = {{"a", rule(2)}, {"b", rule(0)}, {"c", rule(1)}};

json::Array shown(std::initializer_list<std::string> names) {
    json::Array out;
    for (const std::string& name : names) out.push_back(protocol::rule_view(name, kKept.at(name)));
    return out;
}

std::vector<std::string> asked(const json::Array& list) {
    std::vector<std::string> out;
    for (const NodeRequest& request : rule_repair(kKept, list)) out.push_back(request.method + " " + request.target);
    return out;
}

using Asked = std::vector<std::string>;

TEST(RuleRepair, LeavesANodeAloneThatHasThem) { EXPECT_EQ(asked(shown({"a", "b", "c"})), Asked()); }

TEST(RuleRepair, GivesANewNodeAllInTheirOrder) {
    EXPECT_EQ(asked({}), Asked({"PATCH /dynamic-search-rules/b", "PATCH /dynamic-search-rules/c",
                                "PATCH /dynamic-search-rules/a"}));
    EXPECT_EQ(value(rule_repair(kKept, {}).front().body),
              value(R"({"active": true, "conditions": {}, "actions": []})"));
    EXPECT_EQ(asked(shown({"c", "b"})), Asked({"PATCH /dynamic-search-rules/a"})) << "it came last";
}

TEST(RuleRepair, BeginsAnewWhereOneIsMissingAmidOthersOrIsTooMany) {
    const Asked all = {"DELETE /dynamic-search-rules", "PATCH /dynamic-search-rules/b", "PATCH /dynamic-search-rules/c",
                       "PATCH /dynamic-search-rules/a"};
    EXPECT_EQ(asked(shown({"b", "a"})), all) << "it would rank behind what it ranks before";
    json::Array other = shown({"a", "b", "c"});
    other.front()["active"] = false;
    EXPECT_EQ(asked(other), all);
    json::Array more = shown({"a", "b", "c"});
    more.push_back(value(R"({"uid": "d", "active": true})"));
    EXPECT_EQ(asked(more), all);
    EXPECT_EQ(rule_repair({}, more).size(), 1);
}

}  // namespace
}  // namespace miroir::quorum

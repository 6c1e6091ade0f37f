#include "plan/edit_guard.h"

#include <gtest/gtest.h>

namespace miroir::plan {
namespace {

bool is_guarded(std::string_view function) {
    const auto text = guarded_function(function);
    return text && text->size() > function.size() && text->find(function) != std::string::npos;
}

TEST(EditGuard, OurMembersAreTakenAwayAndPutBackAroundTheFunction) {
    const std::string text = guarded_function("doc.x = 1 // one").value();
    EXPECT_EQ(text,
              "let _miroir_s = doc.remove(\"_miroir_shard\"); let _miroir_o = doc.remove(\"_miroir_order\"); doc.x = 1 "
              "// one\n; if type_of(doc) == \"map\" { doc._miroir_shard = _miroir_s; doc._miroir_order = _miroir_o; }");
    for (const std::string_view function :
         {"doc[\"_mir\" + \"oir_shard\"] = \"x\"", "doc.x = doc", "doc = #{id: doc.id}", "doc.clear()",
          "doc.exits = doc.returned", "let k = doc.keys(); doc.k = k"})
        EXPECT_TRUE(is_guarded(function)) << function;
}

TEST(EditGuard, AFunctionThatMayEndEarlyMustNameWhatItChanges) {
    for (const std::string_view function :
         {"if doc.x == 1 { return; } doc.y = 2", "doc[\"x\"] = 1; exit()", "doc.set(\"x\", 1); return",
          "doc = (); return", "fn remove(a, b) { 1 } doc.x = 2"})
        EXPECT_EQ(guarded_function(function), function);
    for (const std::string_view function :
         {"doc[\"_mir\" + \"oir_shard\"] = 1; return", "doc = #{}; return", "doc.clear(); return", "doc[k] = 1; return",
          "doc.remove(k); return", "doc.remove(\"a\" + \"b\"); return", "doc[\"\\x5fmiroir\"] = 1; return"})
        EXPECT_FALSE(guarded_function(function)) << function;
}

TEST(EditGuard, NobodyNamesOurMembersOrMakesFunctionsUpAsTheyRun) {
    for (const std::string_view function : {"doc._miroir_shard = 1", "doc . _miroir_x", "eval(\"re\" + \"turn\")"})
        EXPECT_FALSE(guarded_function(function)) << function;
}

TEST(EditGuard, FaultsAreToldWhereTheyAreInTheClientsText) {
    const std::string told = "Variable not found: zz (line 1, position 98)";
    const std::size_t before = guarded_function("doc.x = zz")->find("doc.x");
    EXPECT_EQ(told_of_function("zz (line 1, position " + std::to_string(before + 9) + ")", "doc.x = zz"),
              "zz (line 1, position 9)");
    EXPECT_EQ(told_of_function("zz (line 2, position 98)", "doc.x = zz"), "zz (line 2, position 98)");
    EXPECT_EQ(told_of_function(told, "doc.x = zz; return"), told);
}

}  // namespace
}  // namespace miroir::plan

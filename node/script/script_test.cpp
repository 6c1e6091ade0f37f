#include "node/script/script.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::node {
namespace {

std::string edited(std::string_view function, std::string_view document, std::string_view context = "null") {
    const auto script = Script::compile(function);
    if (!script) return script.error().message;
    const auto after = script->run(*json::parse(document), *json::parse(context));
    if (!after) return after.error().message;
    return *after ? json::to_text(**after) : "deleted";
}

TEST(Script, EditsDocuments) {
    EXPECT_EQ(edited("doc.n = doc.n * 10", "{\"n\":2}"), "{\"n\":20}");
    EXPECT_EQ(edited("doc.a = 1 + 2 * 3 - 4; doc.b = doc.a == 3", "{}"), "{\"a\":3,\"b\":true}");
    EXPECT_EQ(edited("doc.label = `${context.prefix}-${doc.id}`", "{\"id\":4}", "{\"prefix\":\"lot\"}"),
              "{\"id\":4,\"label\":\"lot-4\"}");
    EXPECT_EQ(edited("if doc.n == 5 { doc = () }", "{\"n\":5}"), "deleted");
    EXPECT_EQ(edited("if doc.n > 5 { doc.a = 1 } else { doc.a = 2 }", "{\"n\":5}"), "{\"n\":5,\"a\":2}");
    EXPECT_EQ(edited("let k = 2; doc.n += k", "{\"n\":1}"), "{\"n\":3}");
}

TEST(Script, TakesMembersAwayAndTellsTypes) {
    EXPECT_EQ(edited("let k = doc.remove(\"a\"); doc.b = k; doc.c = doc.remove(\"none\")", "{\"a\":1}"),
              "{\"b\":1,\"c\":null}");
    EXPECT_EQ(edited("doc.a = `${type_of(doc)} ${type_of(doc.n)} ${type_of(1.5)} ${type_of(())}`;;", "{\"n\":1}"),
              "{\"n\":1,\"a\":\"map i64 f64 ()\"}");
    EXPECT_EQ(edited("let k = doc.n.remove(\"a\")", "{\"n\":1}"), "Function not found: remove");
}

TEST(Script, FaultsAreTold) {
    EXPECT_EQ(edited("doc.n =", "{}"), "Script is incomplete (line 1, position 8)");
    EXPECT_EQ(edited("doc.n = 1 / 0", "{}"), "Division by zero");
    EXPECT_EQ(edited("doc.n = 9223372036854775807 + 1", "{}"), "Arithmetic overflow");
    EXPECT_NE(edited(std::string(5000, '('), "{}").find("maximum complexity"), std::string::npos);
}

}  // namespace
}  // namespace miroir::node

#include "base/error_help.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

extern const char* const kSourceDir;  // made by cmake/room.cmake

namespace miroir {
namespace {

const std::vector<ErrorCode>& all_codes() {
    static const std::vector<ErrorCode> codes = {
#define X(name, wire, status, type) ErrorCode::name,
#include "base/error_catalog.inc"
#undef X
    };
    return codes;
}

TEST(ErrorCatalog, WireCodesAreUniqueAndFindTheirRow) {
    std::set<std::string_view> seen;
    for (const ErrorCode code : all_codes()) {
        const ErrorRow& row = error_row(code);
        EXPECT_EQ(row.code, code);
        EXPECT_TRUE(seen.insert(row.wire).second) << row.wire;
        EXPECT_EQ(error_code_of(row.wire), code) << row.wire;
        EXPECT_GE(row.status, 400) << row.wire;
        EXPECT_LT(row.status, 600) << row.wire;
    }
    EXPECT_EQ(error_code_of("no_such_code"), ErrorCode::Internal);
}

TEST(ErrorHelp, EveryCodeOfOursIsExplainedOnceAndNoOther) {
    std::multiset<std::string_view> explained;
#define X(name, explanation, way_out) explained.insert(error_row(ErrorCode::name).wire);
#include "base/error_help.inc"
#undef X
    for (const ErrorCode code : all_codes()) {
        const std::string_view wire = error_row(code).wire;
        EXPECT_EQ(explained.count(wire), wire.starts_with("miroir_") ? 1U : 0U)
            << wire << ": see src/base/error_help.inc";
        if (const ErrorHelp* help = error_help(code)) {
            EXPECT_TRUE(help->explanation.ends_with('.')) << wire;
            EXPECT_TRUE(help->way_out.ends_with('.')) << wire;
        }
    }
}

TEST(ErrorHelp, ThePageNamesEveryCodeAndIsTheOneInTheRepository) {
    const std::string page = error_reference();
    for (const ErrorCode code : all_codes()) {
        const std::string wire(error_row(code).wire);
        const std::string place = wire.starts_with("miroir_") ? "\n### " + wire + "\n" : "| `" + wire + "` |";
        EXPECT_NE(page.find(place), std::string::npos) << wire;
    }
    std::ostringstream text;
    text << std::ifstream(std::string(kSourceDir) + "/docs/errors.md").rdbuf();
    EXPECT_EQ(text.str(), page) << "docs/errors.md is stale: miroir errors reference > docs/errors.md";
}

}  // namespace
}  // namespace miroir

#include "server/router.h"

#include <gtest/gtest.h>

#include "server/query.h"
#include "server/replies.h"

namespace miroir::server {
namespace {

env::Task<http::Reply> nothing(Incoming) { co_return empty_reply(200); }

Router sample() {
    Router router;
    router.add("GET", "/", nothing);
    router.add("GET", "/indexes", nothing);
    router.add("POST", "/indexes", nothing);
    router.add("GET", "/indexes/{uid}", nothing);
    router.add("PUT", "/indexes/{uid}/documents", nothing);
    router.add("DELETE", "/indexes/{uid}/documents", nothing);
    router.add("GET", "/indexes/{uid}/documents/{id}", nothing);
    router.add("POST", "/indexes/{uid}/documents/fetch", nothing);
    router.add("GET", "/indexes/special/settings", nothing);
    router.add("GET", "/indexes/{uid}/stats", nothing);
    return router;
}

struct Case {
    std::string_view method;
    std::string path;
    std::string_view route;       // empty: 404
    std::string_view allow = {};  // set: 405 with it
};

TEST(Router, FindsWhatTheEngineFinds) {
    const Router router = sample();
    const std::string nul("/indexes/a%00b");
    for (const Case& one : std::vector<Case>{
             {"GET", "/", "/"},
             {"GET", "//", "/"},
             {"GET", "/indexes", "/indexes"},
             {"GET", "/indexes/", "/indexes"},
             {"GET", "//indexes", "/indexes"},
             {"GET", "/indexes//a", "/indexes/{uid}"},
             {"GET", "/%69ndexes", "/indexes"},
             {"GET", "/Indexes", ""},
             {"GET", "/nowhere", ""},
             {"GET", "/hello/indexes/x", ""},
             {"GET", "/indexes/a/colour", ""},
             {"GET", "/indexes/../health", ""},
             {"GET", "/indexes/..", "/indexes/{uid}"},
             {"GET", "/indexes%2Fa", ""},
             {"GET", "/indexes/a%2Fstats", "/indexes/{uid}"},
             {"GET", nul, "/indexes/{uid}"},
             {"GET", "/indexes/special/stats", "/indexes/{uid}/stats"},
             {"GET", "/indexes/special/settings", "/indexes/special/settings"},
             {"PATCH", "/indexes", "/indexes", "GET, POST"},
             {"HEAD", "/indexes", "/indexes", "GET, POST"},
             {"get", "/indexes", "/indexes", "GET, POST"},
             {"GET", "/indexes/a/documents", "/indexes/{uid}/documents", "DELETE, PUT"},
             {"GET", "/indexes/a/documents/fetch", "/indexes/{uid}/documents/fetch", "POST"},
             {"GET", std::string(100'000, '/'), "/"},
         }) {
        const Router::Match match = router.find(one.method, one.path);
        EXPECT_EQ(match.route, one.route) << one.method << " " << one.path;
        if (one.route.empty()) EXPECT_EQ(match.endpoint, nullptr);
        else EXPECT_EQ(match.endpoint == nullptr, !one.allow.empty()) << one.path;
        if (!one.allow.empty()) EXPECT_EQ(match.allow, one.allow);
    }
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "/a";
    EXPECT_EQ(router.find("GET", deep).endpoint, nullptr);
}

TEST(Router, DecodesParametersOnceAndKeepsThemApart) {
    const Router router = sample();
    const auto uid = [&](std::string_view path) { return router.find("GET", path).params.get("uid"); };
    EXPECT_EQ(uid("/indexes/a%2Fb"), "a/b");
    EXPECT_EQ(uid("/indexes/a%252Fb"), "a%2Fb");
    EXPECT_EQ(uid("/indexes/%2e%2e"), "..");
    EXPECT_EQ(uid("/indexes/a%00b"), std::string("a\0b", 3));
    EXPECT_EQ(uid("/indexes/a+b"), "a+b");
    EXPECT_EQ(uid("/indexes/%FF"), "\xEF\xBF\xBD");
    const Router::Match match = router.find("GET", "/indexes/films/documents/7");
    EXPECT_EQ(match.params.get("uid"), "films");
    EXPECT_EQ(match.params.get("id"), "7");
    EXPECT_EQ(match.params.size(), 2u);
}

TEST(Query, ReadsWhatFormsSend) {
    const Query query("q=sent+compressed&limit=1&limit=2&empty&x=%C3%A9%zz%4&=v&&q%20x=1");
    EXPECT_EQ(query.get("q"), "sent compressed");
    EXPECT_EQ(query.get("limit"), "2");
    EXPECT_EQ(query.get("empty"), "");
    EXPECT_EQ(query.get("x"), "é%zz%4");
    EXPECT_EQ(query.get("q x"), "1");
    EXPECT_EQ(query.get("absent"), std::nullopt);
    EXPECT_EQ(Query("q=%FF").get("q"), "\xEF\xBF\xBD");
    EXPECT_EQ(Query("").size(), 0u);
}

TEST(Query, RepairsTextAsTheEngineDoes) {
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(repair_utf8("plain é \xF0\x9F\x98\x80"), "plain é \xF0\x9F\x98\x80");
    EXPECT_EQ(repair_utf8("a\xE2\x82z"), "a" + mark + "z");      // a cut sequence is one mark
    EXPECT_EQ(repair_utf8("\xED\xA0\x80"), mark + mark + mark);  // a surrogate is three
    EXPECT_EQ(repair_utf8("\xC0\x80\x80"), mark + mark + mark);
    EXPECT_EQ(repair_utf8("x\xF0\x9F"), "x" + mark);
    EXPECT_EQ(percent_encode("a/b é.."), "a%2Fb%20%C3%A9..");
    EXPECT_EQ(percent_decode(percent_encode("any /%\x01 text")), "any /%\x01 text");
}

}  // namespace
}  // namespace miroir::server

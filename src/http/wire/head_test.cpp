#include "http/wire/head.h"

namespace miroir::wire {
namespace {

struct Case {
    const char* name;
    std::string head;
};

std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

std::string get(std::string fields) { return "GET /a?b=c HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"; }
std::string start(std::string line) { return line + "\r\nHost: h\r\n\r\n"; }

class Refused : public testing::TestWithParam<Case> {};
TEST_P(Refused, IsBadRequest) {
    const Result<void> checked = check_head(GetParam().head);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::BadRequest);
    EXPECT_FALSE(checked.error().message.empty());
}

const Case kRefused[] = {
    {"LengthAndChunked", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
    {"ChunkedAndLength", get("Transfer-Encoding: chunked\r\ncontent-length: 3\r\n")},
    {"TwoLengths", get("Content-Length: 3\r\nContent-Length: 4\r\n")},
    {"TwoEqualLengths", get("Content-Length: 3\r\nContent-Length: 3\r\n")},
    {"LengthList", get("Content-Length: 3, 3\r\n")},
    {"LengthPlus", get("Content-Length: +5\r\n")},
    {"LengthMinus", get("Content-Length: -5\r\n")},
    {"LengthHex", get("Content-Length: 0x10\r\n")},
    {"LengthUnderscore", get("Content-Length: 1_0\r\n")},
    {"LengthInnerSpace", get("Content-Length: 1 0\r\n")},
    {"LengthEmpty", get("Content-Length:\r\n")},
    {"LengthHuge", get("Content-Length: 18446744073709551617\r\n")},
    {"TwoTransferEncodings", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
    {"OtherCoding", get("Transfer-Encoding: gzip, chunked\r\n")},
    {"IdentityCoding", get("Transfer-Encoding: identity\r\n")},
    {"CodingWithVerticalTab", get("Transfer-Encoding: \x0b"
                                  "chunked\r\n")},
    {"CodingQuoted", get("Transfer-Encoding: \"chunked\"\r\n")},
    {"BareLf", "GET / HTTP/1.1\nHost: h\n\n"},
    {"BareLfInFields", "GET / HTTP/1.1\r\nHost: h\r\nA: b\nC: d\r\n\r\n"},
    {"BareLfAtEnd", "GET / HTTP/1.1\r\nHost: h\r\n\n"},
    {"BareCrInValue", get("A: b\rC: d\r\n")},
    {"BareCrInLine", "GET / HTTP/1.1\rHost: h\r\n\r\n"},
    {"Folded", get("A: b\r\n c\r\n")},
    {"FoldedTab", get("A: b\r\n\tc\r\n")},
    {"FoldedFirst", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
    {"SpaceBeforeColon", get("Content-Length : 3\r\n")},
    {"TabBeforeColon", get("Content-Length\t: 3\r\n")},
    {"NoColon", get("Nonsense\r\n")},
    {"NoName", get(": x\r\n")},
    {"NulInName", get(std::string("A\0b: c\r\n", 8))},
    {"NulInValue", get(std::string("A: b\0c\r\n", 8))},
    {"DeleteInValue", get("A: b\x7f\r\n")},
    {"NameNotAscii", get("\xc3\xa4: b\r\n")},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n"},
    {"TwoHosts", get("host: h\r\n")},
    {"HostList", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
    {"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
    {"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
    {"Http09", "GET /\r\n\r\n"},
    {"Http2", start("GET / HTTP/2.0")},
    {"Http12", start("GET / HTTP/1.2")},
    {"VersionCase", start("GET / http/1.1")},
    {"VersionTail", start("GET / HTTP/1.1 ")},
    {"VersionTwoDigits", start("GET / HTTP/1.10")},
    {"AbsoluteOfAnotherHost", start("GET http://other/ HTTP/1.1")},
    {"AbsoluteWithoutHost", start("GET http:///a HTTP/1.1")},
    {"AbsoluteWithUser", start("GET http://u@h/ HTTP/1.1")},
    {"AbsoluteOfAnotherScheme", start("GET ftp://h/ HTTP/1.1")},
    {"AbsoluteWithQueryForPath", start("GET http://h?a HTTP/1.1")},
    {"AbsoluteWithNothingElse", "GET http://h/ HTTP/1.1\r\n\r\n"},
    {"Authority", start("CONNECT h:443 HTTP/1.1")},
    {"StarForGet", start("GET * HTTP/1.1")},
    {"RelativeTarget", start("GET a HTTP/1.1")},
    {"EmptyTarget", start("GET  HTTP/1.1")},
    {"SpaceInTarget", start("GET /a b HTTP/1.1")},
    {"TabInTarget", start("GET /a\tb HTTP/1.1")},
    {"NulInTarget", start(std::string("GET /a\0b HTTP/1.1", 17))},
    {"Fragment", start("GET /a#b HTTP/1.1")},
    {"LeadingEmptyLine", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"LeadingSpace", start(" GET / HTTP/1.1")},
    {"MethodNoToken", start("G(T / HTTP/1.1")},
    {"MethodTooLong", start(std::string(33, 'A') + " / HTTP/1.1")},
    {"OldWithChunks", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"NotEnded", "GET / HTTP/1.1\r\nHost: h\r\n"},
    {"Empty", ""},
    {"Junk", get("") + "x"},
};
INSTANTIATE_TEST_SUITE_P(Heads, Refused, testing::ValuesIn(kRefused),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Head, ReadsWhatIsThere) {
    const auto head = parse_request_head(
        "POST /indexes/a/search?x=%20&y=\"{ HTTP/1.1\r\nHost: [::1]:7700\r\nX-Empty:\r\nX-Tab: \t a\tb \r\n"
        "Content-Length: 012\r\nConnection: Foo, Close\r\nexpect: 100-Continue\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->target, "/indexes/a/search?x=%20&y=\"{");
    EXPECT_EQ(head->headers.size(), 6u);
    EXPECT_TRUE(head->headers.has("x-empty"));
    EXPECT_EQ(head->headers.get("x-tab"), "a\tb");
    EXPECT_EQ(head->framing.length, 12u);
    EXPECT_FALSE(head->framing.chunked);
    EXPECT_FALSE(head->keep_alive);
    EXPECT_TRUE(head->expects_continue);
}

TEST(Head, TakesHighBytesInValuesAndNotInTheTarget) {
    const auto head = parse_request_head("GET /s HTTP/1.1\r\nHost: h\r\nA: \xc3\xa9\r\n\r\n");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->headers.get("a"), "\xc3\xa9");
    for (const char* target : {"/s?q=\xc3\xa9", "/indexes/\xff\xfe", "/\xc3\xa9", "/a\x7f"})
        EXPECT_FALSE(parse_request_head("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n")) << target;
}

TEST(Head, TakesTheAbsoluteFormOfItsHost) {
    for (const auto& [target, path] :
         {std::pair{"http://h:7700/a?b=//c", "/a?b=//c"}, {"HTTPS://H:7700/", "/"}, {"http://h:7700", "/"}}) {
        const auto head = parse_request_head("GET " + std::string(target) + " HTTP/1.1\r\nHost: h:7700\r\n\r\n");
        ASSERT_TRUE(head) << target;
        EXPECT_EQ(head->target, path);
    }
    EXPECT_EQ(parse_request_head("GET http://h/a HTTP/1.0\r\n\r\n")->target, "/a");
}

TEST(Head, KnowsWhenTheConnectionStays) {
    EXPECT_TRUE(parse_request_head(get(""))->keep_alive);
    EXPECT_FALSE(parse_request_head(get("Connection: close\r\n"))->keep_alive);
    EXPECT_FALSE(parse_request_head("GET / HTTP/1.0\r\n\r\n")->keep_alive);
    EXPECT_FALSE(parse_request_head("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->keep_alive);
    EXPECT_TRUE(parse_request_head(get("Transfer-Encoding: Chunked\r\n"))->framing.chunked);
    EXPECT_TRUE(parse_request_head("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"));
}

TEST(Head, FindsItsEndInAnyPortions) {
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::string bytes = head + "body\r\n\r\n";
    for (std::size_t cut = 0; cut < head.size(); ++cut) {
        EXPECT_EQ(find_head_end(bytes.substr(0, cut)), std::string_view::npos) << cut;
        EXPECT_EQ(find_head_end(bytes, cut), head.size()) << cut;
    }
    EXPECT_EQ(find_head_end("GET / HTTP/1.1\nHost"), 15u);  // malformed: no need to wait
}

TEST(Head, IsRefusedByItsBeginning) {
    EXPECT_TRUE(check_beginning("GE"));
    EXPECT_TRUE(check_beginning("GET /a HTTP/1.1\r\nHo"));
    EXPECT_FALSE(check_beginning("GET /a\r\n"));
    EXPECT_FALSE(check_beginning("\x16\x03\x01"));
}

TEST(ReplyHead, ReadsAndRefuses) {
    const auto good = parse_reply_head("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\nA: b\r\n\r\n");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->status, 404);
    EXPECT_EQ(good->framing.length, 7u);
    EXPECT_TRUE(good->keep_alive);
    EXPECT_TRUE(parse_reply_head("HTTP/1.1 200\r\n\r\n"));
    EXPECT_FALSE(parse_reply_head("HTTP/1.0 200 OK\r\n\r\n")->keep_alive);
    for (const char* bad :
         {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
          "HTTP/1.1  200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\n\n", "\r\n\r\n",
          "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        const auto parsed = parse_reply_head(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::MiroirNodeBadReply);
    }
}

}  // namespace
}  // namespace miroir::wire

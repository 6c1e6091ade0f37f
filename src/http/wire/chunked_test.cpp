#include "http/wire/chunked.h"

namespace miroir::wire {
namespace {

struct Read {
    std::string body;
    std::string rest;
    bool done = false;
    bool failed = false;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece) {
    Read out;
    ChunkedReader reader;
    while (!bytes.empty() && !reader.done()) {
        std::string_view now = bytes.substr(0, piece);
        bytes.remove_prefix(now.size());
        while (!now.empty() && !reader.done()) {
            const auto run = reader.take(now);
            if (!run) {
                out.failed = true;
                return out;
            }
            out.body += *run;
        }
        out.rest = std::string(now) + std::string(bytes);
    }
    out.done = reader.done();
    return out;
}

TEST(Chunked, GivesTheBodyWhateverThePortions) {
    const std::string bytes = "5\r\nhello\r\n00A;name=\"v\"\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\nNEXT";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        const Read read = read_in_pieces(bytes, piece);
        EXPECT_TRUE(read.done) << piece;
        EXPECT_EQ(read.body, "hello, world!!!") << piece;
        EXPECT_EQ(read.rest, "NEXT") << piece;
    }
}

TEST(Chunked, WaitsForTheEnd) {
    const std::string bytes = "3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        const Read read = read_in_pieces(std::string_view(bytes).substr(0, cut), 1);
        EXPECT_FALSE(read.done || read.failed) << cut;
    }
}

TEST(Chunked, RefusesWhatCouldBeReadInTwoWays) {
    const std::string long_extension = "3;" + std::string(300, 'x') + "\r\nabc\r\n0\r\n\r\n";
    const std::string long_trailer = "0\r\na: " + std::string(9000, 'x') + "\r\n\r\n";
    for (const std::string& bytes : {std::string("\r\nabc"),
                                     std::string("+3\r\nabc\r\n"),
                                     std::string("0x3\r\nabc\r\n"),
                                     std::string("3 \r\nabc\r\n"),
                                     std::string("-1\r\n"),
                                     std::string("3\nabc\n0\n\n"),
                                     std::string("3\r\nabcd\r\n"),
                                     std::string("3\r\nabc\n0\r\n\r\n"),
                                     std::string("3;a\rb\r\nabc\r\n"),
                                     std::string("3;a\nb\r\nabc\r\n"),
                                     std::string("3\rX"),
                                     std::string("3\r\nabc\rX"),
                                     std::string("1000000000000000\r\n"),
                                     std::string("0000000000000003\r\nabc\r\n"),
                                     std::string(" 3\r\nabc"),
                                     std::string("0\r\n folded: x\r\n\r\n"),
                                     std::string("0\r\na: b\n\r\n"),
                                     std::string("0\r\n\rX"),
                                     std::string("1_0\r\n"),
                                     std::string(";x\r\n"),
                                     long_extension,
                                     long_trailer}) {
        EXPECT_TRUE(read_in_pieces(bytes, 1).failed) << bytes.substr(0, 40);
        EXPECT_TRUE(read_in_pieces(bytes, bytes.size()).failed) << bytes.substr(0, 40);
    }
}

}  // namespace
}  // namespace miroir::wire

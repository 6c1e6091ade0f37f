#include "server/encoding.h"

#include <gtest/gtest.h>

#include "server/test_world.h"

namespace miroir::server {
namespace {

constexpr auto kEncodings = {Encoding::Brotli, Encoding::Gzip, Encoding::Deflate};

// Gives its bytes in pieces of `step`.
class Pieces final : public http::BodySource {
public:
    Pieces(std::string bytes, std::size_t step) : bytes_(std::move(bytes)), step_(step) {}
    env::Task<Result<std::string>> next() override {
        std::string piece = bytes_.substr(std::min(at_, bytes_.size()), step_);
        at_ += step_;
        co_return piece;
    }

private:
    std::string bytes_;
    std::size_t step_;
    std::size_t at_ = 0;
};

Result<std::string> inflate(Encoding encoding, std::string bytes, std::size_t step, std::size_t inflated_max) {
    test::World world;
    const auto source = decompressed(encoding, std::make_unique<Pieces>(std::move(bytes), step), inflated_max);
    return world.wait(http::read_all(*source, 1u << 30));
}

std::string sample_text() {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "{\"id\":" + std::to_string(i * 7919 % 10007) + "},";
    return text;
}

TEST(Encoding, RoundTripsWhateverThePieces) {
    const std::string text = sample_text();
    for (const Encoding encoding : kEncodings) {
        const std::string small = compress(encoding, text);
        EXPECT_LT(small.size(), text.size() / 2) << encoding_name(encoding);
        for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, small.size()}) {
            const Result<std::string> plain = inflate(encoding, small, step, text.size());
            ASSERT_TRUE(plain) << encoding_name(encoding) << " " << step << ": " << plain.error().message;
            EXPECT_EQ(*plain, text);
        }
        EXPECT_EQ(compress(encoding, text), small) << "a kept state must start afresh";
        EXPECT_EQ(inflate(encoding, compress(encoding, ""), 7, 0).value(), "");
    }
}

TEST(Encoding, StreamsStayLive) {
    test::World world;
    for (const Encoding encoding : kEncodings) {
        const auto source = compressed(encoding, std::make_unique<Pieces>("first second ", 6));
        std::string all = world.wait(source->next()).value();
        ASSERT_FALSE(all.empty());
        // What has come so far can be read: only the missing end is complained about.
        const auto so_far = decompressed(encoding, std::make_unique<Pieces>(all, all.size()), 100);
        EXPECT_EQ(world.wait(so_far->next()).value(), "first ");
        all += world.wait(http::read_all(*source, 1000)).value();
        EXPECT_EQ(inflate(encoding, all, 3, 100).value(), "first second ");
    }
}

TEST(Encoding, StopsBombs) {
    const std::string zeros(50u << 20, '0');
    for (const Encoding encoding : kEncodings) {
        const std::string bomb = compress(encoding, zeros);
        EXPECT_LT(bomb.size(), 300'000u);
        const Result<std::string> plain = inflate(encoding, bomb, 4096, 10u << 20);
        ASSERT_FALSE(plain) << encoding_name(encoding);
        EXPECT_EQ(plain.error().code, ErrorCode::PayloadTooLarge);
        EXPECT_EQ(inflate(encoding, bomb, 4096, zeros.size()).value().size(), zeros.size());
    }
}

TEST(Encoding, RefusesBrokenBytes) {
    for (const Encoding encoding : kEncodings) {
        const std::string sound = compress(encoding, sample_text());
        for (const std::string& broken : {std::string("[{\"id\":2}]"), sound.substr(0, sound.size() / 2), std::string(),
                                          sound + "junk", sound + std::string(200, '\0'), sound + sound}) {
            const Result<std::string> plain = inflate(encoding, broken, 100, 1u << 30);
            ASSERT_FALSE(plain) << encoding_name(encoding);
            EXPECT_EQ(plain.error().code, ErrorCode::BadRequest);
            EXPECT_EQ(plain.error().message, "The provided payload is incomplete and cannot be parsed");
        }
    }
}

TEST(Encoding, NegotiatesAsTheEngineDoes) {
    struct Case {
        std::string_view header;
        std::optional<Encoding> answer;
    };
    for (const Case& one : std::vector<Case>{
             {"", Encoding::Identity},
             {"gzip", Encoding::Gzip},
             {"GZIP", Encoding::Gzip},
             {"deflate, gzip, br", Encoding::Brotli},
             {"gzip, deflate", Encoding::Gzip},
             {"deflate, gzip;q=0.5", Encoding::Deflate},
             {"br;q=0.1, deflate ; q=0.2", Encoding::Deflate},
             {"zstd", Encoding::Identity},
             {"zstd, gzip", Encoding::Gzip},
             {"*", Encoding::Identity},
             {"gzip;q=0", Encoding::Identity},
             {"identity;q=1, gzip;q=0.5", Encoding::Identity},
             {"identity, gzip", Encoding::Gzip},
             {"*;q=0", std::nullopt},
             {"identity;q=0", std::nullopt},
             {"zstd, *;q=0", std::nullopt},
             {"gzip, *;q=0", Encoding::Gzip},
             {"identity;q=0.1, *;q=0", Encoding::Identity},
         }) {
        EXPECT_EQ(negotiate(one.header), one.answer) << one.header;
    }
    EXPECT_EQ(encoding_of(" GZip "), Encoding::Gzip);
    EXPECT_EQ(encoding_of("gzip, br"), std::nullopt);
    EXPECT_EQ(encoding_of("x-gzip"), std::nullopt);
    EXPECT_EQ(encoding_of("zstd"), std::nullopt);
}

}  // namespace
}  // namespace miroir::server

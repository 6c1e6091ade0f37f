// Replies in an encoding. Levels favour time over size, as the engine's do.
#include <brotli/encode.h>
#include <zlib.h>

#include <array>

#include "base/assert.h"
#include "server/encoding.h"

namespace miroir::server {
namespace {

constexpr std::size_t kPiece = 64u << 10;
constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibWindow = 15;
constexpr int kBrotliQuality = 3;

class Compressor {
public:
    virtual ~Compressor() = default;
    // The bytes of `text`, complete so far; with `last` the end of the stream too.
    virtual void feed(std::string_view text, bool last, std::string& out) = 0;
};

class ZlibCompressor final : public Compressor {
public:
    explicit ZlibCompressor(int window) {
        const int made = deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
        MIROIR_ASSERT(made == Z_OK);
    }
    ZlibCompressor(const ZlibCompressor&) = delete;
    ZlibCompressor& operator=(const ZlibCompressor&) = delete;
    ~ZlibCompressor() override { deflateEnd(&stream_); }

    void restart() { deflateReset(&stream_); }

    void feed(std::string_view text, bool last, std::string& out) override {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
        stream_.avail_in = static_cast<uInt>(text.size());
        do {
            const std::size_t had = out.size();
            out.resize(had + deflateBound(&stream_, stream_.avail_in) + 64);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + had);
            stream_.avail_out = static_cast<uInt>(out.size() - had);
            deflate(&stream_, last ? Z_FINISH : Z_SYNC_FLUSH);
            out.resize(out.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

private:
    z_stream stream_{};
};

class BrotliCompressor final : public Compressor {
public:
    explicit BrotliCompressor(std::size_t size_hint) : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
        MIROIR_ASSERT(state_ != nullptr);
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
        int window = BROTLI_MIN_WINDOW_BITS;  // no larger than the text needs: it is the memory that costs
        while (window < BROTLI_DEFAULT_WINDOW && (std::size_t{1} << window) < size_hint + 16) ++window;
        BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, static_cast<std::uint32_t>(window));
    }
    BrotliCompressor(const BrotliCompressor&) = delete;
    BrotliCompressor& operator=(const BrotliCompressor&) = delete;
    ~BrotliCompressor() override { BrotliEncoderDestroyInstance(state_); }

    void feed(std::string_view text, bool last, std::string& out) override {
        const auto* next_in = reinterpret_cast<const std::uint8_t*>(text.data());
        std::size_t left = text.size();
        const BrotliEncoderOperation operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
        do {
            std::size_t no_room = 0;
            const BROTLI_BOOL sound =
                BrotliEncoderCompressStream(state_, operation, &left, &next_in, &no_room, nullptr, nullptr);
            MIROIR_ASSERT(sound);
            std::size_t size = 0;
            const std::uint8_t* bytes = BrotliEncoderTakeOutput(state_, &size);
            out.append(reinterpret_cast<const char*>(bytes), size);
        } while (left > 0 || BrotliEncoderHasMoreOutput(state_) || (last && !BrotliEncoderIsFinished(state_)));
    }

private:
    BrotliEncoderState* state_;
};

std::unique_ptr<Compressor> compressor_for(Encoding encoding) {
    MIROIR_ASSERT(encoding != Encoding::Identity);
    if (encoding == Encoding::Brotli) return std::make_unique<BrotliCompressor>(kPiece);
    return std::make_unique<ZlibCompressor>(encoding == Encoding::Gzip ? kGzipWindow : kZlibWindow);
}

class CompressedSource final : public http::BodySource {
public:
    CompressedSource(Encoding encoding, std::unique_ptr<http::BodySource> plain)
        : compressor_(compressor_for(encoding)), plain_(std::move(plain)) {}

    env::Task<Result<std::string>> next() override {
        std::string out;
        while (out.empty() && !ended_) {
            Result<std::string> piece = co_await plain_->next();
            if (!piece) co_return piece;
            ended_ = piece->empty();
            compressor_->feed(*piece, ended_, out);
        }
        co_return out;
    }

private:
    std::unique_ptr<Compressor> compressor_;
    std::unique_ptr<http::BodySource> plain_;
    bool ended_ = false;
};

}  // namespace

std::string compress(Encoding encoding, std::string_view text) {
    std::string out;
    if (encoding == Encoding::Brotli) {
        BrotliCompressor(text.size()).feed(text, true, out);
        return out;
    }
    // Setting zlib up costs more than a small reply: one state a thread is kept.
    thread_local ZlibCompressor gzip(kGzipWindow);
    thread_local ZlibCompressor zlib(kZlibWindow);
    ZlibCompressor& compressor = encoding == Encoding::Gzip ? gzip : zlib;
    compressor.restart();
    compressor.feed(text, true, out);
    return out;
}

std::unique_ptr<http::BodySource> compressed(Encoding encoding, std::unique_ptr<http::BodySource> plain) {
    return std::make_unique<CompressedSource>(encoding, std::move(plain));
}

}  // namespace miroir::server

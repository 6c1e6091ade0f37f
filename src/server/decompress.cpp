// Request bodies out of an encoding, piece by piece.
#include <brotli/decode.h>
#include <zlib.h>

#include "base/assert.h"
#include "server/encoding.h"

namespace miroir::server {
namespace {

constexpr std::size_t kPiece = 64u << 10;

enum class Step : std::uint8_t { Made, Hungry, Ended, Broken };

class Decompressor {
public:
    virtual ~Decompressor() = default;
    virtual void feed(std::string bytes) = 0;
    // Up to kPiece more plain bytes (Made), or why there are none.
    virtual Step make(std::string& out) = 0;
    // Are there bytes left of what it was fed?
    virtual bool rest() const = 0;
};

class ZlibDecompressor final : public Decompressor {
public:
    explicit ZlibDecompressor(int window) {
        const int made = inflateInit2(&stream_, window);
        MIROIR_ASSERT(made == Z_OK);
    }
    ZlibDecompressor(const ZlibDecompressor&) = delete;
    ZlibDecompressor& operator=(const ZlibDecompressor&) = delete;
    ~ZlibDecompressor() override { inflateEnd(&stream_); }

    void feed(std::string bytes) override {
        bytes_ = std::move(bytes);
        stream_.next_in = reinterpret_cast<Bytef*>(bytes_.data());
        stream_.avail_in = static_cast<uInt>(bytes_.size());
    }

    Step make(std::string& out) override {
        if (ended_) return Step::Ended;
        out.resize(kPiece);
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        const int verdict = inflate(&stream_, Z_NO_FLUSH);
        out.resize(out.size() - stream_.avail_out);
        if (verdict == Z_STREAM_END) ended_ = true;
        if (verdict != Z_OK && verdict != Z_STREAM_END && verdict != Z_BUF_ERROR) return Step::Broken;
        if (!out.empty()) return Step::Made;
        return ended_ ? Step::Ended : Step::Hungry;
    }

    bool rest() const override { return stream_.avail_in > 0; }

private:
    z_stream stream_{};
    std::string bytes_;
    bool ended_ = false;
};

class BrotliDecompressor final : public Decompressor {
public:
    BrotliDecompressor() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
        MIROIR_ASSERT(state_ != nullptr);
    }
    BrotliDecompressor(const BrotliDecompressor&) = delete;
    BrotliDecompressor& operator=(const BrotliDecompressor&) = delete;
    ~BrotliDecompressor() override { BrotliDecoderDestroyInstance(state_); }

    void feed(std::string bytes) override {
        bytes_ = std::move(bytes);
        next_ = reinterpret_cast<const std::uint8_t*>(bytes_.data());
        left_ = bytes_.size();
    }

    Step make(std::string& out) override {
        if (BrotliDecoderIsFinished(state_)) return Step::Ended;
        out.resize(kPiece);
        auto* to = reinterpret_cast<std::uint8_t*>(out.data());
        std::size_t room = out.size();
        const BrotliDecoderResult verdict = BrotliDecoderDecompressStream(state_, &left_, &next_, &room, &to, nullptr);
        out.resize(out.size() - room);
        if (verdict == BROTLI_DECODER_RESULT_ERROR) return Step::Broken;
        if (!out.empty()) return Step::Made;
        return verdict == BROTLI_DECODER_RESULT_SUCCESS ? Step::Ended : Step::Hungry;
    }

    bool rest() const override { return left_ > 0; }

private:
    BrotliDecoderState* state_;
    std::string bytes_;
    const std::uint8_t* next_ = nullptr;
    std::size_t left_ = 0;
};

std::unique_ptr<Decompressor> decompressor_for(Encoding encoding) {
    constexpr int kGzipWindow = 15 + 16;
    constexpr int kZlibWindow = 15;
    MIROIR_ASSERT(encoding != Encoding::Identity);
    if (encoding == Encoding::Brotli) return std::make_unique<BrotliDecompressor>();
    return std::make_unique<ZlibDecompressor>(encoding == Encoding::Gzip ? kGzipWindow : kZlibWindow);
}

class DecompressedSource final : public http::BodySource {
public:
    DecompressedSource(Encoding encoding, std::unique_ptr<http::BodySource> encoded, std::size_t inflated_max)
        : decompressor_(decompressor_for(encoding)), encoded_(std::move(encoded)), inflated_left_(inflated_max) {}

    env::Task<Result<std::string>> next() override {
        std::string out;
        while (!finished_) {
            switch (decompressor_->make(out)) {
                case Step::Made: co_return count(std::move(out));
                case Step::Broken: co_return broken();
                case Step::Ended: co_return co_await read_end();
                case Step::Hungry: break;
            }
            Result<std::string> more = co_await encoded_->next();
            if (!more) {
                finished_ = true;
                co_return more;
            }
            if (more->empty()) co_return broken();  // cut short; an empty body is no encoded one either
            decompressor_->feed(std::move(*more));
        }
        co_return std::string();
    }

private:
    Result<std::string> broken() {
        finished_ = true;
        return fail(ErrorCode::BadRequest, "The provided payload is incomplete and cannot be parsed");
    }

    Result<std::string> count(std::string piece) {
        if (piece.size() > inflated_left_) {
            finished_ = true;
            return fail(ErrorCode::PayloadTooLarge, "The provided payload reached the size limit once decompressed.");
        }
        inflated_left_ -= piece.size();
        return piece;
    }

    // Bytes behind the end, a further member of gzip too, are refused as the engine refuses them; they are read all the
    // same, so that the connection stays usable.
    env::Task<Result<std::string>> read_end() {
        finished_ = true;
        bool spoilt = decompressor_->rest();
        while (true) {
            Result<std::string> more = co_await encoded_->next();
            if (!more) co_return more;
            if (more->empty()) break;
            spoilt = true;
        }
        if (spoilt) co_return broken();
        co_return std::string();
    }

    std::unique_ptr<Decompressor> decompressor_;
    std::unique_ptr<http::BodySource> encoded_;
    std::size_t inflated_left_;
    bool finished_ = false;
};

}  // namespace

std::unique_ptr<http::BodySource> decompressed(Encoding encoding, std::unique_ptr<http::BodySource> encoded,
                                               std::size_t inflated_max) {
    return std::make_unique<DecompressedSource>(encoding, std::move(encoded), inflated_max);
}

}  // namespace miroir::server

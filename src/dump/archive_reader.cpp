#include <zlib.h>

#include <algorithm>

#include "base/assert.h"
#include "dump/archive.h"

namespace miroir::dump {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kPiece = 256u << 10;
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kLongestLine = 512u << 20;
constexpr int kGzipWindow = 15 + 16;

std::unexpected<Error> unsound(std::string_view what) {
    return fail(ErrorCode::MiroirInvalidRequest, "this is no sound dump: " + std::string(what));
}

std::string_view text_at(const std::string& head, std::size_t at, std::size_t width) {
    const std::string_view field = std::string_view(head).substr(at, width);
    return field.substr(0, field.find('\0'));
}

std::optional<std::uint64_t> octal_at(const std::string& head, std::size_t at, std::size_t width) {
    if ((static_cast<unsigned char>(head[at]) & 0x80) != 0) {  // too large for octal digits
        std::uint64_t number = 0;
        for (std::size_t i = at + width - 8; i < at + width; ++i)
            number = number << 8 | static_cast<unsigned char>(head[i]);
        return number;
    }
    std::uint64_t number = 0;
    for (const char digit : text_at(head, at, width)) {
        if (digit == ' ') continue;
        if (digit < '0' || digit > '7') return std::nullopt;
        number = number * 8 + static_cast<std::uint64_t>(digit - '0');
    }
    return number;
}

bool sum_fits(const std::string& head) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kBlock; ++i) sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(head[i]);
    return octal_at(head, 148, 8) == sum;
}

}  // namespace

struct ArchiveReader::Inflater {
    explicit Inflater(env::FileIn& file) : in(file) {
        const int made = inflateInit2(&stream, kGzipWindow);
        MIROIR_ASSERT(made == Z_OK);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream); }

    // At most that many bytes; fewer only at the end.
    Result<std::string> take(std::size_t most) {
        std::string out(most, '\0');
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(most);
        while (stream.avail_out > 0 && !ended) {
            if (stream.avail_in == 0) {
                MIROIR_TRY(packed, in.read(kPiece));
                if (packed.empty()) return unsound("it ends too early");
                stream.next_in = reinterpret_cast<Bytef*>(packed.data());
                stream.avail_in = static_cast<uInt>(packed.size());
            }
            const int said = inflate(&stream, Z_NO_FLUSH);
            if (said == Z_STREAM_END) ended = true;
            else if (said != Z_OK && said != Z_BUF_ERROR) return unsound("its compressed bytes are broken");
        }
        out.resize(most - stream.avail_out);
        return out;
    }

    env::FileIn& in;
    std::string packed;
    z_stream stream{};
    bool ended = false;
};

ArchiveReader::ArchiveReader(env::FileIn& in) : inflater_(std::make_unique<Inflater>(in)) {}
ArchiveReader::~ArchiveReader() = default;

Result<std::string> ArchiveReader::block() {
    MIROIR_TRY(std::string head, inflater_->take(kBlock));
    if (head.size() != kBlock) return unsound("it ends too early");
    return head;
}

Result<std::optional<ArchiveReader::Entry>> ArchiveReader::next() {
    for (;;) {
        MIROIR_TRY(const std::string piece, read());
        if (piece.empty()) break;
    }
    std::string long_name;
    for (;;) {
        MIROIR_TRY(const std::string head, block());
        if (std::ranges::all_of(head, [](char byte) { return byte == '\0'; })) {
            // To the very end, so that a file that was cut off is noticed.
            while (!inflater_->ended) MIROIR_CHECK(inflater_->take(kPiece));
            return std::nullopt;
        }
        const std::optional<std::uint64_t> size = octal_at(head, 124, 12);
        if (!size || !sum_fits(head)) return unsound("a file's head is broken");
        left_ = *size;
        padding_ = (kBlock - *size % kBlock) % kBlock;
        const char kind = head[156];
        if (kind == 'L') {
            MIROIR_TRY(long_name, read_all(kLongestName));
            long_name.resize(std::min(long_name.size(), long_name.find('\0')));
            continue;
        }
        if (kind != '0' && kind != '\0') {
            MIROIR_CHECK(read_all(kPiece));  // a folder, or what we have no use for
            long_name.clear();
            continue;
        }
        Entry entry{.name = long_name, .size = *size};
        if (entry.name.empty()) {
            const std::string_view prefix =
                head.substr(257, 6) == std::string("ustar\0", 6) ? text_at(head, 345, 155) : "";
            entry.name = (prefix.empty() ? "" : std::string(prefix) + "/") + std::string(text_at(head, 0, 100));
        }
        if (entry.name.starts_with("./")) entry.name.erase(0, 2);
        return entry;
    }
}

Result<std::string> ArchiveReader::read() {
    if (rest_at_ < rest_.size()) {
        std::string piece = rest_.substr(std::exchange(rest_at_, 0));
        rest_.clear();
        return piece;
    }
    if (left_ == 0) {
        MIROIR_TRY(const std::string skipped, inflater_->take(std::exchange(padding_, 0)));
        return std::string();
    }
    const std::size_t wanted = std::min<std::uint64_t>(left_, kPiece);
    MIROIR_TRY(std::string piece, inflater_->take(wanted));
    if (piece.size() != wanted) return unsound("it ends too early");
    left_ -= wanted;
    return piece;
}

Result<std::string> ArchiveReader::read_all(std::size_t limit) {
    std::string all;
    for (;;) {
        MIROIR_TRY(const std::string piece, read());
        if (piece.empty()) return all;
        if (all.size() + piece.size() > limit) return unsound("a file of it is too large");
        all += piece;
    }
}

Result<std::optional<std::string>> ArchiveReader::line() {
    std::string out;
    for (;;) {
        if (rest_at_ == rest_.size()) {
            rest_.clear();
            rest_at_ = 0;
            MIROIR_TRY(rest_, read());
            if (rest_.empty()) return out.empty() ? std::nullopt : std::optional(std::move(out));
        }
        const std::size_t end = std::min(rest_.find('\n', rest_at_), rest_.size());
        const bool whole = end < rest_.size();
        out.append(rest_, rest_at_, end - rest_at_);
        rest_at_ = whole ? end + 1 : end;
        if (out.size() > kLongestLine) return unsound("a line of it is too long");
        if (whole) return out;
    }
}

}  // namespace miroir::dump

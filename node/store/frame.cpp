#include "node/store/frame.h"

#include <zlib.h>

namespace miroir::node {
namespace {

constexpr std::size_t kPrefix = 16;  // head length, body length (8 bytes), checksum

std::uint32_t checksum(std::uint32_t seed, std::string_view bytes) {
    uLong sum = seed;
    while (!bytes.empty()) {
        const std::size_t piece = bytes.size() < (1u << 30) ? bytes.size() : 1u << 30;
        sum = crc32(sum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(piece));
        bytes.remove_prefix(piece);
    }
    return static_cast<std::uint32_t>(sum);
}

void append_number(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
}

std::uint64_t read_number(std::string_view bytes, int count) {
    std::uint64_t out = 0;
    for (int i = 0; i < count; ++i) out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return out;
}

}  // namespace

void append_frame(std::string& out, std::string_view head, std::string_view body) {
    std::string lengths;
    append_number(lengths, head.size(), 4);
    append_number(lengths, body.size(), 8);
    const std::uint32_t sum = checksum(checksum(checksum(0, lengths), head), body);
    out += lengths;
    append_number(out, sum, 4);
    out += head;
    out += body;
}

std::optional<FrameReader::Frame> FrameReader::next() {
    const std::string_view rest = bytes_.substr(at_);
    if (rest.size() < kPrefix) return std::nullopt;
    const std::uint64_t head = read_number(rest, 4);
    const std::uint64_t body = read_number(rest.substr(4), 8);
    if (head > rest.size() - kPrefix || body > rest.size() - kPrefix - head) return std::nullopt;
    const Frame frame{.head = rest.substr(kPrefix, head), .body = rest.substr(kPrefix + head, body)};
    const std::uint32_t sum = checksum(checksum(checksum(0, rest.substr(0, 12)), frame.head), frame.body);
    if (sum != read_number(rest.substr(12), 4)) return std::nullopt;
    at_ += kPrefix + head + body;
    return frame;
}

}  // namespace miroir::node

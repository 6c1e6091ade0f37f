// Records in a file: length, checksum, bytes. Reading stops at the first record that is not whole and sound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace miroir::node {

// A head that is JSON, and bytes that need no escaping (a payload of documents).
struct Record {
    std::string head;
    std::string body;
};

void append_frame(std::string& out, std::string_view head, std::string_view body = {});

class FrameReader {
public:
    explicit FrameReader(std::string_view bytes) : bytes_(bytes) {}
    struct Frame {
        std::string_view head;
        std::string_view body;
    };
    std::optional<Frame> next();                          // nullopt: the end, or damage
    std::size_t good() const { return at_; }              // bytes of sound records so far
    bool damaged() const { return at_ < bytes_.size(); }  // asked after the end: something is left

private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace miroir::node

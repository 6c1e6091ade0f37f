// A stream of events (text/event-stream), read in whatever pieces it comes and written as the engine writes it. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace miroir::protocol::chat {

class EventReader {
public:
    // An event may have so many bytes.
    explicit EventReader(std::size_t event_max) : event_max_(event_max) {}

    void feed(std::string_view bytes) { waiting_ += bytes; }
    // The text of the next event that has one; nullopt: more must come. The error: it is too large.
    std::expected<std::optional<std::string>, std::string> next();

private:
    bool take_line(std::string& line);

    std::size_t event_max_;
    std::string waiting_;  // not yet read
    std::size_t seen_ = 0;
    bool begun_ = false;
    std::optional<std::string> text_;  // of the event that is being read
};

std::string event_text(std::string_view text);  // "data: …" and an empty line

// The first byte at which the text is no UTF-8, as the engine tells of it; nullopt: it is.
std::optional<std::string> utf8_fault(std::string_view text);

}  // namespace miroir::protocol::chat

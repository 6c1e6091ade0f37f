#include "protocol/chat/events.h"

#include <algorithm>
#include <utility>

#include "json/scan.h"

namespace miroir::protocol::chat {

// A line ends with LF, CR or both. A CR at the end of what is there may still be followed by its LF.
bool EventReader::take_line(std::string& line) {
    const std::size_t end = waiting_.find_first_of("\r\n", seen_);
    seen_ = end == std::string::npos ? waiting_.size() : end;
    if (end == std::string::npos || (waiting_[end] == '\r' && end + 1 == waiting_.size())) return false;
    line = waiting_.substr(0, end);
    const bool both = waiting_[end] == '\r' && waiting_[end + 1] == '\n';
    waiting_.erase(0, end + (both ? 2 : 1));
    seen_ = 0;
    return true;
}

std::expected<std::optional<std::string>, std::string> EventReader::next() {
    std::string line;
    while (take_line(line)) {
        if (!begun_ && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
        begun_ = true;
        if (line.empty()) {
            std::optional<std::string> whole = std::exchange(text_, std::nullopt);
            if (whole && !whole->empty()) return whole;
            continue;
        }
        const std::size_t colon = std::min(line.find(':'), line.size());
        if (std::string_view(line).substr(0, colon) != "data") continue;  // comments, names, ids
        std::string_view value = std::string_view(line).substr(std::min(colon + 1, line.size()));
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (text_) text_->append("\n").append(value);
        else text_ = value;
        if (text_->size() > event_max_) break;
    }
    if (waiting_.size() > event_max_ || (text_ && text_->size() > event_max_))
        return std::unexpected("an event is larger than " + std::to_string(event_max_) + " bytes");
    return std::optional<std::string>();
}

std::string event_text(std::string_view text) {
    std::string out = "data: ";
    out.append(text).append("\n\n");
    return out;
}

std::optional<std::string> utf8_fault(std::string_view text) {
    if (json::is_sound_utf8(text)) return std::nullopt;
    std::size_t sound = 0;
    for (std::size_t size = 1; size <= 4;) {  // letter by letter
        if (sound + size > text.size()) break;
        if (json::is_sound_utf8(text.substr(sound, size))) {
            sound += size;
            size = 1;
        } else {
            ++size;
        }
    }
    return "invalid utf-8 sequence of 1 bytes from index " + std::to_string(sound);
}

}  // namespace miroir::protocol::chat

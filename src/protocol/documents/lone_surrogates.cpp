#include "protocol/documents/lone_surrogates.h"

#include <charconv>

#include "json/parse.h"

namespace miroir::protocol {
namespace {

constexpr std::size_t kEscape = 6;  // \uXXXX

std::optional<std::uint32_t> escape_at(std::string_view text, std::size_t at) {
    if (text.size() < at + kEscape || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    std::uint32_t out = 0;
    const auto read = std::from_chars(text.data() + at + 2, text.data() + at + kEscape, out, 16);
    return read.ptr == text.data() + at + kEscape ? std::optional(out) : std::nullopt;
}

bool leads(std::uint32_t point) { return point >= 0xD800 && point <= 0xDBFF; }
bool trails(std::uint32_t point) { return point >= 0xDC00 && point <= 0xDFFF; }

// Walks JSON that may be wrong in any way: what it makes of it is parsed afterwards.
class Mender {
public:
    Mender(std::string_view bytes, bool lines) : bytes_(bytes), lines_(lines) { out_.bytes = bytes; }

    std::optional<MendedPayload> run() && {
        for (at_ = 0; at_ < bytes_.size(); ++at_) {
            switch (bytes_[at_]) {
                case '"': string(); break;
                case '{':
                case '[': open_ += bytes_[at_], name_next_ = bytes_[at_] == '{'; break;
                case '}':
                case ']': close(); break;
                case ',': name_next_ = !open_.empty() && open_.back() == '{'; break;
                case ':': colon(); break;
                default: break;
            }
        }
        if (out_.unreadable.empty()) return std::nullopt;
        return std::move(out_);
    }

private:
    bool at_top() const {
        const std::size_t depth = !lines_ && open_.starts_with('[') ? 2 : 1;
        return open_.size() == depth && open_.back() == '{';
    }
    void close() {
        if (!open_.empty()) open_.pop_back();
        name_next_ = false;
    }
    void colon() {
        if (at_top()) value_ = at_ + 1;
        name_next_ = false;
    }

    void string() {
        const bool name_at_top = name_next_ && at_top();
        for (++at_; at_ < bytes_.size() && bytes_[at_] != '"'; ++at_) {
            if (bytes_[at_] != '\\') continue;
            const auto point = escape_at(bytes_, at_);
            if (!point) {
                ++at_;  // the character behind the backslash is no end
                continue;
            }
            const auto next = escape_at(bytes_, at_ + kEscape);
            const bool pair = leads(*point) && next && trails(*next);
            if (!pair && (leads(*point) || trails(*point)) && !name_at_top) mend();
            at_ += (pair ? 2 * kEscape : kEscape) - 1;
        }
    }

    void mend() {
        out_.bytes.replace(at_ + 2, 4, "fffd");
        if (!out_.unreadable.empty()) return;
        std::string_view value = bytes_.substr(value_);
        value.remove_prefix(std::min(value.find_first_not_of(" \t\n\r"), value.size()));
        if (const auto read = json::parse_front(value); !read) out_.unreadable = read.error().message;
    }

    std::string_view bytes_;
    bool lines_;
    std::size_t at_ = 0;
    std::size_t value_ = 0;  // where the value of the last name at the top begins
    std::string open_;       // the brackets around `at_`
    bool name_next_ = false;
    MendedPayload out_;
};

}  // namespace

std::optional<MendedPayload> mend_lone_surrogates(std::string_view bytes, bool lines) {
    if (bytes.find("\\u") == std::string_view::npos) return std::nullopt;
    return Mender(bytes, lines).run();
}

}  // namespace miroir::protocol

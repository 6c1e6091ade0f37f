#include "protocol/settings/template_check.h"

#include <algorithm>

namespace miroir::protocol {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// One expression: a value, then filters with arguments. Keeps the furthest place at which something was missing.
class Expression {
public:
    Expression(std::string_view text, std::size_t at) : text_(text), at_(at), furthest_(at) {}

    bool read() {
        if (peek('-')) ++at_;
        blanks();
        if (!value()) return false;
        while (after_blanks('|')) {
            if (!filter()) return false;
        }
        blanks();
        if (text_.substr(at_).starts_with("-}}")) ++at_;
        if (!text_.substr(at_).starts_with("}}")) return miss("ExpressionEnd");
        at_ += 2;
        return true;
    }
    std::size_t at() const { return at_; }
    std::size_t furthest() const { return furthest_; }
    std::string_view expected() const { return expected_; }

private:
    bool miss(std::string_view what) {
        if (at_ >= furthest_) {
            furthest_ = at_;
            expected_ = what;
        }
        return false;
    }
    bool peek(char wanted) const { return at_ < text_.size() && text_[at_] == wanted; }
    void blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    bool after_blanks(char wanted) {
        const std::size_t before = at_;
        blanks();
        if (peek(wanted)) {
            ++at_;
            blanks();
            return true;
        }
        at_ = before;
        return false;
    }
    // A hyphen belongs to a name unless it closes the expression.
    bool in_name() const {
        if (at_ >= text_.size()) return false;
        const std::string_view rest = text_.substr(at_);
        return starts_name(rest[0]) || is_digit(rest[0]) ||
               (rest[0] == '-' && !rest.starts_with("-}}") && !rest.starts_with("-%}"));
    }
    bool name() {
        if (!in_name() || is_digit(text_[at_])) return miss("Identifier");
        while (in_name()) ++at_;
        return true;
    }
    bool quoted(char quote) {
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string_view::npos) return miss("Value");
        at_ = end + 1;
        return true;
    }
    bool number() {
        const std::size_t before = at_;
        if (peek('+') || peek('-')) ++at_;
        const std::size_t digits = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        if (at_ == digits) {
            at_ = before;
            return false;
        }
        if (peek('.') && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
            ++at_;
            while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        }
        return true;
    }
    bool value() {
        if (peek('"') || peek('\'')) return quoted(text_[at_]);
        if (number()) return true;
        if (!in_name()) return miss("Value");
        if (!name()) return false;
        for (;;) {
            if (peek('.')) {
                ++at_;
                if (!name()) return false;
            } else if (peek('[')) {
                ++at_;
                blanks();
                if (!value()) return false;
                blanks();
                if (!peek(']')) return miss("Value");
                ++at_;
            } else {
                return true;
            }
        }
    }
    bool argument() {
        const std::size_t before = at_;
        if (name() && after_blanks(':')) return value();
        at_ = before;
        return value();
    }
    bool filter() {
        if (!name()) return false;
        if (!after_blanks(':')) return true;
        do {
            if (!argument()) return false;
        } while (after_blanks(','));
        return true;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t furthest_;
    std::string_view expected_ = "Value";
};

std::string pointed_at(std::string_view text, std::size_t at, std::string_view expected) {
    const std::string_view before = text.substr(0, at);
    const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const std::string number = std::to_string(std::ranges::count(before, '\n') + 1);
    const std::string gutter(number.size() + 1, ' ');
    const std::string line(text.substr(begin, text.find('\n', begin) - begin));
    const std::size_t column = at - begin + 1;
    return std::string(number.size(), ' ') + "--> " + number + ":" + std::to_string(column) + "\n" + gutter + "|\n" +
           number + " | " + line + "\n" + gutter + "| " + std::string(column - 1, ' ') + "^---\n" + gutter + "|\n" +
           gutter + "= expected " + std::string(expected) + "\n";
}

}  // namespace

Result<void> check_chat_template(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("{%")) return {};  // raw and comment blocks may hold anything
        if (!rest.starts_with("{{")) {
            ++at;
            continue;
        }
        Expression expression(text, at + 2);
        if (!expression.read()) {
            return fail(ErrorCode::InvalidChatSettingDocumentTemplate,
                        "`.chat.documentTemplate`: Invalid document template: user error: cannot parse template: "
                        "liquid: " +
                            pointed_at(text, expression.furthest(), expression.expected()) + ".");
        }
        at = expression.at();
    }
    return {};
}

}  // namespace miroir::protocol

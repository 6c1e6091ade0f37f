#include "protocol/settings/template_check.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

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
        if (!text_.substr(at_).starts_with("}}")) return miss_behind_value();
        at_ += 2;
        return true;
    }
    std::size_t at() const { return at_; }
    std::size_t furthest() const { return furthest_; }
    const std::string& expected() const { return expected_; }

private:
    // What the engine's grammar tries before it, in this order, is what it says that it expected.
    enum class Literal : std::uint8_t { Nil, Empty, Blank, String, Float, Integer, Boolean, None };

    // Something else stands behind a value: the engine tells what else the value might have been.
    bool miss_behind_value() {
        using Told = std::pair<Literal, std::string_view>;
        static constexpr std::array<Told, 6> kTold = {
            Told(Literal::Nil, "NilLiteral"),         Told(Literal::Empty, "EmptyLiteral"),
            Told(Literal::Blank, "BlankLiteral"),     Told(Literal::String, "StringLiteral"),
            Told(Literal::Integer, "IntegerLiteral"), Told(Literal::Float, "FloatLiteral")};
        std::vector<std::string> told;
        if (in_arguments_) {
            const bool named = last_ == Literal::None || starts_name(text_[last_at_]);
            told.emplace_back(named ? "KeywordFilterArgument" : "Identifier");
        }
        if (last_ == Literal::None) told.emplace_back("Literal");
        for (const auto& [literal, name] : kTold) {
            if (last_ != Literal::None && literal < last_) told.emplace_back(name);
        }
        furthest_ = last_at_;
        expected_.clear();
        if (told.empty()) {
            furthest_ = 0;
            told.emplace_back("LiquidFile");
        }
        for (std::size_t i = 0; i < told.size(); ++i) {
            if (i > 0) expected_ += told.size() == 2 ? " or " : i + 1 == told.size() ? ", or " : ", ";
            expected_ += told[i];
        }
        return false;
    }
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
    void note_value(std::size_t at, Literal literal) {
        last_at_ = at;
        last_ = literal;
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
            note_value(before, Literal::Float);
            return true;
        }
        note_value(before, Literal::Integer);
        return true;
    }
    static Literal literal_of(std::string_view word) {
        if (word == "nil" || word == "null") return Literal::Nil;
        if (word == "empty") return Literal::Empty;
        if (word == "blank") return Literal::Blank;
        return word == "true" || word == "false" ? Literal::Boolean : Literal::None;
    }
    bool value() {
        const std::size_t begin = at_;
        if (peek('"') || peek('\'')) {
            if (!quoted(text_[at_])) return false;
            note_value(begin, Literal::String);
            return true;
        }
        if (number()) return true;
        if (!in_name()) return miss("Value");
        if (!name()) return false;
        note_value(begin, literal_of(text_.substr(begin, at_ - begin)));
        return parts();
    }
    bool parts() {
        for (;;) {
            if (peek('.')) {
                ++at_;
                if (!name()) return false;
            } else if (peek('[')) {
                ++at_;
                blanks();
                if (!value()) return false;
                blanks();
                if (!peek(']')) return miss_behind_value();
                ++at_;
            } else {
                return true;
            }
        }
    }
    bool argument() {
        const std::size_t before = at_;
        if (name() && after_blanks(':')) {
            in_arguments_ = false;
            return value();
        }
        at_ = before;
        in_arguments_ = true;
        if (value()) return true;
        if (furthest_ == before && expected_ == "Value") expected_ = "Identifier or Value";
        return false;
    }
    bool filter() {
        in_arguments_ = false;
        const std::size_t value_at = last_at_;
        const Literal value_is = last_;
        if (!name()) return false;
        if (!after_blanks(':')) {
            note_value(value_at, value_is);
            return true;
        }
        do {
            if (!argument()) return false;
        } while (after_blanks(','));
        return true;
    }

    std::string_view text_;
    std::size_t at_;
    std::size_t furthest_;
    std::string expected_ = "Value";
    std::size_t last_at_ = 0;  // the last value
    Literal last_ = Literal::None;
    bool in_arguments_ = false;  // it is an argument without a name
};

constexpr std::array<std::string_view, 8> kTags = {"assign",    "break",   "continue",  "cycle",
                                                   "decrement", "include", "increment", "render"};
constexpr std::array<std::string_view, 9> kBlocks = {"capture",   "case", "comment",  "for",   "if",
                                                     "ifchanged", "raw",  "tablerow", "unless"};

// As the engine points at a place of the text.
struct Pointed {
    std::size_t at = 0;
    std::string mark = "^---";
    std::string says;
    bool whole_line = true;  // an end that never comes is shown without its line
};

std::string pointed_at(std::string_view text, const Pointed& pointed) {
    const std::string_view before = text.substr(0, pointed.at);
    const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const std::string number = std::to_string(std::ranges::count(before, '\n') + 1);
    const std::string gutter(number.size() + 1, ' ');
    const std::size_t column = pointed.at - begin + 1;
    const std::string line(pointed.whole_line ? text.substr(begin, text.find('\n', begin) - begin) : "");
    const std::string indent(pointed.whole_line ? column - 1 : 0, ' ');
    return std::string(number.size(), ' ') + "--> " + number + ":" + std::to_string(column) + "\n" + gutter + "|\n" +
           number + " | " + line + "\n" + gutter + "| " + indent + pointed.mark + "\n" + gutter + "|\n" + gutter +
           "= " + pointed.says + "\n";
}

std::string listed(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

// Goes through a template, element by element.
class Elements {
public:
    explicit Elements(std::string_view text) : text_(text) {}

    std::optional<std::string> fault() {
        while (at_ < text_.size()) {
            const std::string_view rest = text_.substr(at_);
            std::optional<std::string> found;
            if (rest.starts_with("{%")) found = tag();
            else if (rest.starts_with("{{")) found = expression();
            else ++at_;
            if (found) return found;
        }
        if (open_.empty()) return std::nullopt;
        return pointed_at(text_, {.at = text_.size(),
                                  .mark = "^",
                                  .says = "Unclosed block. {% end" + open_.back() + " %} tag expected.",
                                  .whole_line = false});
    }

private:
    std::optional<std::string> expression() {
        Expression expression(text_, at_ + 2);
        if (!expression.read())
            return pointed_at(text_, {.at = expression.furthest(), .says = "expected " + expression.expected()});
        at_ = expression.at();
        return std::nullopt;
    }

    std::optional<std::string> tag() {
        std::size_t begin = at_ + 2;
        if (begin < text_.size() && text_[begin] == '-') ++begin;
        while (begin < text_.size() && is_blank(text_[begin])) ++begin;
        std::size_t end = begin;
        while (end < text_.size() && (starts_name(text_[end]) || (end > begin && is_digit(text_[end])))) ++end;
        if (end == begin) return pointed_at(text_, {.at = begin, .says = "expected Identifier"});
        const std::string name(text_.substr(begin, end - begin));
        const std::size_t close = text_.find("%}", end);
        at_ = close == std::string_view::npos ? text_.size() : close + 2;
        const bool verbatim = !open_.empty() && (open_.back() == "raw" || open_.back() == "comment");
        if (!open_.empty() && name == "end" + open_.back()) {
            open_.pop_back();
        } else if (verbatim) {
            at_ = begin;
        } else if (std::ranges::find(kBlocks, name) != kBlocks.end()) {
            open_.push_back(name);
        } else if (std::ranges::find(kTags, name) == kTags.end() && !divides(name)) {
            const std::string mark = "^" + std::string(name.size() - std::min<std::size_t>(2, name.size()), '-') + "^";
            return pointed_at(text_, {.at = begin,
                                      .mark = mark,
                                      .says = "Unknown tag.\n  with:\n    requested=" + name + "\n    available tags=" +
                                              listed(kTags) + "\n    available blocks=" + listed(kBlocks)});
        }
        if (!open_.empty() && (open_.back() == "raw" || open_.back() == "comment")) skip_to_tag();
        return std::nullopt;
    }
    // Parts of the block around it.
    bool divides(const std::string& name) const {
        return !open_.empty() && (name == "else" || name == "elsif" || name == "when");
    }
    void skip_to_tag() { at_ = std::min(text_.find("{%", at_), text_.size()); }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<std::string> open_;  // blocks around
};

}  // namespace

std::optional<std::string> template_fault(std::string_view text) {
    auto fault = Elements(text).fault();
    if (!fault) return std::nullopt;
    return "user error: cannot parse template: liquid: " + *std::move(fault) + ".";
}

Result<void> check_chat_template(std::string_view text) {
    auto fault = template_fault(text);
    if (!fault) return {};
    return fail(ErrorCode::InvalidChatSettingDocumentTemplate,
                "`.chat.documentTemplate`: Invalid document template: " + *std::move(fault));
}

}  // namespace miroir::protocol

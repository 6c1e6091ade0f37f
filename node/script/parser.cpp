#include "node/script/parser.h"

#include <array>
#include <charconv>

namespace miroir::node {
namespace {

constexpr int kDepthMax = 64;

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// From loosest to tightest.
constexpr std::array<std::array<std::string_view, 4>, 6> kLevels = {{
    {"||"},
    {"&&"},
    {"==", "!="},
    {"<=", ">=", "<", ">"},
    {"+", "-"},
    {"*", "/", "%"},
}};

class Parser {
public:
    explicit Parser(std::string_view text, int depth = 0) : text_(text), depth_(depth) {}

    Result<std::vector<Statement>> script() {
        MIROIR_TRY(std::vector<Statement> out, statements());
        if (!ended()) return unexpected();
        return out;
    }

    Result<Expression> whole_expression() {
        MIROIR_TRY(Expression out, expression());
        if (!ended()) return unexpected();
        return out;
    }

private:
    void skip() {
        while (at_ < text_.size()) {
            if (text_.substr(at_).starts_with("//")) {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r') {
                ++at_;
            } else {
                return;
            }
        }
    }
    bool ended() {
        skip();
        return at_ >= text_.size();
    }
    bool take(std::string_view token) {
        skip();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }
    std::string_view word() {
        skip();
        std::size_t end = at_;
        while (end < text_.size() && (is_word_start(text_[end]) || (end > at_ && is_digit(text_[end])))) ++end;
        return text_.substr(at_, end - at_);
    }
    bool take_word(std::string_view wanted) {
        if (word() != wanted) return false;
        at_ += wanted.size();
        return true;
    }

    std::unexpected<Error> fault(std::string words) const {
        std::size_t line = 1;
        std::size_t column = 1;
        for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
            column = text_[i] == '\n' ? 1 : column + 1;
            line += text_[i] == '\n';
        }
        return fail(ErrorCode::BadRequest,
                    words + " (line " + std::to_string(line) + ", position " + std::to_string(column) + ")");
    }
    std::unexpected<Error> unexpected() {
        if (ended()) return fault("Script is incomplete");
        return fault("Syntax error: Unexpected '" + std::string(1, text_[at_]) + "'");
    }

    Result<std::vector<Statement>> statements() {
        std::vector<Statement> out;
        while (!ended() && text_[at_] != '}') {
            if (take(";")) continue;
            MIROIR_TRY(Statement one, statement());
            const bool block = one.kind == Statement::Kind::If;
            out.push_back(std::move(one));
            if (!take(";") && !block && !ended() && text_[at_] != '}') return unexpected();
        }
        return out;
    }

    Result<std::vector<Statement>> block() {
        if (++depth_ > kDepthMax) return fault("Expression exceeds maximum complexity");
        if (!take("{")) return unexpected();
        MIROIR_TRY(std::vector<Statement> out, statements());
        if (!take("}")) return unexpected();
        --depth_;
        return out;
    }

    Result<Statement> statement() {
        if (take_word("if")) return condition();
        Statement out;
        if (take_word("let")) {
            out.kind = Statement::Kind::Let;
            const std::string_view name = word();
            if (name.empty()) return unexpected();
            at_ += name.size();
            out.target = {.kind = Expression::Kind::Name, .word = std::string(name)};
            if (!take("=")) return unexpected();
        } else {
            MIROIR_TRY(out.target, primary());
            static constexpr std::string_view kOperators[] = {"+=", "-=", "*=", "/=", "="};
            bool found = false;
            for (const std::string_view op : kOperators) {
                if (found || !take(op)) continue;
                out.op = std::string(op);
                found = true;
            }
            if (!found) return unexpected();
        }
        MIROIR_TRY(out.value, expression());
        return out;
    }

    Result<Statement> condition() {
        Statement out{.kind = Statement::Kind::If};
        MIROIR_TRY(out.value, expression());
        MIROIR_TRY(out.body, block());
        if (!take_word("else")) return out;
        if (take_word("if")) {
            MIROIR_TRY(Statement next, condition());
            out.otherwise.push_back(std::move(next));
        } else {
            MIROIR_TRY(out.otherwise, block());
        }
        return out;
    }

    Result<Expression> expression() {
        if (++depth_ > kDepthMax) return fault("Expression exceeds maximum complexity");
        MIROIR_TRY(Expression out, binary(0));
        --depth_;
        return out;
    }

    Result<Expression> binary(std::size_t level) {
        if (level == kLevels.size()) return unary();
        MIROIR_TRY(Expression left, binary(level + 1));
        for (;;) {
            std::string_view found;
            for (const std::string_view op : kLevels[level]) {
                if (found.empty() && !op.empty() && take(op)) found = op;
            }
            if (found.empty()) return left;
            MIROIR_TRY(Expression right, binary(level + 1));
            Expression both{.kind = Expression::Kind::Binary, .word = std::string(found)};
            both.operands.push_back(std::move(left));
            both.operands.push_back(std::move(right));
            left = std::move(both);
        }
    }

    Result<Expression> unary() {
        for (const std::string_view op : {"!", "-"}) {
            if (!take(op)) continue;
            if (++depth_ > kDepthMax) return fault("Expression exceeds maximum complexity");
            Expression out{.kind = Expression::Kind::Unary, .word = std::string(op)};
            MIROIR_TRY(Expression operand, unary());
            --depth_;
            out.operands.push_back(std::move(operand));
            return out;
        }
        return primary();
    }

    Result<Expression> primary() {
        MIROIR_TRY(Expression out, atom());
        for (;;) {
            if (take(".")) {
                const std::string_view name = word();
                if (name.empty()) return unexpected();
                at_ += name.size();
                Expression member{.kind = Expression::Kind::Member, .word = std::string(name)};
                if (name == "remove" && take("(")) {
                    if (ended() || text_[at_] != '"') return unexpected();
                    MIROIR_TRY(const Expression removed, quoted());
                    if (!take(")")) return unexpected();
                    member = {.kind = Expression::Kind::Remove, .word = removed.literal.string()};
                }
                member.operands.push_back(std::move(out));
                out = std::move(member);
            } else if (take("[")) {
                Expression element{.kind = Expression::Kind::Element};
                MIROIR_TRY(Expression place, expression());
                if (!take("]")) return unexpected();
                element.operands.push_back(std::move(out));
                element.operands.push_back(std::move(place));
                out = std::move(element);
            } else {
                return out;
            }
        }
    }

    Result<Expression> atom() {
        if (ended()) return unexpected();
        const char c = text_[at_];
        if (c == '(') {
            ++at_;
            if (take(")")) return Expression{.kind = Expression::Kind::Nothing};
            MIROIR_TRY(Expression inner, expression());
            if (!take(")")) return unexpected();
            return inner;
        }
        if (c == '"') return quoted();
        if (c == '`') return pattern();
        if (is_digit(c)) return number();
        const std::string_view name = word();
        if (name.empty()) return unexpected();
        at_ += name.size();
        if (name == "true" || name == "false") return Expression{.literal = name == "true"};
        if (name == "type_of" && take("(")) {
            Expression out{.kind = Expression::Kind::TypeOf};
            MIROIR_TRY(Expression inner, expression());
            if (!take(")")) return unexpected();
            out.operands.push_back(std::move(inner));
            return out;
        }
        return Expression{.kind = Expression::Kind::Name, .word = std::string(name)};
    }

    Result<Expression> number() {
        std::size_t end = at_;
        bool point = false;
        while (end < text_.size() && (is_digit(text_[end]) || (text_[end] == '.' && !point && end + 1 < text_.size() &&
                                                               is_digit(text_[end + 1])))) {
            point = point || text_[end] == '.';
            ++end;
        }
        const char* const from = text_.data() + at_;
        const char* const to = text_.data() + end;
        at_ = end;
        std::int64_t integer = 0;
        double real = 0;
        if (!point && std::from_chars(from, to, integer).ec == std::errc()) return Expression{.literal = integer};
        if (std::from_chars(from, to, real).ec != std::errc()) return fault("Syntax error: malformed number");
        return Expression{.literal = real};
    }

    Result<Expression> quoted() {
        std::string out;
        ++at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
                const char escaped = text_[++at_];
                out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
            } else {
                out += text_[at_];
            }
            ++at_;
        }
        if (!take("\"")) return fault("Open string is not terminated");
        return Expression{.literal = std::move(out)};
    }

    Result<Expression> pattern() {
        Expression out{.kind = Expression::Kind::Text};
        std::string plain;
        ++at_;
        while (at_ < text_.size() && text_[at_] != '`') {
            if (!text_.substr(at_).starts_with("${")) {
                plain += text_[at_++];
                continue;
            }
            const std::size_t close = text_.find('}', at_);
            if (close == std::string_view::npos) return fault("Open string is not terminated");
            if (++depth_ > kDepthMax) return fault("Expression exceeds maximum complexity");
            Parser inner(text_.substr(at_ + 2, close - at_ - 2), depth_);
            MIROIR_TRY(Expression piece, inner.whole_expression());
            --depth_;
            out.operands.push_back({.literal = std::exchange(plain, {})});
            out.operands.push_back(std::move(piece));
            at_ = close + 1;
        }
        if (at_ >= text_.size()) return fault("Open string is not terminated");
        ++at_;
        out.operands.push_back({.literal = std::move(plain)});
        return out;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_;
};

}  // namespace

Result<std::vector<Statement>> parse_script(std::string_view text) { return Parser(text).script(); }

}  // namespace miroir::node

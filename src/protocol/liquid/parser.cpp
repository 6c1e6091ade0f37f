#include <algorithm>
#include <charconv>
#include <optional>

#include "base/result.h"
#include "protocol/liquid/template.h"

namespace miroir::protocol::liquid {
namespace {

constexpr int kDepthMax = 64;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; }

// The words between the braces of one tag or expression.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) { blanks(); }

    bool done() const { return text_.empty(); }
    std::string_view rest() const { return text_; }

    bool take(std::string_view sign) {
        if (!text_.starts_with(sign)) return false;
        text_.remove_prefix(sign.size());
        blanks();
        return true;
    }
    bool take_word(std::string_view word) {
        if (peek_name() != word) return false;
        text_.remove_prefix(word.size());
        blanks();
        return true;
    }
    std::string_view peek_name() const {
        if (text_.empty() || !begins_name(text_[0])) return {};
        std::size_t size = 1;
        while (size < text_.size() && (begins_name(text_[size]) || is_digit(text_[size]))) ++size;
        return text_.substr(0, size);
    }
    std::expected<std::string, std::string> name() {
        const std::string_view found = peek_name();
        if (found.empty()) return Wrong("Identifier expected.");
        text_.remove_prefix(found.size());
        return std::string(found);
    }
    std::expected<Operand, std::string> operand(int depth = 0);
    void blanks() {
        while (!text_.empty() && is_blank(text_[0])) text_.remove_prefix(1);
    }

private:
    std::optional<Operand> number();
    std::expected<Operand, std::string> variable(int depth);

    std::string_view text_;
};

Operand literal(json::Value value) { return {.kind = Operand::Kind::Literal, .literal = std::move(value), .path = {}}; }

std::optional<Operand> Words::number() {
    const std::size_t sign = !text_.empty() && (text_[0] == '-' || text_[0] == '+') ? 1 : 0;
    std::size_t end = sign;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end == sign) return std::nullopt;
    const std::string_view digits = text_.substr(text_[0] == '+' ? 1 : 0, end - (text_[0] == '+' ? 1 : 0));
    const bool fraction = end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1]);
    if (!fraction) {
        std::int64_t whole = 0;
        if (std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec != std::errc()) return std::nullopt;
        text_.remove_prefix(end);
        return literal(whole);
    }
    ++end;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    double real = 0;
    std::from_chars(digits.data(), text_.data() + end, real);
    text_.remove_prefix(end);
    return literal(real);
}

std::expected<Operand, std::string> Words::variable(int depth) {
    MIROIR_TRY(auto first, name());
    Operand out{.kind = Operand::Kind::Variable, .literal = std::move(first), .path = {}};
    for (;;) {
        if (text_.starts_with('.') && !text_.starts_with("..")) {
            text_.remove_prefix(1);
            MIROIR_TRY(auto next, name());
            out.path.push_back(literal(std::move(next)));
        } else if (text_.starts_with('[')) {
            text_.remove_prefix(1);
            blanks();
            MIROIR_TRY(auto index, operand(depth + 1));
            if (!text_.starts_with(']')) return Wrong("expected Value");
            text_.remove_prefix(1);
            out.path.push_back(std::move(index));
        } else {
            return out;
        }
    }
}

std::expected<Operand, std::string> Words::operand(int depth) {
    if (depth > kDepthMax) return Wrong("the template is too deep");
    if (text_.empty()) return Wrong("expected Value");
    if (text_[0] == '"' || text_[0] == '\'') {
        const std::size_t end = text_.find(text_[0], 1);
        if (end == std::string_view::npos) return Wrong("expected Value");
        Operand out = literal(text_.substr(1, end - 1));
        text_.remove_prefix(end + 1);
        blanks();
        return out;
    }
    if (std::optional<Operand> found = number()) {
        blanks();
        return *std::move(found);
    }
    if (take_word("nil") || take_word("null")) return literal(nullptr);
    if (take_word("true")) return literal(true);
    if (take_word("false")) return literal(false);
    if (take_word("empty")) return Operand{.kind = Operand::Kind::Empty, .literal = {}, .path = {}};
    if (take_word("blank")) return Operand{.kind = Operand::Kind::Blank, .literal = {}, .path = {}};
    auto out = variable(depth);
    blanks();
    return out;
}

std::expected<Chain, std::string> read_chain(Words& words) {
    MIROIR_TRY(auto value, words.operand());
    Chain out{.value = std::move(value), .filters = {}};
    while (words.take("|")) {
        MIROIR_TRY(auto name, words.name());
        if (!knows_filter(name)) return Wrong("Unknown filter\n  with:\n    requested filter=" + name);
        words.blanks();
        Filter filter{.name = std::move(name), .arguments = {}};
        for (bool more = words.take(":"); more; more = words.take(",")) {
            MIROIR_TRY(auto argument, words.operand());
            filter.arguments.push_back(std::move(argument));
        }
        out.filters.push_back(std::move(filter));
    }
    return out;
}

std::expected<Condition, std::string> read_comparison(Words& words) {
    MIROIR_TRY(auto left, words.operand());
    Condition out{.kind = Condition::Kind::Exists, .left = std::move(left), .right = {}, .op = {}, .parts = {}};
    static constexpr std::string_view kSigns[] = {"==", "!=", "<>", "<=", ">=", "<", ">"};
    for (const std::string_view sign : kSigns) {
        if (!words.take(sign)) continue;
        out.op = sign == "<>" ? "!=" : sign;
        break;
    }
    if (out.op.empty() && words.take_word("contains")) out.op = "contains";
    if (out.op.empty()) return out;
    MIROIR_TRY(auto right, words.operand());
    out.kind = Condition::Kind::Compares;
    out.right = std::move(right);
    return out;
}

// `and` binds closer than `or`.
std::expected<Condition, std::string> read_condition(Words& words) {
    Condition any{.kind = Condition::Kind::Or, .left = {}, .right = {}, .op = {}, .parts = {}};
    do {
        Condition all{.kind = Condition::Kind::And, .left = {}, .right = {}, .op = {}, .parts = {}};
        do {
            MIROIR_TRY(auto one, read_comparison(words));
            all.parts.push_back(std::move(one));
        } while (words.take_word("and"));
        any.parts.push_back(std::move(all));
    } while (words.take_word("or"));
    if (!words.done()) return Wrong("Unexpected token.");
    return any;
}

struct Tag {
    std::string name;
    std::string_view words;
};

// Reads elements one after another, blocks by recursion.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::expected<Block, std::string> all() { return until({}); }

private:
    using Read = std::expected<Node, std::string>;

    // Up to one of these tags, which is then in ended_; none: up to the end.
    std::expected<Block, std::string> until(std::initializer_list<std::string_view> ends);
    std::expected<Block, std::string> otherwise(std::string_view end);
    std::expected<std::string_view, std::string> inside(std::string_view close);
    std::expected<Node, std::string> tag(Tag tag);
    Read choose(Tag tag);
    Read pick(Tag tag);
    Read loop(Tag tag);
    Read capture(Tag tag);
    Read assign(Tag tag);
    Read skipped(std::string_view end, bool keep);

    std::string_view text_;
    bool trim_next_ = false;
    Tag ended_;
    int depth_ = 0;
};

std::string_view trimmed_end(std::string_view text) {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}
std::string_view trimmed_begin(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}

// What stands between the braces; text_ goes on behind them.
std::expected<std::string_view, std::string> Reader::inside(std::string_view close) {
    text_.remove_prefix(2);
    if (text_.starts_with('-')) text_.remove_prefix(1);
    char quote = 0;
    for (std::size_t at = 0; at + 1 < text_.size(); ++at) {
        const char c = text_[at];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if ((c == '"' || c == '\'') && text_.find(c, at + 1) != std::string_view::npos) {
            quote = c;
        } else if (text_.substr(at).starts_with(close)) {
            std::string_view words = text_.substr(0, at);
            trim_next_ = words.ends_with('-');
            if (trim_next_) words.remove_suffix(1);
            text_.remove_prefix(at + 2);
            return words;
        }
    }
    return Wrong(close == "}}" ? "expected ExpressionEnd" : "expected TagEnd");
}

std::expected<Block, std::string> Reader::until(std::initializer_list<std::string_view> ends) {
    if (++depth_ > kDepthMax) return Wrong("the template is too deep");
    Block out;
    ended_ = {};
    while (!text_.empty()) {
        const std::size_t open = std::min(text_.find("{{"), text_.find("{%"));
        std::string_view plain = text_.substr(0, open);
        text_.remove_prefix(plain.size());
        if (std::exchange(trim_next_, false)) plain = trimmed_begin(plain);
        if (text_.size() > 2 && text_[2] == '-') plain = trimmed_end(plain);
        if (!plain.empty()) {
            Node& node = out.emplace_back();
            node.text = plain;
        }
        if (text_.empty()) break;
        const bool output = text_.starts_with("{{");
        MIROIR_TRY(auto words, inside(output ? "}}" : "%}"));
        Words read(words);
        if (output) {
            MIROIR_TRY(auto chain, read_chain(read));
            if (!read.done()) return Wrong("expected ExpressionEnd");
            Node& node = out.emplace_back();
            node.kind = Node::Kind::Output;
            node.chain = std::move(chain);
            continue;
        }
        MIROIR_TRY(auto name, read.name());
        read.blanks();
        Tag found{.name = std::move(name), .words = read.rest()};
        if (std::ranges::find(ends, found.name) != ends.end()) {
            ended_ = std::move(found);
            --depth_;
            return out;
        }
        MIROIR_TRY(auto node, tag(std::move(found)));
        out.push_back(std::move(node));
    }
    if (ends.size() > 0) return Wrong("Unclosed block.");
    --depth_;
    return out;
}

// What follows an `else` up to `end`; nothing where the block has ended without one.
std::expected<Block, std::string> Reader::otherwise(std::string_view end) {
    if (ended_.name != "else") return Block();
    return until({end});
}

Reader::Read Reader::tag(Tag tag) {
    Node out;
    if (tag.name == "if" || tag.name == "unless") return choose(std::move(tag));
    if (tag.name == "case") return pick(std::move(tag));
    if (tag.name == "for") return loop(std::move(tag));
    if (tag.name == "capture") return capture(std::move(tag));
    if (tag.name == "assign") return assign(std::move(tag));
    if (tag.name == "comment") return skipped("endcomment", false);
    if (tag.name == "raw") return skipped("endraw", true);
    if (tag.name == "break" || tag.name == "continue") {
        out.kind = tag.name == "break" ? Node::Kind::Break : Node::Kind::Continue;
        return out;
    }
    return Wrong("Unknown tag.\n  with:\n    requested=" + tag.name);
}

Reader::Read Reader::choose(Tag tag) {
    const bool negated = tag.name == "unless";
    const std::string_view end = negated ? "endunless" : "endif";
    Node out;
    out.kind = Node::Kind::Choose;
    std::string_view condition = tag.words;
    for (;;) {
        Words words(condition);
        MIROIR_TRY(auto read, read_condition(words));
        MIROIR_TRY(auto body, negated ? until({"else", end}) : until({"else", "elsif", end}));
        Branch& branch = out.branches.emplace_back();
        branch.condition = std::move(read);
        branch.negated = negated;
        branch.body = std::move(body);
        if (ended_.name != "elsif") break;
        condition = ended_.words;
    }
    MIROIR_TRY(out.otherwise, otherwise(end));
    return out;
}

Reader::Read Reader::pick(Tag tag) {
    Node out;
    out.kind = Node::Kind::Switch;
    Words words(tag.words);
    MIROIR_TRY(auto value, words.operand());
    out.chain.value = std::move(value);
    MIROIR_CHECK(until({"when", "else", "endcase"}));  // what stands there is never shown
    while (ended_.name == "when") {
        Branch& branch = out.branches.emplace_back();
        Words choices(ended_.words);
        do {
            MIROIR_TRY(auto choice, choices.operand());
            branch.values.push_back(std::move(choice));
        } while (choices.take(",") || choices.take_word("or"));
        MIROIR_TRY(auto body, until({"when", "else", "endcase"}));
        out.branches.back().body = std::move(body);
    }
    MIROIR_TRY(out.otherwise, otherwise("endcase"));
    return out;
}

std::expected<void, std::string> read_range(Words& words, Node& out) {
    out.counts = words.take("(");
    MIROIR_TRY(auto from, words.operand());
    out.from = std::move(from);
    if (!out.counts) return {};
    if (!words.take("..")) return Wrong("Array or range expected.");
    MIROIR_TRY(auto to, words.operand());
    out.to = std::move(to);
    if (!words.take(")")) return Wrong("Array or range expected.");
    return {};
}

Reader::Read Reader::loop(Tag tag) {
    Node out;
    out.kind = Node::Kind::Loop;
    Words words(tag.words);
    MIROIR_TRY(auto name, words.name());
    out.text = std::move(name);
    words.blanks();
    if (!words.take_word("in")) return Wrong("\"in\" expected.");
    MIROIR_CHECK(read_range(words, out));
    while (!words.done()) {
        if (words.take_word("reversed")) {
            out.reversed = true;
            continue;
        }
        const bool limits = words.take_word("limit");
        if ((!limits && !words.take_word("offset")) || !words.take(":"))
            return Wrong("\"limit\", \"offset\" or \"reversed\" expected.");
        MIROIR_TRY(auto number, words.operand());
        (limits ? out.limit : out.offset).assign(1, std::move(number));
    }
    MIROIR_TRY(auto body, until({"else", "endfor"}));
    out.body = std::move(body);
    MIROIR_TRY(out.otherwise, otherwise("endfor"));
    return out;
}

Reader::Read Reader::assign(Tag tag) {
    Node out;
    out.kind = Node::Kind::Assign;
    Words words(tag.words);
    MIROIR_TRY(auto name, words.name());
    out.text = std::move(name);
    words.blanks();
    if (!words.take("=")) return Wrong("Assignment operator \"=\" expected.");
    MIROIR_TRY(auto chain, read_chain(words));
    if (!words.done()) return Wrong("Unexpected token.");
    out.chain = std::move(chain);
    return out;
}

Reader::Read Reader::capture(Tag tag) {
    Node out;
    out.kind = Node::Kind::Capture;
    Words words(tag.words);
    MIROIR_TRY(auto name, words.name());
    out.text = std::move(name);
    MIROIR_TRY(auto body, until({"endcapture"}));
    out.body = std::move(body);
    return out;
}

// Up to the tag `end`, whatever stands before it.
Reader::Read Reader::skipped(std::string_view end, bool keep) {
    const std::string_view begin = text_;
    for (std::size_t at = text_.find("{%"); at != std::string_view::npos; at = begin.find("{%", at + 1)) {
        text_ = begin.substr(at);
        auto words = inside("%}");
        if (!words) break;
        Words read(*words);
        if (read.peek_name() != end) continue;
        Node out;
        if (keep) out.text = begin.substr(0, at);
        return out;
    }
    return Wrong("Unclosed block.");
}

}  // namespace

std::expected<Block, std::string> parse_block(std::string_view text) { return Reader(text).all(); }

}  // namespace miroir::protocol::liquid

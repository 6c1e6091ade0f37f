#include "node/retrieve/format/crop_window.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/assert.h"

namespace miroir::node {
namespace {

constexpr int kFarthest = 7;  // words between two matches that still count

// Different words found, closeness, and how many follow each other in the order of the query: more is better.
std::array<int, 3> value_of(std::span<const Match> matches) {
    std::set<std::uint16_t> terms;
    int closeness = 0;
    int in_order = 0;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const Match& match = matches[i];
        const int inner = static_cast<int>(match.last_word - match.first_word);
        in_order += inner;
        closeness -= inner;
        for (std::uint32_t term = match.first_term; term <= match.last_term; ++term) {
            terms.insert(static_cast<std::uint16_t>(term));
        }
        if (i + 1 == matches.size()) break;
        const Match& next = matches[i + 1];
        if (next.first_term > match.first_term) ++in_order;
        const auto gap = static_cast<std::ptrdiff_t>(next.first_word) - static_cast<std::ptrdiff_t>(match.last_word);
        closeness -= static_cast<int>(std::min<std::ptrdiff_t>(gap, kFarthest));
    }
    return {static_cast<int>(terms.size()), closeness, in_order};
}

class Best {
public:
    explicit Best(std::span<const Match> matches) : matches_(matches) {}

    void offer(std::size_t first, std::size_t last) {
        const auto value = value_of(matches_.subspan(first, last - first + 1));
        if (value_ && value <= *value_) return;
        value_ = value;
        group_ = {first, last};
    }
    std::pair<std::size_t, std::size_t> group() const { return group_; }

private:
    std::span<const Match> matches_;
    std::optional<std::array<int, 3>> value_;
    std::pair<std::size_t, std::size_t> group_{0, 0};
};

// The tokens that lie next to the window on one side, nearest first.
class Side {
public:
    Side(const std::vector<Token>& tokens, std::size_t from, std::size_t count, bool forward)
        : tokens_(tokens), next_(from), left_(count), forward_(forward) {}

    bool at_end() const { return left_ == 0; }
    const Token& peek() const { return tokens_[next_]; }
    void advance() {
        --left_;
        next_ += forward_ ? 1 : static_cast<std::size_t>(-1);
    }

private:
    const std::vector<Token>& tokens_;
    std::size_t next_;
    std::size_t left_;
    bool forward_;
};

void take(Side& side, std::size_t& words) {
    if (!side.peek().is_separator()) --words;
    side.advance();
}

// Both sides can grow: words first, soft separators before hard ones.
void grow_both(Side& before, Side& after, std::size_t& words) {
    const bool separator_before = before.peek().is_separator();
    const bool separator_after = after.peek().is_separator();
    if (separator_before && separator_after) {
        if (before.peek().kind == after.peek().kind) {
            before.advance();
            if (words > 1) after.advance();  // no separator right before the marker
        } else if (before.peek().kind == TokenKind::HardSeparator) {
            after.advance();
        } else {
            before.advance();
        }
    } else if (separator_after) {
        take(before, words);
    } else if (separator_before) {
        take(after, words);
    } else {
        take(before, words);
        if (words > 0) take(after, words);
    }
}

}  // namespace

std::pair<std::size_t, std::size_t> best_matches(std::span<const Match> matches, std::size_t words) {
    MIROIR_ASSERT(!matches.empty());
    Best best(matches);
    std::size_t first = 0;
    const auto fits = [&](std::size_t last_word) {
        return matches[first].first_word > last_word || last_word - matches[first].first_word < words;
    };
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const std::size_t last_word = matches[i].last_word;
        if (last_word - std::min(last_word, matches[first].first_word) < words) continue;
        if (i != 0) best.offer(first, i - 1);
        do {
            if (first + 1 == matches.size()) break;
            ++first;
        } while (!fits(last_word));
    }
    const std::size_t last = matches.size() - 1;
    const std::size_t length = matches[first].last_word - matches[first].first_word + 1;
    if (first != last || length < words) best.offer(first, last);
    return best.group();
}

std::pair<std::size_t, std::size_t> crop_window(std::size_t text_size, const std::vector<Token>& tokens,
                                                std::span<const Match> matches, std::size_t words) {
    std::size_t left = words;
    bool forward = true;
    std::size_t before_count = 0;
    std::size_t after_from = 0;
    if (!matches.empty()) {
        const auto [first, last] = best_matches(matches, words);
        const std::size_t width = matches[last].last_word - matches[first].first_word + 1;
        forward = words >= width;
        // A single match wider than the window: words are taken away from its end instead.
        left = forward ? words - width : width - words;
        before_count = forward ? matches[first].first_token : 0;
        after_from = std::min(matches[last].last_token + 1, tokens.size());
    }
    Side before(tokens, before_count - 1, before_count, false);
    const std::size_t back_from = std::min(after_from, tokens.empty() ? 0 : tokens.size() - 1);
    Side after = forward ? Side(tokens, after_from, tokens.size() - after_from, true)
                         : Side(tokens, back_from, tokens.empty() ? 0 : back_from + 1, false);
    while (left > 0) {
        if (!before.at_end() && !after.at_end()) grow_both(before, after, left);
        else if (!before.at_end()) take(before, left);
        else if (!after.at_end()) take(after, left);
        else break;
    }
    const std::size_t start = before.at_end() ? 0 : before.peek().end;
    const std::size_t end = after.at_end() ? text_size : after.peek().start;
    return {start, end};
}

}  // namespace miroir::node

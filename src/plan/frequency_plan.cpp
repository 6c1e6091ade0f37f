#include "plan/frequency_plan.h"

#include <algorithm>
#include <map>

#include "protocol/text_normal.h"
#include "protocol/utf8.h"

namespace miroir::plan {
namespace {

using Word = FrequencyWords::Word;

constexpr std::size_t kWordsMax = 10;  // the engine looks at no more
constexpr char32_t kLatinEnd = 0x250;
// Stands where a word has fallen away, so that the others keep their places: a word that must not be found and never
// is.
constexpr std::string_view kNoWord = "-zqjxwvkzqjxwvk";
constexpr std::size_t kStepsMax = 24;
constexpr std::size_t kTwoTyposFrom = 9;  // letters: from here on the engine forgives one in words it has joined

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Letters and digits of one kind of script, which no tokenizer cuts.
bool is_plain(std::string_view word) {
    bool lower_before = false;
    while (!word.empty()) {
        const protocol::Utf8Char c = protocol::utf8_char(word);
        const bool lower = c.point >= 'a' && c.point <= 'z';
        const bool upper = c.point >= 'A' && c.point <= 'Z';
        const bool digit = c.point >= '0' && c.point <= '9';
        const bool accented = c.point >= 0xC0 && c.point < kLatinEnd && c.point != 0xD7 && c.point != 0xF7;
        if (!lower && !upper && !digit && !accented) return false;
        if (upper && lower_before) return false;  // camelCase is two words
        lower_before = lower;
        word.remove_prefix(c.bytes);
    }
    return true;
}

bool is_stop_word(const IndexEntry& index, const std::string& word) {
    const std::string plain = protocol::plain_word(word);
    return std::ranges::any_of(index.settings.stop_words,
                               [&](const std::string& stop) { return protocol::plain_word(stop) == plain; });
}

// The next word or phrase; empty when it is none that is understood here.
std::string_view next_piece(std::string_view text) {
    if (text.front() == '"') {
        const std::size_t end = text.find('"', 1);
        return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
    }
    std::size_t end = 0;
    while (end < text.size() && !is_blank(text[end]) && text[end] != '"') ++end;
    return text.substr(0, end);
}

bool is_plain_phrase(std::string_view phrase) {
    phrase = phrase.substr(1, phrase.size() - 2);
    while (!phrase.empty()) {
        const std::size_t end = std::min(phrase.find(' '), phrase.size());
        if (!is_plain(phrase.substr(0, end))) return false;
        phrase.remove_prefix(std::min(end + 1, phrase.size()));
    }
    return true;
}

std::optional<Word> word_of(const IndexEntry& index, std::string_view piece, bool is_last) {
    Word out{.text = std::string(piece)};
    if (piece.empty()) return std::nullopt;
    if (piece.front() == '"') return is_plain_phrase(piece) ? std::optional(out) : std::nullopt;
    if (piece.front() == '-') return is_plain(piece.substr(1)) && piece.size() > 1 ? std::optional(out) : std::nullopt;
    if (!is_plain(piece)) return std::nullopt;
    out.ignored = !is_last && is_stop_word(index, out.text);
    out.falls = !out.ignored;
    return out;
}

void join_neighbours(FrequencyWords& out) {
    for (std::size_t i = 0; i < out.words.size(); ++i) {
        std::string joined;
        for (std::size_t end = i; end < std::min(i + 3, out.words.size()) && out.words[end].falls; ++end) {
            joined += out.words[end].text;
            if (end == i) continue;
            const bool prefix = out.prefix && end + 1 == out.words.size();
            const bool forgiving = prefix || (end == i + 1 && joined.size() >= kTwoTyposFrom);
            out.joined.push_back(forgiving ? joined + (prefix ? "" : " ") : "\"" + joined + "\"");
        }
    }
}

std::string text_without(const FrequencyWords& words, const std::vector<bool>& gone) {
    std::string out;
    std::size_t left = words.words.size();
    while (left > 0 && gone[left - 1]) --left;
    for (std::size_t i = 0; i < left; ++i) {
        if (!out.empty()) out += ' ';
        out += gone[i] ? kNoWord : words.words[i].text;
    }
    if (left < words.words.size() || !words.prefix) out += ' ';
    return out;
}

}  // namespace

std::optional<FrequencyWords> frequency_words(const IndexEntry& index, const std::string& text) {
    const protocol::Settings& settings = index.settings;
    if (!settings.separator_tokens.empty() || !settings.dictionary.empty()) return std::nullopt;
    FrequencyWords out;
    std::string_view rest = text;
    while (true) {
        while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
        if (rest.empty()) break;
        const std::string_view piece = next_piece(rest);
        if (piece.empty()) return std::nullopt;
        rest.remove_prefix(piece.size());
        auto word = word_of(index, piece, rest.empty());
        if (!word) return std::nullopt;
        out.stays |= word->text.front() == '"';
        out.words.push_back(*std::move(word));
    }
    if (out.words.size() > kWordsMax) return std::nullopt;
    out.prefix = !text.empty() && !is_blank(text.back());
    join_neighbours(out);
    return out;
}

bool may_fall(const FrequencyWords& words) { return std::ranges::count_if(words.words, &Word::falls) > 1; }

std::vector<protocol::SearchQuery> frequency_counts(const FrequencyWords& words, const protocol::SearchQuery& query) {
    std::vector<protocol::SearchQuery> out;
    const auto add = [&](std::string text) {
        protocol::SearchQuery count;
        count.q = std::move(text);
        count.limit = 0;
        count.matching_strategy = protocol::MatchingStrategy::All;
        count.attributes_to_search_on = query.attributes_to_search_on;
        count.locales = query.locales;
        out.push_back(std::move(count));
    };
    for (std::size_t i = 0; i < words.words.size(); ++i) {
        if (words.words[i].falls) add(words.words[i].text + (words.prefix && i + 1 == words.words.size() ? "" : " "));
    }
    for (const std::string& joined : words.joined) add(joined);
    return out;
}

namespace {

// Which words may fall away, and in which order: 1 falls first. 0 stays.
std::vector<std::size_t> falling_order(const FrequencyWords& words, std::span<const std::uint64_t> counts) {
    std::map<std::uint64_t, std::vector<std::size_t>, std::greater<>> by_count;  // the most frequent first
    std::size_t next = 0;
    for (std::size_t i = 0; i < words.words.size(); ++i) {
        if (!words.words[i].falls) continue;
        const std::uint64_t count = counts[next++];
        by_count[count == 0 ? UINT64_MAX : count].push_back(i);  // a word that is nowhere falls first
    }
    if (!words.stays && !by_count.empty()) by_count.erase(std::prev(by_count.end()));  // something is always left
    std::vector<std::size_t> order(words.words.size(), 0);
    std::size_t place = 0;
    for (const auto& [count, places] : by_count) {
        ++place;
        for (const std::size_t word : places) order[word] = place;
    }
    return order;
}

// The engine walks the words from the first to the last: once one is left out, those behind it that are more frequent
// are left out, too. Those before it may have been kept.
bool can_be_gone(const std::vector<std::size_t>& order, const std::vector<bool>& gone) {
    for (std::size_t i = 0; i < gone.size(); ++i) {
        if (!gone[i]) continue;
        for (std::size_t later = i + 1; later < gone.size(); ++later) {
            if (order[later] != 0 && order[later] < order[i] && !gone[later]) return false;
        }
    }
    return true;
}

FrequencyStep step_of(const FrequencyWords& words, const std::vector<bool>& gone) {
    FrequencyStep out{.text = text_without(words, gone)};
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < gone.size(); ++i) {
        if (gone[i]) {
            ++out.fallen;
            continue;
        }
        if (words.words[i].text.front() == '-') continue;
        if (!last && i > 0) out.from_the_end = false;
        if (last && *last + 1 == i) ++out.neighbours;
        if (last && *last + 1 != i) out.from_the_end = false;
        last = i;
    }
    return out;
}

}  // namespace

bool fall_alike(const FrequencyWords& words, std::span<const std::uint64_t> counts,
                std::span<const std::uint64_t> others) {
    return falling_order(words, counts) == falling_order(words, others);
}

FrequencySteps frequency_steps(const FrequencyWords& words, std::span<const std::uint64_t> counts) {
    const std::vector<std::size_t> order = falling_order(words, counts);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (order[i] != 0) places.push_back(i);
    }
    FrequencySteps out;
    const std::size_t ways = std::size_t{1} << places.size();
    for (std::size_t way = 0; way < ways; ++way) {
        std::vector<bool> gone(order.size(), false);
        for (std::size_t bit = 0; bit < places.size(); ++bit) gone[places[bit]] = (way >> bit & 1U) != 0;
        if (can_be_gone(order, gone)) out.steps.push_back(step_of(words, gone));
    }
    std::ranges::sort(out.steps, {}, [](const FrequencyStep& step) { return std::pair(step.fallen, step.text); });
    const std::size_t counted = static_cast<std::size_t>(std::ranges::count_if(words.words, &Word::falls));
    const auto joined = counts.subspan(counted);
    out.exact = out.steps.size() <= kStepsMax && std::ranges::all_of(joined, [](auto count) { return count == 0; });
    if (out.steps.size() > kStepsMax) out.steps.erase(out.steps.begin() + kStepsMax - 1, out.steps.end() - 1);
    return out;
}

}  // namespace miroir::plan

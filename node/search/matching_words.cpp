#include "node/search/matching_words.h"

#include <algorithm>

namespace miroir::node {

namespace {

struct Place {
    std::size_t token = 0;
    std::size_t word = 0;
};

// How many code points of the token a term marks; nullopt: it does not match.
std::optional<std::size_t> marked_chars(const MatchingTerm& term, const Token& token) {
    for (const std::string& word : term.words) {
        if (term.prefix && token.lemma.starts_with(word)) {
            std::size_t bytes = 0;
            std::size_t chars = 0;
            while (bytes < word.size() && chars < term.original_chars) {
                do ++bytes;
                while (bytes < word.size() && (static_cast<unsigned char>(word[bytes]) & 0xC0) == 0x80);
                ++chars;
            }
            if (chars == 0) continue;
            return token.original_lengths(bytes).first;
        }
        if (token.lemma == word) return token.char_end - token.char_start;
    }
    return std::nullopt;
}

bool fits(const std::optional<std::string>& word, const Token& token) {
    return word ? token.lemma == *word : token.kind == TokenKind::StopWord;
}

}  // namespace

MatchingWords::MatchingWords(std::vector<MatchingPhrase> phrases, std::vector<MatchingTerm> terms)
    : phrases_(std::move(phrases)), terms_(std::move(terms)) {
    std::ranges::sort(terms_, [](const MatchingTerm& a, const MatchingTerm& b) {
        if (a.prefix != b.prefix) return b.prefix;
        return a.last - a.first > b.last - b.first;
    });
}

std::vector<Match> MatchingWords::find_in(const std::vector<Token>& tokens) const {
    std::vector<Place> words;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (!tokens[i].is_separator()) words.push_back({.token = i, .word = words.size()});
    }
    const auto phrase_at = [&](const MatchingPhrase& phrase, std::size_t at) {
        if (phrase.words.empty() || at + phrase.words.size() > words.size()) return false;
        for (std::size_t i = 0; i < phrase.words.size(); ++i) {
            if (!fits(phrase.words[i], tokens[words[at + i].token])) return false;
        }
        return true;
    };
    std::vector<Match> matches;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const Token& token = tokens[words[at].token];
        const auto phrase = std::ranges::find_if(phrases_, [&](const auto& one) { return phrase_at(one, at); });
        if (phrase != phrases_.end()) {
            const Place last = words[at + phrase->words.size() - 1];
            matches.push_back({.first_token = words[at].token,
                               .last_token = last.token,
                               .first_word = words[at].word,
                               .last_word = last.word,
                               .chars = tokens[last.token].char_end - token.char_start,
                               .first_term = phrase->first,
                               .last_term = phrase->last});
            at += phrase->words.size() - 1;
            continue;
        }
        for (const MatchingTerm& term : terms_) {
            const auto chars = marked_chars(term, token);
            if (!chars) continue;
            matches.push_back({.first_token = words[at].token,
                               .last_token = words[at].token,
                               .first_word = words[at].word,
                               .last_word = words[at].word,
                               .chars = *chars,
                               .first_term = term.first,
                               .last_term = term.last});
            break;
        }
    }
    return matches;
}

}  // namespace miroir::node

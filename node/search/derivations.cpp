#include <algorithm>

#include "node/search/context.h"
#include "node/search/vocabulary_walk.h"
#include "node/text/utf8.h"

// What a word of the query may stand for: the part known at once (term_of) and the part found when a rule first asks
// for typos (derive).

namespace miroir::node {

namespace {

constexpr std::size_t kMostPrefixed = 1000;
constexpr std::size_t kMostSynonyms = 50;
constexpr std::size_t kMostSynonymWords = 100;

}  // namespace

std::uint8_t SearchContext::typos_allowed(std::string_view word) const {
    const protocol::TypoTolerance& rules = settings().typo_tolerance;
    const std::size_t length = count_code_points(word);
    if (!rules.enabled || length < rules.one_typo || rules.disable_on_words.contains(std::string(word))) return 0;
    return length < rules.two_typos ? 1 : 2;
}

QueryTerm SearchContext::term_of(std::string_view word, std::uint8_t most_typos, bool prefix) {
    QueryTerm term{.original = intern(word)};
    if (word.size() > kLongestWord) {
        term.derived = true;
        return term;
    }
    term.most_typos = most_typos;
    term.prefix = prefix;
    if (entry(term.original) != nullptr) term.exact = term.original;
    if (prefix) {
        term.many_prefixed = has_many_prefixed(word);
        if (!term.many_prefixed) term.prefix_of = words_beginning_with(term.original);
    }
    term.synonyms = synonyms_of(word);
    return term;
}

std::vector<TextId> SearchContext::words_beginning_with(TextId prefix) {
    std::vector<TextId> found;
    for (const WordId id : postings_.with_prefix(text(prefix))) {
        const WordEntry& word = postings_.word(id);
        if (!word.alive() || word.text == text(prefix)) continue;
        found.push_back(intern(word.text));
        if (found.size() >= kMostPrefixed) break;
    }
    return found;
}

std::vector<PhraseId> SearchContext::synonyms_of(std::string_view word) {
    std::vector<PhraseId> found;
    const auto& synonyms = index_.synonyms();
    if (synonyms.empty()) return found;
    const auto entry = synonyms.find({std::string(word)});
    if (entry == synonyms.end()) return found;
    std::size_t words = 0;
    for (std::size_t i = 0; i < std::min(entry->second.size(), kMostSynonyms); ++i) {
        const auto& synonym = entry->second[i];
        if (words + synonym.size() > kMostSynonymWords) continue;
        words += synonym.size();
        Phrase phrase;
        for (const std::string& part : synonym) phrase.words.emplace_back(intern(part));
        found.push_back(intern(std::move(phrase)));
    }
    return found;
}

// The two parts of the word that stand side by side in most documents.
std::optional<PhraseId> SearchContext::best_split(TextId word) {
    const std::string whole = text(word);
    std::optional<Phrase> best;
    std::uint64_t most = 0;
    for (std::size_t at = 0; at < whole.size();) {
        at += code_point_at(whole, at).bytes;
        if (at >= whole.size()) break;
        const TextId left = intern(std::string_view(whole).substr(0, at));
        const TextId right = intern(std::string_view(whole).substr(at));
        const auto docs = pair_docs(nullptr, left, right, 1);
        if (!docs || (best && docs->cardinality() <= most)) continue;
        most = docs->cardinality();
        best = Phrase{.words = {left, right}};
    }
    if (!best) return std::nullopt;
    return intern(std::move(*best));
}

const QueryTerm& SearchContext::derive(TermId id) {
    if (terms_[id].derived) return terms_[id];
    const TextId original = terms_[id].original;
    const std::uint8_t most_typos = terms_[id].most_typos;
    if (most_typos > 0) {
        const std::string word = text(original);
        const NearWords near = near_words(postings_, word, most_typos, terms_[id].prefix);
        for (const WordId found : near.one_typo) terms_[id].one_typo.push_back(intern(postings_.word(found).text));
        for (const WordId found : near.two_typos) terms_[id].two_typos.push_back(intern(postings_.word(found).text));
    }
    QueryTerm& term = terms_[id];
    term.derived = true;
    if (term.phrase) return term;
    term.split = best_split(original);
    if (term.split && !term.ngram.empty() && most_typos <= 1) {
        // Cutting a joined word where it was joined adds nothing.
        const auto& parts = phrases_[*term.split].words;
        const bool same = std::ranges::equal(term.ngram, parts, [](TextId a, const auto& b) { return b && a == *b; });
        if (same) term.split.reset();
    }
    return term;
}

}  // namespace miroir::node

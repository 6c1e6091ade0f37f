#include "node/search/query_parser.h"

#include <algorithm>

#include "node/text/tokenizer.h"

namespace miroir::node {

namespace {

constexpr std::size_t kMostTerms = 10;
constexpr std::size_t kMostTokens = 1000;
constexpr std::uint16_t kHardGap = 7;

struct OpenPhrase {
    std::vector<std::optional<TextId>> words;
    std::uint16_t first = 0xFFFF;
    std::uint16_t last = 0xFFFF;

    bool empty() const {
        return std::ranges::none_of(words, [](const auto& word) { return word.has_value(); });
    }
};

class Parser {
public:
    explicit Parser(SearchContext& context) : context_(context) {}

    ParsedQuery parse(const std::vector<Token>& tokens) {
        const std::size_t count = std::min(tokens.size(), kMostTokens);
        for (std::size_t i = 0; i < count; ++i) {
            const Token& token = tokens[i];
            if (token.lemma.empty()) continue;
            if (parsed_.terms.size() >= kMostTerms) return std::move(parsed_);
            if (token.is_separator()) separator(token);
            else word(token, i + 1 == count);
            after_blank_ = std::isspace(static_cast<unsigned char>(token.lemma.back())) != 0;
        }
        close_phrase();
        return std::move(parsed_);
    }

private:
    void word(const Token& token, bool is_last) {
        ++position_;  // wraps from the start value to 0
        if (phrase_) {
            push_into_phrase(token);
        } else if (negative_next_) {
            parsed_.negative_words.push_back(context_.intern(token.lemma));
            negative_next_ = false;
        } else if (is_last || token.is_word()) {
            const bool prefix = is_last && context_.settings().prefix_search != protocol::PrefixSearch::Disabled;
            QueryTerm term = context_.term_of(token.lemma, context_.typos_allowed(token.lemma), prefix);
            parsed_.terms.push_back(
                {.term = context_.add_term(std::move(term)), .first_position = position_, .last_position = position_});
        }
    }

    void separator(const Token& token) {
        if (token.kind == TokenKind::HardSeparator) {
            position_ = static_cast<std::uint16_t>(position_ + kHardGap);
            if (phrase_) {
                close_phrase();  // and a new one begins, as negative as the old
                phrase_.emplace();
            }
        }
        auto quotes = std::ranges::count(token.lemma, '"');
        if (quotes > 0) {
            if (phrase_) {
                --quotes;
                const bool had_words = !phrase_->empty();
                close_phrase();
                if (had_words) negative_phrase_ = false;
            }
            if (quotes % 2 == 1) {
                negative_phrase_ = negative_next_;
                phrase_.emplace();
            }
        }
        negative_next_ = !phrase_ && token.lemma == "-" && after_blank_;
    }

    void push_into_phrase(const Token& token) {
        if (phrase_->empty()) phrase_->first = position_;
        phrase_->last = position_;
        if (token.is_word()) phrase_->words.emplace_back(context_.intern(token.lemma));
        else phrase_->words.emplace_back(std::nullopt);
    }

    void close_phrase() {
        if (!phrase_) return;
        OpenPhrase phrase = std::move(*phrase_);
        phrase_.reset();
        if (phrase.empty()) return;
        std::string description;
        for (const auto& word : phrase.words) {
            if (word) description += (description.empty() ? "" : " ") + context_.text(*word);
        }
        const PhraseId id = context_.intern(Phrase{.words = std::move(phrase.words)});
        if (negative_phrase_) {
            parsed_.negative_phrases.push_back(id);
            return;
        }
        QueryTerm term{.original = context_.intern(description), .phrase = id};
        parsed_.terms.push_back(
            {.term = context_.add_term(std::move(term)), .first_position = phrase.first, .last_position = phrase.last});
    }

    SearchContext& context_;
    ParsedQuery parsed_;
    std::optional<OpenPhrase> phrase_;
    bool negative_phrase_ = false;
    bool negative_next_ = false;
    bool after_blank_ = true;
    std::uint16_t position_ = 0xFFFF;
};

std::vector<std::string> locales_of_settings(const SearchContext& context) {
    std::vector<std::string> locales;
    for (const FieldId field : context.searched_fields()) {
        const auto* of_field = context.index().roles()[field].locales;
        if (of_field == nullptr || !context.is_searched(field)) continue;
        for (const std::string& locale : *of_field) {
            if (std::ranges::find(locales, locale) == locales.end()) locales.push_back(locale);
        }
    }
    return locales;
}

}  // namespace

ParsedQuery parse_query(SearchContext& context, std::string_view query, const std::vector<std::string>& locales) {
    const auto allowed = locales.empty() ? locales_of_settings(context) : locales;
    return Parser(context).parse(context.index().tokenizer().tokenize(query, allowed));
}

}  // namespace miroir::node

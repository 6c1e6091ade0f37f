#include <map>

#include "node/search/resolve.h"
#include "node/search/rules/value_rules.h"

// Three buckets: some attribute is the query, some attribute begins with it, the rest. Words are looked for at their
// place in the query, in any attribute, and then all in one attribute: the two need not be the same occurrence.

namespace miroir::node {

namespace {

constexpr std::size_t kMostPositions = 255;

struct AskedTerm {
    ExactTerm exact;
    std::uint16_t first_position = 0;
    std::uint8_t first_id = 0;
    std::size_t positions = 0;
};

class ExactAttributeRule final : public RankingRule {
public:
    void start(SearchContext& context, const DocIds& universe, std::shared_ptr<const QueryGraph> query) override {
        query_ = std::move(query);
        whole_ = DocIds();
        beginning_ = DocIds();
        next_ = protocol::ExactType::NoExactMatch;
        const auto terms = asked_terms(context);
        if (terms) find(context, universe, *terms);
    }

    std::optional<Bucket> next(SearchContext&, const DocIds& universe) override {
        using protocol::ExactType;
        const ExactType type = next_;
        if (type == ExactType::ExactMatch) {
            next_ = ExactType::MatchesStart;
            return bucket(whole_ & universe, type);
        }
        if (type == ExactType::MatchesStart) {
            next_ = ExactType::NoExactMatch;
            return bucket(beginning_ & universe, type);
        }
        return bucket(universe, type);
    }

private:
    // The words as asked, in order; nullopt when one is missing from what is left of the query.
    std::optional<std::vector<AskedTerm>> asked_terms(const SearchContext& context) const {
        std::map<std::uint8_t, AskedTerm> by_id;  // the first reading of each place
        for (const QueryNode& node : query_->nodes()) {
            if (node.kind != QueryNode::Kind::Term) continue;
            const auto exact = exact_term(context, node.term.subset);
            if (!exact) continue;
            const std::size_t positions = std::size_t{node.term.last_position} - node.term.first_position + 1;
            by_id.try_emplace(node.term.first_id, AskedTerm{.exact = *exact,
                                                            .first_position = node.term.first_position,
                                                            .first_id = node.term.first_id,
                                                            .positions = positions});
        }
        std::vector<AskedTerm> terms;
        for (const auto& [id, term] : by_id) terms.push_back(term);
        if (terms.empty() || terms.front().first_id != 0) return std::nullopt;
        for (std::size_t i = 1; i < terms.size(); ++i) {
            if (terms[i].first_id - terms[i - 1].first_id > 1) return std::nullopt;
        }
        return terms;
    }

    static std::vector<std::optional<TextId>> words_of_term(const SearchContext& context, const AskedTerm& term) {
        if (term.exact.phrase) return context.phrase(*term.exact.phrase).words;
        return {term.exact.word};
    }

    void find(SearchContext& context, const DocIds& universe, const std::vector<AskedTerm>& terms) {
        DocIds candidates = universe;
        std::vector<TextId> words;
        std::size_t positions = 0;
        for (const AskedTerm& term : terms) {
            positions += term.positions;
            const auto parts = words_of_term(context, term);
            for (std::size_t offset = 0; offset < parts.size(); ++offset) {
                if (!parts[offset]) continue;
                words.push_back(*parts[offset]);
                const auto at = bucketed_position(static_cast<std::uint16_t>(term.first_position + offset));
                candidates &= context.word_at(universe, *parts[offset], at);
                if (candidates.isEmpty()) return;
            }
        }
        for (const FieldId field : context.searched_fields()) {
            DocIds all = candidates;
            for (const TextId word : words) {
                all &= context.word_in_field(candidates, word, field);
                if (all.isEmpty()) break;
            }
            if (all.isEmpty()) continue;
            DocIds of_that_length;
            if (positions < kMostPositions) {
                const IdList* list = context.index().postings().with_word_count(field, positions);
                if (list != nullptr) of_that_length = list->intersection(universe);
            }
            whole_ |= all & of_that_length;
            beginning_ |= all - of_that_length;
        }
        next_ = protocol::ExactType::ExactMatch;
    }

    Bucket bucket(DocIds docs, protocol::ExactType type) const {
        return {.docs = std::move(docs), .score = protocol::ExactAttributeScore{.type = type}, .query = query_};
    }

    std::shared_ptr<const QueryGraph> query_;
    DocIds whole_;
    DocIds beginning_;
    protocol::ExactType next_ = protocol::ExactType::NoExactMatch;
};

}  // namespace

std::unique_ptr<RankingRule> make_exact_attribute_rule() { return std::make_unique<ExactAttributeRule>(); }

}  // namespace miroir::node

#include "node/search/keyword_search.h"

#include <algorithm>
#include <set>

#include "node/search/bucket_sort.h"
#include "node/search/query_parser.h"
#include "node/search/resolve.h"
#include "node/search/rules/graph_rule.h"
#include "node/search/rules/value_rules.h"
#include "node/text/utf8.h"

namespace miroir::node {

namespace {

using RuleKind = protocol::RankingRule::Kind;

// The rules of the settings as rules to run. The first mention of a rule, a field or a point counts.
class RuleList {
public:
    RuleList(const SearchContext& context, const KeywordRequest& request) : context_(context), request_(request) {}

    Rules for_words() {
        bool words = request_.strategy == MatchingStrategy::All;
        std::set<RuleKind> used;
        for (const protocol::RankingRule& rule : context_.settings().ranking_rules) {
            if (add_value_rule(rule)) continue;
            if (!words) add(GraphRuleKind::Words, request_.strategy);  // before any rule about words
            words = true;
            if (rule.kind != RuleKind::Words && used.insert(rule.kind).second) add_word_rule(rule.kind, used);
        }
        return std::move(rules_);
    }

    Rules for_placeholder() {
        for (const protocol::RankingRule& rule : context_.settings().ranking_rules) add_value_rule(rule);
        return std::move(rules_);
    }

    Rules for_vector(const Nearest& nearest) {
        bool vector = false;
        for (const protocol::RankingRule& rule : context_.settings().ranking_rules) {
            if (add_value_rule(rule) || vector) continue;
            rules_.push_back(make_vector_rule(nearest, request_.offset + request_.limit));
            vector = true;
        }
        return std::move(rules_);
    }

private:
    void add(GraphRuleKind kind, std::optional<MatchingStrategy> strategy = std::nullopt) {
        rules_.push_back(make_graph_rule(kind, strategy));
    }

    void add_word_rule(RuleKind kind, const std::set<RuleKind>& used) {
        const bool old = used.contains(RuleKind::Attribute);
        const bool separated = used.contains(RuleKind::AttributeRank) || used.contains(RuleKind::WordPosition);
        switch (kind) {
            case RuleKind::Typo: return add(GraphRuleKind::Typo);
            case RuleKind::Proximity: return add(GraphRuleKind::Proximity);
            case RuleKind::Attribute:
                if (separated) return;
                add(GraphRuleKind::AttributeRank);
                return add(GraphRuleKind::WordPosition);
            case RuleKind::AttributeRank: return old ? void() : add(GraphRuleKind::AttributeRank);
            case RuleKind::WordPosition: return old ? void() : add(GraphRuleKind::WordPosition);
            case RuleKind::Exactness:
                rules_.push_back(make_exact_attribute_rule());
                return add(GraphRuleKind::Exactness);
            default: return;
        }
    }

    // sort, asc and desc; false for the rules about words.
    bool add_value_rule(const protocol::RankingRule& rule) {
        switch (rule.kind) {
            case RuleKind::Sort:
                if (!sorted_) add_sort();
                sorted_ = true;
                return true;
            case RuleKind::Asc: add_field(rule.field, true); return true;
            case RuleKind::Desc: add_field(rule.field, false); return true;
            default: return false;
        }
    }

    void add_sort() {
        for (const SortCriterion& criterion : request_.sort) {
            if (criterion.point) rules_.push_back(make_geo_rule(*criterion.point, criterion.ascending));
            else add_field(criterion.field, criterion.ascending);
        }
    }

    void add_field(const std::string& field, bool ascending) {
        if (fields_.insert(field).second) rules_.push_back(make_sort_rule(field, ascending));
    }

    const SearchContext& context_;
    const KeywordRequest& request_;
    Rules rules_;
    std::set<std::string> fields_;
    bool sorted_ = false;
};

// What is left when every word that may fall away has fallen away.
DocIds widest_match(SearchContext& context, const QueryGraph& query, const DocIds& universe,
                    MatchingStrategy strategy) {
    QueryGraph widest = query;
    std::vector<Bits> order;
    if (strategy == MatchingStrategy::Last) order = query.removal_order_last(context);
    if (strategy == MatchingStrategy::Frequency) order = query.removal_order_frequency(context);
    for (const Bits& nodes : order) widest.remove_keeping_edges(nodes);
    return graph_docs(context, widest, universe);
}

DocIds negative_docs(SearchContext& context, const ParsedQuery& query) {
    DocIds docs;
    for (const TextId word : query.negative_words) docs |= context.word_docs(nullptr, {.text = word});
    for (const PhraseId phrase : query.negative_phrases) docs |= context.phrase_docs(phrase);
    return docs;
}

MatchingWords matching_words(const SearchContext& context, const std::vector<LocatedTerm>& terms) {
    std::vector<MatchingPhrase> phrases;
    std::vector<MatchingTerm> words;
    for (const LocatedTerm& located : terms) {
        const QueryTerm& term = context.term(located.term);
        std::vector<PhraseId> ids = term.synonyms;
        if (term.phrase) ids.push_back(*term.phrase);
        if (term.split) ids.push_back(*term.split);
        std::ranges::sort(ids);
        for (const PhraseId id : ids) {
            MatchingPhrase phrase{.words = {}, .first = located.first_position, .last = located.last_position};
            for (const auto& word : context.phrase(id).words) {
                phrase.words.push_back(word ? std::optional(context.text(*word)) : std::nullopt);
            }
            phrases.push_back(std::move(phrase));
        }
        MatchingTerm entry{.words = {},
                           .first = located.first_position,
                           .last = located.last_position,
                           .prefix = term.prefix,
                           .original_chars = count_code_points(context.text(term.original))};
        std::vector<TextId> texts = term.prefix_of;
        if (term.exact) texts.push_back(*term.exact);
        texts.insert(texts.end(), term.one_typo.begin(), term.one_typo.end());
        texts.insert(texts.end(), term.two_typos.begin(), term.two_typos.end());
        std::ranges::sort(texts);
        for (const TextId text : texts) entry.words.push_back(context.text(text));
        words.push_back(std::move(entry));
    }
    return {std::move(phrases), std::move(words)};
}

KeywordOutcome run(SearchContext& context, Rules rules, std::shared_ptr<const QueryGraph> query, const DocIds& universe,
                   const KeywordRequest& request) {
    const auto& distinct = request.distinct ? request.distinct : context.settings().distinct_attribute;
    BucketSortResult sorted = bucket_sort(context, rules, std::move(query), universe,
                                          {.offset = request.offset,
                                           .limit = request.limit,
                                           .most_hits = request.most_hits,
                                           .exhaustive = request.exhaustive,
                                           .details = request.details,
                                           .threshold = request.threshold,
                                           .distinct = distinct});
    return {.ids = std::move(sorted.ids),
            .scores = std::move(sorted.scores),
            .candidates = std::move(sorted.candidates),
            .matching_words = {}};
}

void count_distinct(const SearchContext& context, const KeywordRequest& request, KeywordOutcome& outcome) {
    const auto& distinct = request.distinct ? request.distinct : context.settings().distinct_attribute;
    if (!request.exhaustive || !distinct) return;
    outcome.candidates = distinct_documents(context.index(), *distinct, outcome.candidates).kept;
}

}  // namespace

Result<KeywordOutcome> keyword_search(const Index& index, const KeywordRequest& request) {
    SearchContext context(index);
    if (request.attributes_to_search_on) MIROIR_CHECK(context.restrict_to(*request.attributes_to_search_on));
    DocIds universe = request.candidates.value_or(index.document_ids());

    ParsedQuery parsed;
    if (request.query) parsed = parse_query(context, *request.query, request.locales);
    universe -= negative_docs(context, parsed);

    KeywordOutcome outcome;
    if (parsed.terms.empty()) {
        outcome = run(context, RuleList(context, request).for_placeholder(), nullptr, universe, request);
    } else {
        auto query = std::make_shared<const QueryGraph>(QueryGraph::from_terms(context, parsed.terms));
        universe &= widest_match(context, *query, universe, request.strategy);
        outcome = run(context, RuleList(context, request).for_words(), query, universe, request);
        outcome.matching_words = matching_words(context, parsed.terms);
    }
    count_distinct(context, request, outcome);
    return outcome;
}

Result<KeywordOutcome> vector_search(const Index& index, const KeywordRequest& request, const Nearest& nearest) {
    SearchContext context(index);
    DocIds universe = request.candidates.value_or(index.document_ids());
    ParsedQuery parsed;
    if (request.query) parsed = parse_query(context, *request.query, request.locales);
    universe -= negative_docs(context, parsed);
    return run(context, RuleList(context, request).for_vector(nearest), nullptr, universe, request);
}

}  // namespace miroir::node

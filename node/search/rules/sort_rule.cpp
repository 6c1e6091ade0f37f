#include <iterator>

#include "node/search/rules/value_rules.h"

// Numbers come before texts in both directions, then everything else. A document with several values goes into the
// bucket of the first that is reached. Values without a document in the universe make no bucket.

namespace miroir::node {

namespace {

class SortRule final : public RankingRule {
public:
    SortRule(std::string field, bool ascending) : field_(std::move(field)), ascending_(ascending) {}

    void start(SearchContext& context, const DocIds& universe, std::shared_ptr<const QueryGraph> query) override {
        query_ = std::move(query);
        left_ = universe;
        facet_ = context.index().facet(field_);
        const auto& shown = context.settings().displayed_attributes;
        redacted_ = shown && std::find(shown->begin(), shown->end(), field_) == shown->end();
        if (facet_ == nullptr) return;
        number_ = ascending_ ? facet_->numbers.begin() : facet_->numbers.end();
        text_ = ascending_ ? facet_->texts.begin() : facet_->texts.end();
    }

    std::optional<Bucket> next(SearchContext&, const DocIds& universe) override {
        while (facet_ != nullptr && !left_.isEmpty()) {
            json::Value value;
            const DocIds* docs = advance(number_, facet_->numbers, value);
            if (docs == nullptr) docs = advance(text_, facet_->texts, value);
            if (docs == nullptr) break;
            DocIds found = *docs & left_;
            if (found.isEmpty()) continue;
            left_ -= found;
            return bucket(found & universe, std::move(value));
        }
        return bucket(universe, nullptr);
    }

private:
    static const DocIds& docs_in(const DocIds& docs) { return docs; }
    static const DocIds& docs_in(const FacetText& text) { return text.docs; }

    // The next value in the direction of the sort, or nullptr behind the last one.
    template <class Iterator, class Map>
    const DocIds* advance(Iterator& at, const Map& values, json::Value& value) const {
        if (ascending_) {
            if (at == values.end()) return nullptr;
            value = at->first;
            return &docs_in((at++)->second);
        }
        if (at == values.begin()) return nullptr;
        --at;
        value = at->first;
        return &docs_in(at->second);
    }

    Bucket bucket(DocIds docs, json::Value value) const {
        return {.docs = std::move(docs),
                .score =
                    protocol::SortScore{
                        .field = field_, .ascending = ascending_, .redacted = redacted_, .value = std::move(value)},
                .query = query_};
    }

    std::string field_;
    bool ascending_;
    bool redacted_ = false;
    std::shared_ptr<const QueryGraph> query_;
    const FacetField* facet_ = nullptr;
    DocIds left_;
    std::map<double, DocIds>::const_iterator number_;
    FacetField::Texts::const_iterator text_;
};

}  // namespace

std::unique_ptr<RankingRule> make_sort_rule(std::string field, bool ascending) {
    return std::make_unique<SortRule>(std::move(field), ascending);
}

}  // namespace miroir::node

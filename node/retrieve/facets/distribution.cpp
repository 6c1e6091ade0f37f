#include "node/retrieve/facets/distribution.h"

#include <algorithm>
#include <optional>

#include "node/retrieve/facets/count_order.h"
#include "protocol/settings/facet_check.h"
#include "protocol/text_normal.h"

namespace miroir::node {
namespace {

using protocol::FacetOrder;
using protocol::PatternMatch;

// With more candidates the engine walks the values instead of the documents, and numbers come out by size.
constexpr std::uint64_t kWalkDocuments = 3000;

void count_alphabetically(const FacetField& facet, const DocIds& candidates, std::size_t most, FacetCounts& counts) {
    struct Counted {
        std::string_view spelling;  // of the first document
        std::uint64_t count = 0;
    };
    std::map<std::string, std::uint64_t> numbers;
    std::map<std::string_view, Counted> texts;
    for (const DocId id : candidates) {
        const FacetField::Values& values = facet.of(id);
        for (const double number : values.numbers) ++numbers[protocol::facet_number(number)];
        for (const auto* text : values.texts) {
            Counted& counted = texts[text->first];
            if (counted.count++ == 0) counted.spelling = text->second.spelling_of(id);
        }
    }
    for (const auto& [key, count] : numbers) {
        if (counts.size() >= most) break;
        counts.set(key, count);
    }
    std::size_t room = most - std::min(most, counts.size());
    for (const auto& [key, counted] : texts) {
        if (room-- == 0) break;
        counts.set(counted.spelling, counted.count);
    }
}

// The engine stops when exactly `most` keys are there, after having added one.
void count_by_walking(const FacetField& facet, const DocIds& candidates, FacetOrder order, std::size_t most,
                      FacetCounts& counts) {
    std::vector<const DocIds*> documents;
    std::vector<double> numbers;
    for (const auto& [number, docs] : facet.numbers) {
        numbers.push_back(number);
        documents.push_back(&docs);
    }
    const auto walk = [&](const std::function<std::string(const CountedValue&)>& key_of) {
        const auto take = [&](const CountedValue& value) {
            counts.set(key_of(value), value.count);
            return counts.size() != most;
        };
        if (order == FacetOrder::Count) return walk_by_count(documents, candidates, take);
        for (std::size_t place = 0; place < documents.size(); ++place) {
            const DocIds common = *documents[place] & candidates;
            if (common.isEmpty()) continue;
            if (!take({.place = place, .count = common.cardinality(), .first = common.minimum()})) return;
        }
    };
    walk([&](const CountedValue& value) { return protocol::facet_number(numbers[value.place]); });
    documents.clear();
    std::vector<const FacetText*> texts;
    for (const auto& [key, text] : facet.texts) {
        texts.push_back(&text);
        documents.push_back(&text.docs);
    }
    walk([&](const CountedValue& value) { return texts[value.place]->spelling_of(value.first); });
}

std::optional<FacetRange> range_of(const FacetField& facet, const DocIds& candidates) {
    const auto met = [&](const auto& entry) { return entry.second.intersect(candidates); };
    const auto first = std::ranges::find_if(facet.numbers, met);
    if (first == facet.numbers.end()) return std::nullopt;
    const auto last = std::find_if(facet.numbers.rbegin(), facet.numbers.rend(), met);
    return FacetRange{.min = first->first, .max = last->first};
}

bool is_filterable(const Index& index, std::string_view field) {
    const auto rule = protocol::matching_rule(index.settings().filterable_attributes, field);
    return rule && rule->features.is_filterable();
}

}  // namespace

void FacetCounts::set(std::string_view key, std::uint64_t count) {
    if (std::uint64_t* known = find(key)) {
        *known = count;
        return;
    }
    places_.emplace(std::string(key), values_.size());
    values_.emplace_back(std::string(key), count);
}

void FacetCounts::add(std::string_view key, std::uint64_t count) {
    if (std::uint64_t* known = find(key)) *known += count;
    else set(key, count);
}

std::uint64_t* FacetCounts::find(std::string_view key) {
    const auto place = places_.find(key);
    return place == places_.end() ? nullptr : &values_[place->second].second;
}

void FacetCounts::erase_zeros() {
    std::erase_if(values_, [](const Value& value) { return value.second == 0; });
    index_again();
}

void FacetCounts::sort_by_key() {
    std::ranges::sort(values_, {}, &Value::first);
    index_again();
}

void FacetCounts::sort_by_count() {
    // places_ still holds the old order, which decides between equal counts.
    std::ranges::sort(values_, [&](const Value& a, const Value& b) {
        return a.second != b.second ? a.second > b.second : places_.at(a.first) < places_.at(b.first);
    });
    index_again();
}

void FacetCounts::cut(std::size_t most) {
    if (values_.size() > most) values_.resize(most);
    index_again();
}

void FacetCounts::index_again() {
    places_.clear();
    for (std::size_t i = 0; i < values_.size(); ++i) places_.emplace(values_[i].first, i);
}

FacetCounts count_values(const FacetField& facet, const DocIds& candidates, FacetOrder order, std::size_t most) {
    FacetCounts counts;
    if (order == FacetOrder::Alpha && candidates.cardinality() <= kWalkDocuments) {
        count_alphabetically(facet, candidates, most, counts);
    } else {
        count_by_walking(facet, candidates, order, most, counts);
    }
    return counts;
}

Result<void> check_facets(const Index& index, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
        MIROIR_CHECK(protocol::check_facet(index.settings().filterable_attributes, pattern));
    }
    return {};
}

std::vector<std::string> faceted_fields(const Index& index, const std::vector<std::string>& patterns) {
    std::vector<std::string> fields;
    for (const std::string& name : index.fields().names()) {
        if (protocol::match_any_pattern(patterns, name) == PatternMatch::Match && is_filterable(index, name)) {
            fields.push_back(name);
        }
    }
    std::ranges::sort(fields);
    return fields;
}

Result<Facets> count_facets(const Index& index, const std::vector<std::string>& patterns, const DocIds& candidates) {
    MIROIR_CHECK(check_facets(index, patterns));
    const std::vector<std::string> asked = faceted_fields(index, patterns);
    const protocol::Settings& settings = index.settings();
    Facets facets;
    static const FacetField none;
    for (const std::string& name : index.fields().names()) {
        if (protocol::match_any_field(asked, name) != PatternMatch::Match || !is_filterable(index, name)) continue;
        // A field below an asked one is counted too, in the order for all fields.
        const bool named = std::ranges::binary_search(asked, name);
        const FacetField* field = index.facet(name);
        const FacetField& facet = field != nullptr ? *field : none;
        const FacetOrder order = settings.facet_order(named ? std::string_view(name) : "*");
        facets.distribution.emplace(name, count_values(facet, candidates, order, settings.max_values_per_facet));
        if (const auto range = range_of(facet, candidates)) facets.stats.emplace(name, *range);
    }
    return facets;
}

json::Value distribution_to_json(const Facets& facets) {
    json::Object all;
    for (const auto& [field, counts] : facets.distribution) {
        json::Object values;
        for (const auto& [key, count] : counts.values()) values.append(key, count);
        all.append(field, std::move(values));
    }
    return all;
}

json::Value stats_to_json(const Facets& facets) {
    json::Object all;
    for (const auto& [field, range] : facets.stats)
        all.append(field, json::Object{{"min", range.min}, {"max", range.max}});
    return all;
}

}  // namespace miroir::node

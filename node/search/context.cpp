#include "node/search/context.h"

#include <algorithm>

#include "node/search/gather.h"

namespace miroir::node {

namespace {

constexpr std::size_t kLongestCachedPrefix = 4;  // bytes
constexpr std::size_t kManyPrefixed = 100;

void unite(DocIds& into, const IdList* list, const DocIds* universe) {
    if (list == nullptr || list->empty()) return;
    if (universe == nullptr) list->unite_into(into);
    else into |= list->intersection(*universe);
}

std::string quoted_list(const std::vector<std::string>& names) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "`" : ", ") + name;
    return list + "`";
}

}  // namespace

std::uint64_t hash_of(const LocatedSubset& located) {
    const TermSubset& subset = located.subset;
    std::uint64_t hash =
        std::uint64_t{subset.term} << 32 | std::uint64_t{located.first_position} << 16 | located.last_position;
    hash = hash * 0x9E3779B97F4A7C15ULL + (std::uint64_t{located.first_id} << 8 | located.last_id);
    hash = hash * 0x9E3779B97F4A7C15ULL + (static_cast<std::uint64_t>(subset.zero) << 3 | subset.one_typo << 2 |
                                           subset.two_typos << 1 | static_cast<int>(subset.mandatory));
    return hash ^ hash >> 29;
}

SearchContext::SearchContext(const Index& index) : index_(index), postings_(index.postings()) {
    const auto& roles = index.roles();
    for (FieldId field = 0; field < roles.size(); ++field) {
        if (roles[field].weight) searched_fields_.push_back(field);
    }
}

Result<void> SearchContext::restrict_to(const std::vector<std::string>& attributes) {
    const auto& roles = index_.roles();
    const auto& names = index_.fields();
    const auto& user_list = settings().searchable_attributes;
    std::vector<FieldId> chosen;
    bool everything = false;
    for (const std::string& attribute : attributes) {
        if (attribute == "*") {
            everything = true;
            continue;
        }
        const auto field = names.find(attribute);
        if (field && roles[*field].weight) {
            chosen.push_back(*field);
            continue;
        }
        std::vector<FieldId> matching;
        if (attribute.contains('*')) {
            for (const FieldId candidate : searched_fields_) {
                const auto match = protocol::match_pattern(attribute, names.name(candidate));
                if (match == protocol::PatternMatch::Match) matching.push_back(candidate);
            }
        }
        chosen.insert(chosen.end(), matching.begin(), matching.end());
        if (!matching.empty() || !user_list) continue;
        if (std::ranges::find(*user_list, attribute) != user_list->end()) continue;
        std::vector<std::string> valid;
        bool hidden = false;
        for (const FieldId candidate : searched_fields_) {
            const auto& shown = settings().displayed_attributes;
            if (!shown || protocol::match_any_field(*shown, names.name(candidate)) == protocol::PatternMatch::Match) {
                valid.push_back(names.name(candidate));
            } else {
                hidden = true;
            }
        }
        std::ranges::sort(valid);
        const std::string end = hidden ? ", <..hidden-attributes>." : ".";
        return fail(ErrorCode::InvalidSearchAttributesToSearchOn,
                    "Attribute `" + attribute +
                        "` is not searchable. Available searchable attributes are: " + quoted_list(valid) + end);
    }
    if (everything) return {};
    tolerant_.emplace();
    exact_.emplace();
    for (const FieldId field : chosen) {
        const bool exact = settings().typo_tolerance.disable_on_attributes.contains(names.name(field));
        (exact ? *exact_ : *tolerant_).push_back(field);
    }
    return {};
}

bool SearchContext::is_searched(FieldId field) const {
    if (!tolerant_) return true;
    return std::ranges::find(*tolerant_, field) != tolerant_->end() ||
           std::ranges::find(*exact_, field) != exact_->end();
}

TextId SearchContext::intern(std::string_view text) {
    const auto known = text_ids_.find(text);
    if (known != text_ids_.end()) return known->second;
    const auto id = static_cast<TextId>(texts_.size());
    Text entry{.text = std::string(text)};
    if (const auto word = postings_.find(text); word && postings_.word(*word).alive()) {
        entry.entry = &postings_.word(*word);
    }
    texts_.push_back(std::move(entry));
    text_ids_.emplace(std::string(text), id);
    return id;
}

PhraseId SearchContext::intern(Phrase phrase) {
    const auto [entry, fresh] = phrase_ids_.try_emplace(phrase, static_cast<PhraseId>(phrases_.size()));
    if (fresh) phrases_.push_back(std::move(phrase));
    return entry->second;
}

TermId SearchContext::add_term(QueryTerm term) {
    terms_.push_back(std::move(term));
    return static_cast<TermId>(terms_.size() - 1);
}

DocIds SearchContext::word_docs(const DocIds* universe, Word word) const {
    DocIds docs;
    const WordEntry* found = entry(word.text);
    if (found == nullptr) return docs;
    if (tolerant_) {
        for (const FieldId field : *tolerant_) unite(docs, found->in_field(field), universe);
        if (word.derived) return docs;
        for (const FieldId field : *exact_) unite(docs, found->in_field(field), universe);
        return docs;
    }
    unite(docs, &found->tolerant, universe);
    if (!word.derived) unite(docs, &found->exact, universe);
    return docs;
}

bool SearchContext::has_many_prefixed(std::string_view prefix) const {
    if (prefix.size() > kLongestCachedPrefix || settings().prefix_search == protocol::PrefixSearch::Disabled)
        return false;
    std::size_t count = 0;
    for (const WordId word : postings_.with_prefix(prefix)) {
        count += !postings_.word(word).tolerant.empty();
        if (count >= kManyPrefixed) return true;
    }
    return false;
}

const DocIds& SearchContext::prefix_docs(Word prefix) {
    const auto known = prefix_docs_.find(prefix);
    if (known != prefix_docs_.end()) return known->second;
    Gather docs;
    for (const WordId id : postings_.with_prefix(text(prefix.text))) {
        const WordEntry& word = postings_.word(id);
        if (tolerant_) {
            for (const auto& [field, list] : word.by_field) {
                const bool wanted = std::ranges::find(*tolerant_, field) != tolerant_->end() ||
                                    (!prefix.derived && std::ranges::find(*exact_, field) != exact_->end());
                if (wanted) docs.add(list);
            }
            continue;
        }
        docs.add(word.tolerant);
        if (!prefix.derived) docs.add(word.exact);
    }
    return prefix_docs_.emplace(prefix, docs.take()).first->second;
}

DocIds SearchContext::word_in_field(const DocIds& universe, TextId word, FieldId field) const {
    DocIds docs;
    if (const WordEntry* found = entry(word); found != nullptr && is_searched(field)) {
        unite(docs, found->in_field(field), &universe);
    }
    return docs;
}

DocIds SearchContext::word_at(const DocIds& universe, TextId word, std::uint16_t bucket) const {
    DocIds docs;
    if (const WordEntry* found = entry(word)) unite(docs, found->at_position(bucket), &universe);
    return docs;
}

std::vector<FieldId> SearchContext::fields_of(TextId word) const {
    std::vector<FieldId> fields;
    if (const WordEntry* found = entry(word)) {
        for (const auto& [field, list] : found->by_field) {
            if (!list.empty()) fields.push_back(field);
        }
    }
    return fields;
}

std::vector<std::uint16_t> SearchContext::positions_of(TextId word) const {
    std::vector<std::uint16_t> positions;
    if (const WordEntry* found = entry(word)) {
        for (const auto& [position, list] : found->by_position) {
            if (!list.empty()) positions.push_back(position);
        }
    }
    return positions;
}

SearchContext::PrefixPlaces& SearchContext::places_of(TextId prefix) {
    const auto [entry, fresh] = prefix_places_.try_emplace(prefix);
    PrefixPlaces& places = entry->second;
    if (!fresh) return places;
    std::map<FieldId, Gather> in_field;
    std::map<std::uint16_t, Gather> at;
    for (const WordId id : postings_.with_prefix(text(prefix))) {
        const WordEntry& word = postings_.word(id);
        for (const auto& [field, list] : word.by_field) {
            if (!list.empty()) in_field[field].add(list);
        }
        for (const auto& [position, list] : word.by_position) {
            if (!list.empty()) at[position].add(list);
        }
    }
    for (const auto& [field, docs] : in_field) {
        places.fields.push_back(field);
        places.in_field.emplace(field, is_searched(field) ? docs.take() : DocIds());
    }
    for (const auto& [position, docs] : at) {
        places.positions.push_back(position);
        places.at.emplace(position, docs.take());
    }
    return places;
}

const std::vector<FieldId>& SearchContext::fields_of_prefix(TextId prefix) { return places_of(prefix).fields; }

const std::vector<std::uint16_t>& SearchContext::positions_of_prefix(TextId prefix) {
    return places_of(prefix).positions;
}

const DocIds& SearchContext::prefix_in_field(TextId prefix, FieldId field) { return places_of(prefix).in_field[field]; }
const DocIds& SearchContext::prefix_at(TextId prefix, std::uint16_t bucket) { return places_of(prefix).at[bucket]; }

DocIds SearchContext::same_field_docs(const DocIds* universe, TextId left, TextId right) const {
    DocIds docs;
    const WordEntry* a = entry(left);
    const WordEntry* b = entry(right);
    if (a == nullptr || b == nullptr) return docs;
    for (const FieldId field : searched_fields_) {
        const IdList* in_a = a->in_field(field);
        const IdList* in_b = b->in_field(field);
        if (in_a == nullptr || in_b == nullptr || !is_searched(field)) continue;
        DocIds both = in_a->intersection(in_b->to_set());
        if (universe != nullptr) both &= *universe;
        docs |= both;
    }
    return docs;
}

std::optional<DocIds> SearchContext::pair_docs(const DocIds* universe, TextId left, TextId right,
                                               std::uint32_t distance) {
    if (settings().proximity_precision == protocol::ProximityPrecision::ByAttribute) {
        // The engine keeps what it computed for the first universe asked about; so do we.
        const auto known = same_field_.find({left, right});
        if (known != same_field_.end()) return known->second;
        return same_field_.emplace(std::pair(left, right), same_field_docs(universe, left, right)).first->second;
    }
    if (distance == 0 || distance >= kFarApart) return std::nullopt;
    const auto left_word = postings_.find(text(left));
    const auto right_word = postings_.find(text(right));
    if (!left_word || !right_word) return std::nullopt;
    const IdList* list = postings_.pair(distance, *left_word, *right_word);
    if (list == nullptr || list->empty()) return std::nullopt;
    return universe == nullptr ? list->to_set() : list->intersection(*universe);
}

const DocIds& SearchContext::prefix_pair_docs(const DocIds& universe, TextId left, TextId right_prefix,
                                              std::uint32_t distance) {
    const bool by_attribute = settings().proximity_precision == protocol::ProximityPrecision::ByAttribute;
    const auto [known, fresh] = prefix_pairs_.try_emplace({by_attribute ? 0 : distance, left, right_prefix});
    DocIds& docs = known->second;
    if (!fresh) return docs;
    if (by_attribute) {
        for (const FieldId field : searched_fields_) {
            docs |= word_in_field(universe, left, field) & prefix_in_field(right_prefix, field);
        }
        return docs;
    }
    const auto left_word = postings_.find(text(left));
    if (!left_word || distance == 0 || distance >= kFarApart) return docs;
    Gather all;
    for (const WordId right : postings_.with_prefix(text(right_prefix))) {
        if (const IdList* list = postings_.pair(distance, *left_word, right)) all.add(*list);
    }
    docs = all.take();
    return docs;
}

const DocIds& SearchContext::phrase_docs(PhraseId id) {
    const auto known = phrase_docs_.find(id);
    if (known != phrase_docs_.end()) return known->second;
    return phrase_docs_.emplace(id, compute_phrase_docs(phrases_[id])).first->second;
}

// All words, and each pair within a window of three no further apart than in the phrase.
DocIds SearchContext::compute_phrase_docs(const Phrase& phrase) {
    std::optional<DocIds> found;
    for (const auto& word : phrase.words) {
        if (!word) continue;
        DocIds docs = word_docs(nullptr, {.text = *word});
        if (found) *found &= docs;
        else found = std::move(docs);
    }
    if (!found) return {};
    const std::size_t window = std::min<std::size_t>(phrase.words.size(), 3);
    for (std::size_t from = 0; from + window <= phrase.words.size(); ++from) {
        for (std::size_t i = from; i < from + window; ++i) {
            for (std::size_t j = i + 1; j < from + window; ++j) {
                if (!phrase.words[i] || !phrase.words[j]) continue;
                DocIds near;
                for (std::uint32_t distance = 1; distance <= j - i; ++distance) {
                    if (auto docs = pair_docs(nullptr, *phrase.words[i], *phrase.words[j], distance)) near |= *docs;
                }
                *found &= near;
                if (found->isEmpty()) return {};
            }
        }
    }
    return std::move(*found);
}

}  // namespace miroir::node

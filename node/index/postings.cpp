#include "node/index/postings.h"

#include <algorithm>
#include <bit>

namespace miroir::node {

namespace {

template <class Key>
IdList& list_of(std::vector<std::pair<Key, IdList>>& lists, Key key) {
    for (auto& [known, list] : lists) {
        if (known == key) return list;
    }
    return lists.emplace_back(key, IdList()).second;
}

template <class Key>
const IdList* find_list(const std::vector<std::pair<Key, IdList>>& lists, Key key) {
    for (const auto& [known, list] : lists) {
        if (known == key) return &list;
    }
    return nullptr;
}

void apply(IdList& list, DocId document, bool add) {
    if (add) list.add(document);
    else list.remove(document);
}

}  // namespace

std::uint16_t bucketed_position(std::uint16_t position) {
    if (position < 16) return position;
    if (position < 24) return 24;
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(std::bit_ceil<std::uint32_t>(position), 0xFFFF));
}

const IdList* WordEntry::in_field(FieldId field) const { return find_list(by_field, field); }
const IdList* WordEntry::at_position(std::uint16_t bucket) const { return find_list(by_position, bucket); }

std::optional<WordId> Postings::find(std::string_view text) const {
    const auto found = ids_.find(text);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

std::span<const WordId> Postings::with_prefix(std::string_view prefix) const {
    const auto from =
        std::ranges::lower_bound(sorted_, prefix, {}, [&](WordId id) -> std::string_view { return words_[id].text; });
    const auto to = std::partition_point(
        from, sorted_.end(), [&](WordId id) { return std::string_view(words_[id].text).starts_with(prefix); });
    return {from, to};
}

const IdList* Postings::with_word_count(FieldId field, std::size_t count) const {
    const auto found = word_counts_.find({field, count});
    return found == word_counts_.end() ? nullptr : &found->second;
}

WordId Postings::intern(std::string_view text) {
    const auto known = ids_.find(text);
    if (known != ids_.end()) return known->second;
    const auto id = static_cast<WordId>(words_.size());
    words_.emplace_back().text = text;
    ids_.emplace(words_.back().text, id);
    return id;
}

void Postings::change(DocId document, std::span<const Occurrence> occurrences, bool add) {
    for (const Occurrence& occurrence : occurrences) {
        WordEntry& entry = words_[occurrence.word];
        apply(occurrence.exact ? entry.exact : entry.tolerant, document, add);
        apply(list_of(entry.by_field, occurrence.field), document, add);
        apply(list_of(entry.by_position, bucketed_position(occurrence.position)), document, add);
    }
    change_pairs(document, occurrences, add);
    change_word_counts(document, occurrences, add);
}

void Postings::change_pairs(DocId document, std::span<const Occurrence> occurrences, bool add) {
    static thread_local std::vector<std::uint64_t> keys;
    keys.clear();
    for (std::size_t i = 0; i < occurrences.size(); ++i) {
        for (std::size_t j = i + 1; j < occurrences.size(); ++j) {
            if (occurrences[j].field != occurrences[i].field) break;
            const std::uint32_t distance = occurrences[j].position - occurrences[i].position;
            if (distance >= kFarApart) break;
            if (distance > 0) keys.push_back(pair_key(distance, occurrences[i].word, occurrences[j].word));
        }
    }
    // Of the same two words only the nearest distance counts.
    std::ranges::sort(keys);
    std::uint64_t last = ~std::uint64_t{0};
    for (const std::uint64_t key : keys) {
        if (key >> 2 == last) continue;
        last = key >> 2;
        apply(pairs_.at(key), document, add);
    }
}

void Postings::change_word_counts(DocId document, std::span<const Occurrence> occurrences, bool add) {
    static thread_local std::vector<std::pair<FieldId, std::size_t>> counts;
    counts.clear();
    for (const Occurrence& occurrence : occurrences) {
        const auto known = std::ranges::find(counts, occurrence.field, &std::pair<FieldId, std::size_t>::first);
        if (known == counts.end()) counts.emplace_back(occurrence.field, 1);
        else ++known->second;
    }
    for (const auto& key : counts) {
        if (key.second <= kMostCountedWords) apply(word_counts_[key], document, add);
    }
}

void Postings::finish() {
    if (sorted_.size() == words_.size()) return;
    const auto by_text = [&](WordId a, WordId b) { return words_[a].text < words_[b].text; };
    const std::size_t known = sorted_.size();
    const std::size_t fresh = words_.size() - known;
    if (fresh < 32) {
        for (auto id = static_cast<WordId>(known); id < words_.size(); ++id) {
            sorted_.insert(std::ranges::lower_bound(sorted_, id, by_text), id);
        }
        return;
    }
    std::vector<WordId> added;
    for (auto id = static_cast<WordId>(known); id < words_.size(); ++id) added.push_back(id);
    std::ranges::sort(added, by_text);
    std::vector<WordId> merged(words_.size());
    std::ranges::merge(sorted_, added, merged.begin(), by_text);
    sorted_ = std::move(merged);
}

void Postings::clear() {
    ids_.clear();
    words_.clear();
    sorted_.clear();
    pairs_.clear();
    word_counts_.clear();
}

}  // namespace miroir::node

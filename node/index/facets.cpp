#include "node/index/facets.h"

#include <algorithm>

namespace miroir::node {

const std::string& FacetText::spelling_of(DocId id) const {
    const auto other = other_spellings.find(id);
    return other == other_spellings.end() ? spelling : other->second;
}

const FacetField::Values& FacetField::of(DocId id) const {
    static const Values kNone;
    return id < by_document.size() ? by_document[id] : kNone;
}

void FacetField::add(DocId id, double number) {
    if (number == 0) number = 0;  // -0 and 0 are one value
    const bool fresh = numbers[number].addChecked(id);
    if (by_document.size() <= id) by_document.resize(id + 1);
    if (fresh) by_document[id].numbers.push_back(number);
}

void FacetField::add(DocId id, std::string_view normalised, std::string_view spelling) {
    auto entry = texts.find(normalised);
    if (entry == texts.end()) {
        entry = texts.emplace(std::string(normalised), FacetText()).first;
        entry->second.spelling = spelling;
    }
    // Of several spellings in one document the first counts.
    const bool fresh = entry->second.docs.addChecked(id);
    if (fresh && entry->second.spelling != spelling) entry->second.other_spellings.emplace(id, spelling);
    if (by_document.size() <= id) by_document.resize(id + 1);
    if (fresh) by_document[id].texts.push_back(&*entry);
}

void FacetField::finish(DocId id) {
    if (id >= by_document.size()) return;
    Values& values = by_document[id];
    std::ranges::sort(values.numbers);
    std::ranges::sort(values.texts, {}, [](const auto* entry) -> std::string_view { return entry->first; });
}

void FacetField::remove(DocId id) {
    exists.remove(id);
    null.remove(id);
    empty.remove(id);
    if (id >= by_document.size()) return;
    for (const double number : by_document[id].numbers) {
        const auto entry = numbers.find(number);
        entry->second.remove(id);
        if (entry->second.isEmpty()) numbers.erase(entry);
    }
    for (const auto* text : by_document[id].texts) {
        const auto entry = texts.find(text->first);
        entry->second.docs.remove(id);
        entry->second.other_spellings.erase(id);
        if (entry->second.docs.isEmpty()) texts.erase(entry);
    }
    by_document[id] = Values();
}

}  // namespace miroir::node

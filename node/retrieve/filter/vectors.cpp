#include "node/retrieve/filter/vectors.h"

#include <algorithm>

#include "node/retrieve/typo_distance.h"
#include "protocol/settings/settings.h"

namespace miroir::node {
namespace {

using protocol::Filter;
using protocol::FilterToken;
using protocol::VectorPart;

// "Available … are: `a`, `b`. Did you mean `a`?"; `names` are sorted.
std::string offer(std::string_view intro, const std::vector<std::string>& names, std::string_view wanted) {
    std::string text(intro);
    for (std::size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "`" : ", `") + names[i] + "`";
    text += ".";
    const auto near = std::ranges::find_if(names, [&](const auto& name) { return within_typos(wanted, name, 2); });
    if (near != names.end()) text += " Did you mean `" + *near + "`?";
    return text;
}

std::string no_such_embedder(const std::string& wanted, const std::vector<std::string>& names) {
    const std::string head = "The embedder `" + wanted + "` does not exist. ";
    if (names.empty()) return head + "This index does not have any configured embedders.";
    return head + offer("Available embedders are: ", names, wanted);
}

DocIds documents_of(const Index& index, std::string_view embedder, VectorPart part) {
    DocIds found;
    // Vectors are never made by this node: all were given by the user.
    if (part == VectorPart::Fragment || part == VectorPart::DocumentTemplate) return found;
    for (const auto& [id, vectors] : index.vectors(embedder)) {
        if (part != VectorPart::Regenerate || vectors.regenerate) found.add(id);
    }
    return found;
}

}  // namespace

Result<DocIds> documents_with_vectors(const Index& index, const Filter& filter, ErrorCode code) {
    std::vector<std::string> names;
    for (const auto& [name, embedder] : index.settings().embedders) names.push_back(name);
    std::ranges::sort(names);
    if (!filter.embedder) {
        DocIds found;
        for (const std::string& name : names) found |= documents_of(index, name, filter.part);
        return found;
    }
    const std::string& wanted = filter.embedder->text;
    if (!std::ranges::binary_search(names, wanted)) {
        return fail(code, filter.embedder->refusal(no_such_embedder(wanted, names)));
    }
    if (filter.part == VectorPart::Fragment && filter.fragment) {
        const std::string sentence = "The fragment `" + filter.fragment->text + "` does not exist on embedder `" +
                                     wanted + "`. This embedder does not have any configured fragments.";
        return fail(code, filter.fragment->refusal(sentence));
    }
    return documents_of(index, wanted, filter.part);
}

}  // namespace miroir::node

// What one filterable, sortable or distinct field holds: value -> documents in both kinds, the three sets
// (exists, null, empty) and the values of each document. Nested paths are fields of their own ("a.b"), lists are
// flattened. Keys of texts are normalised (node/text/normalize.h, normalize_facet) and in byte order.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/index/types.h"

namespace miroir::node {

// One normalised text and the documents that have it. The spelling of a document is what its author wrote.
struct FacetText {
    DocIds docs;
    std::string spelling;                          // of most documents
    std::map<DocId, std::string> other_spellings;  // of those that spell it otherwise

    const std::string& spelling_of(DocId id) const;
};

struct FacetField {
    using Texts = std::map<std::string, FacetText, std::less<>>;
    struct Values {  // of one document; sorted, without repetition
        std::vector<double> numbers;
        std::vector<const Texts::value_type*> texts;
    };

    std::map<double, DocIds> numbers;
    Texts texts;
    DocIds exists;  // the path is there, whatever its value
    DocIds null;
    DocIds empty;                     // "", [] or {}
    std::vector<Values> by_document;  // index: DocId; may be shorter than the highest id

    const Values& of(DocId id) const;  // the empty one when the document has no value
    void add(DocId id, double number);
    void add(DocId id, std::string_view normalised, std::string_view spelling);
    void finish(DocId id);  // sorts the document's values after the last add
    void remove(DocId id);  // all that the document put here
};

}  // namespace miroir::node

// Index: one index in memory: its documents, field names, settings, facet values, geo points, vectors and the word
// postings that node/search reads. Reading is const and may be done from several threads; writing needs it alone.
// Documents change only through apply(), which does all of a batch or nothing. References end with the next write.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "node/index/facets.h"
#include "node/index/fields.h"
#include "node/index/types.h"

namespace miroir::protocol {
struct Settings;
}

namespace miroir::node {

class Postings;  // node/index/postings.h
class Tokenizer;
struct FieldRole;  // node/index/roles.h
class Batch;

struct Operation {
    enum class Kind { Replace, Update, Delete };  // Update: top-level members are merged, null overwrites
    Kind kind = Kind::Replace;
    std::string external_id;     // canonical text; the caller has taken it from the document and checked it
    json::Object document;       // not looked at by Delete
    bool skip_creation = false;  // leave ids alone that are not there yet
};

struct Applied {
    std::uint64_t touched = 0;  // different ids that Replace and Update named
    std::uint64_t deleted = 0;  // documents that were there and are gone
};

struct GeoPoint {
    double lat = 0;
    double lng = 0;
};

// The vectors of one document for one embedder.
struct DocumentVectors {
    std::vector<std::vector<float>> vectors;
    bool regenerate = false;  // false for vectors given by the user as a plain list
};

class Index {
public:
    Index();
    ~Index();
    Index(Index&&) noexcept;
    Index& operator=(Index&&) noexcept;

    // Settings. set_settings re-indexes what depends on what changed; it fails (and changes nothing) only when stored
    // documents contradict the new settings, for example vectors of other dimensions.
    const protocol::Settings& settings() const;
    Result<void> set_settings(protocol::Settings settings);
    const std::optional<std::string>& primary_key() const;
    void set_primary_key(std::optional<std::string> name);

    // Documents.
    std::size_t document_count() const;
    const DocIds& document_ids() const;
    std::optional<DocId> find(std::string_view external_id) const;
    const std::string& external_id(DocId id) const;
    json::Value document(DocId id) const;  // in order of the field ids; without the vectors kept in vectors()
    std::uint64_t raw_size() const;        // bytes of all stored documents
    const Fields& fields() const;
    std::map<std::string, std::uint64_t> field_distribution() const;  // top-level names, documents that have them

    // All or nothing; the error is the text that the engine gives for the task. Ids freed by the batch are reused
    // only by the next one.
    Result<Applied> apply(std::vector<Operation> operations);
    void clear();  // all documents; settings, names and primary key stay

    // Facets. A field has a store as soon as it is filterable, sortable, distinct or in a custom ranking rule and
    // a document has it.
    const FacetField* facet(std::string_view field) const;
    std::vector<std::string> facet_names() const;       // sorted
    std::optional<GeoPoint> geo_point(DocId id) const;  // when _geo is filterable or sortable
    const DocIds& geo_documents() const;
    const std::map<DocId, json::Value>& geojson() const;  // _geojson as given, when it is filterable

    // Vectors by embedder and document.
    const std::map<DocId, DocumentVectors>& vectors(std::string_view embedder) const;

    // For node/search and for highlighting: how texts are cut, what stands where, what fields are to the settings
    // (one role per field id), and the synonyms as lists of normalised words.
    const Tokenizer& tokenizer() const;
    const Postings& postings() const;
    const std::vector<FieldRole>& roles() const;
    using Synonyms = std::map<std::vector<std::string>, std::vector<std::vector<std::string>>>;
    const Synonyms& synonyms() const;

    // Snapshot: the sink gets lines of text (no line breaks inside); restore wants them back in the same order.
    using LineSink = std::function<void(std::string_view)>;
    using LineSource = std::function<std::optional<std::string_view>()>;  // nullopt: end
    void save(const LineSink& sink) const;
    static Result<Index> restore(const LineSource& source);

private:
    struct State;
    friend class Batch;
    std::unique_ptr<State> state_;
};

}  // namespace miroir::node

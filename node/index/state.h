// What an Index is made of; shared by the files that write it. Not for other rooms.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/index/index.h"
#include "node/index/postings.h"
#include "node/index/roles.h"
#include "node/index/special_fields.h"
#include "node/text/tokenizer.h"
#include "protocol/settings/settings.h"

namespace miroir::node {

struct DocumentRow {
    std::string external_id;
    std::string text;  // the document as JSON, members in order of the field ids
};

struct Index::State {
    protocol::Settings settings;
    std::optional<std::string> primary_key;
    Fields fields;
    std::vector<FieldRole> roles;             // by field id
    std::vector<std::uint64_t> distribution;  // by field id
    std::vector<DocumentRow> rows;            // by document id
    DocIds present;
    std::set<DocId> free;  // ids below rows.size() that may be given again
    std::unordered_map<std::string, DocId, TextHash, std::equal_to<>> ids;
    std::uint64_t raw_size = 0;
    Tokenizer tokenizer;
    Synonyms synonyms;
    Postings postings;
    std::map<std::string, FacetField, std::less<>> facets;
    std::map<DocId, GeoPoint> points;
    DocIds geo_documents;
    std::map<DocId, json::Value> geojson;
    std::map<std::string, std::map<DocId, DocumentVectors>, std::less<>> vectors;

    FieldId field_of(std::string_view name);  // inserts the name and its role
    void rebuild_roles();  // and the tokenizer and the synonyms: all that is made of the settings alone
    void rebuild_synonyms();
    bool geo_enabled() const;
    bool geojson_enabled() const;
    json::Object parsed(DocId id) const;
    std::string render(const json::Object& document);
    VectorsByEmbedder vectors_of(DocId id) const;

    // Reading out of a document what the rules of the settings make of it; with `add` false, taking it back.
    void change_words(DocId id, const json::Object& document, bool add);
    void add_facets(DocId id, const json::Object& document);
    void remove_facets(DocId id);
    void add_places(DocId id, const json::Object& document);
    void count_fields(const json::Object& document, int by);

    DocId take_id();
    void put(DocId id, std::string external_id, std::string text, const json::Object& document,
             VectorsByEmbedder vectors);
    void drop(DocId id);  // the document's traces; its id is not free yet

    void reindex_words();
    void reindex_facets();
    Result<void> check_places() const;  // a change of settings looks at every _geo, in use or not
    Result<void> move_vectors(const protocol::Settings& next);
};

}  // namespace miroir::node

// HitMaker: from a document's id and scores to the members of a hit. One for each query; refers to the index, which
// must outlive it and not change meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "json/value.h"
#include "node/index/index.h"
#include "node/retrieve/format/marked_text.h"
#include "node/search/matching_words.h"
#include "protocol/query/search_query.h"
#include "protocol/score_details.h"

namespace miroir::node {

// What a query says about its hits.
struct HitFormat {
    std::optional<std::set<std::string>> attributes_to_retrieve;
    std::set<std::string> extra_attributes;  // kept aside for distinct, also when not displayed
    bool retrieve_vectors = false;
    std::set<std::string> highlight;
    std::vector<std::string> crop;  // "name" or "name:length"
    std::size_t crop_length = 10;
    Marks marks;
    bool show_places = false;
    std::optional<GeoPoint> distance_from;
    bool show_score = false;
    bool show_details = false;
    std::vector<std::string> locales;

    static HitFormat of(const protocol::SearchQuery& query);
    static HitFormat of(const protocol::SimilarQuery& query);
};

struct Hit {
    json::Object document;  // with _vectors, _geoDistance, and what the caller adds
    json::Object extra;
    json::Object formatted;
    std::optional<json::Object> places;
    std::optional<double> score;
    std::optional<json::Object> details;

    json::Object to_json() &&;
};

class HitMaker {
public:
    HitMaker(const Index& index, HitFormat format, MatchingWords words);

    Hit make(DocId id, const protocol::ScoreDetails& scores) const;

private:
    void choose_names();
    void choose_formats();
    void add_format(std::string_view name, TextFormat format);
    json::Object picked(const json::Object& document, const std::vector<std::string>& names, bool all) const;
    void format(const json::Object& document, Hit& hit) const;
    json::Value format_value(const json::Value& value, const std::optional<TextFormat>& format, const std::string& path,
                             std::span<const std::size_t> places, Hit& hit) const;
    std::optional<TextFormat> format_of(std::string_view path) const;
    const std::vector<std::string>& locales_of(std::string_view path) const;

    const Index& index_;
    HitFormat format_;
    MatchingWords words_;
    std::optional<Tokenizer> tokenizer_;  // only where texts are marked
    std::vector<std::string> displayed_;  // names that may be shown; each covers what is nested in it
    std::vector<std::string> retrieved_;
    bool all_displayed_ = false;
    bool all_retrieved_ = false;
    bool show_vectors_ = false;
    std::vector<std::string> extra_;
    std::vector<std::pair<std::string, TextFormat>> formats_;  // in order of the fields
    std::vector<std::string> formatted_names_;
};

// The `_vectors` member of a document: the vectors of every embedder.
json::Object vectors_member(const Index& index, DocId id);

// Of nested names only the outermost: "a" and "a.b" are "a".
std::vector<std::string> outermost(std::vector<std::string> names);

}  // namespace miroir::node

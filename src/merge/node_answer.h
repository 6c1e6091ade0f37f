// One node's reply to a search, read once: its hits as bytes with their places in the order, totals and facets.
// A reply that is not what a search answers with is an error of that node, never a crash.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "merge/distinct_values.h"
#include "merge/rank_key.h"

namespace miroir::merge {

struct Hit {
    std::string_view bytes;     // the whole JSON object as the node sent it
    std::string_view document;  // its members before the score and what explains it, without braces
    RankKey key;
    double score = 0;                // _rankingScore
    bool formatted = false;          // there is _formatted
    std::optional<double> distance;  // _geoDistance, in whole metres
    bool semantic = false;           // a vector decided, not words
    FoundValue distinct;             // of the field that was wished for
};

// A hit that a dynamic search rule has put at a place of the whole list, whatever it is worth.
struct PinnedHit {
    std::uint64_t position = 0;
    Hit hit;
};

struct FacetCount {
    std::string_view value;  // unescaped
    std::uint64_t count = 0;
};

struct FacetField {
    std::string_view name;
    std::vector<FacetCount> values;          // in the node's order
    std::optional<double> minimum, maximum;  // over numbers only
};

// What was asked of the node, as far as its answer must show it.
struct AnswerWish {
    std::string_view distinct_field{};  // whose value each hit shall carry, or empty; dotted names reach into objects
    std::size_t hits_max = SIZE_MAX;    // it was asked for no more
    bool ranked = false;                // each hit has a score, and details that end with the stamp
    bool facets = false;
};

class NodeAnswer {
public:
    static Result<NodeAnswer> read(std::string body, const AnswerWish& wish = {});

    NodeAnswer(NodeAnswer&&) noexcept;
    NodeAnswer& operator=(NodeAnswer&&) noexcept;
    ~NodeAnswer();

    const std::vector<Hit>& hits() const { return hits_; }
    const std::vector<PinnedHit>& pins() const { return pins_; }  // not among the hits
    std::uint64_t total() const { return total_; }                // estimatedTotalHits or totalHits
    const std::vector<FacetField>& facets() const { return facets_; }
    bool has_facets() const { return has_facets_; }
    std::optional<std::uint64_t> semantic_hit_count() const { return semantic_hit_count_; }
    std::string_view query_vector() const { return query_vector_; }  // raw JSON or empty
    // Who gave it, by the number that the reader chose, and for which shards.
    void set_giver(std::uint32_t giver, std::vector<ShardId> shards) {
        giver_ = giver;
        shards_ = std::move(shards);
    }
    std::uint32_t giver() const { return giver_; }
    const std::vector<ShardId>& shards() const { return shards_; }

private:
    struct Reader;
    NodeAnswer();

    std::unique_ptr<Reader> reader_;  // owns the bytes and the parser that all views point into
    std::vector<Hit> hits_;
    std::vector<PinnedHit> pins_;
    std::vector<FacetField> facets_;
    std::uint64_t total_ = 0;
    std::uint32_t giver_ = 0;
    std::vector<ShardId> shards_;
    bool has_facets_ = false;
    std::optional<std::uint64_t> semantic_hit_count_;
    std::string_view query_vector_;
};

}  // namespace miroir::merge

// Answers of the nodes of a cover → the hits one node holding everything would have given, in its order.
// Every answer is already in that order, so the merge only ever compares heads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "merge/node_answer.h"
#include "merge/pin_order.h"

namespace miroir::merge {

struct SearchRecipe {
    std::size_t skip = 0;                  // hits before the page
    std::size_t take = 20;                 // hits of the page
    std::string distinct_field;            // empty: none
    bool shown_once = false;               // the query asks for it: what hits show is compared, too
    std::optional<double> threshold;       // rankingScoreThreshold
    bool estimates = false;                // offset and limit: totals count what was not looked at
    bool pins_apart = false;               // pinned hits go into a further merge
    std::optional<double> semantic_ratio;  // hybrid: words weigh 1 - ratio, vectors ratio
    // Of rules that pin several documents; hits carry the field that is the primary key then, if there is one.
    std::shared_ptr<const PinOrder> pins{};
    std::string key_field{};

    std::size_t end() const { return skip + take; }
};

struct PickedHit {
    std::size_t answer = 0;  // whose
    const Hit* hit = nullptr;
    const Hit* document = nullptr;  // the same with its document, where `hit` came without

    const Hit& shown() const { return document != nullptr ? *document : *hit; }
};

// A hit that is to have a place of the whole list.
struct PlacedHit {
    std::uint64_t position = 0;
    PickedHit picked;
};

struct MergedHits {
    std::vector<PickedHit> page;
    std::vector<PlacedHit> pins;      // not among the page, when they go into a further merge; by their places
    std::uint64_t total = 0;          // sum over the answers, less what distinct dropped
    std::uint64_t semantic_hits = 0;  // of the page
    bool filled = true;               // there were hits enough for the page
    std::vector<PickedHit> before;    // the hits before the page
    const Hit* behind = nullptr;      // the first one behind it, if it was looked at
    bool guessed = false;             // words and vectors: by scores that nodes do not tell
    std::uint64_t below = 0;          // hits below the threshold, before the page was full
    bool starved = false;             // the page is not full, but nodes have hits that they have not shown
    bool tie_is_cut = false;          // distinct: nodes may have more hits that tie with the last of the page
    std::size_t rejected = 0;         // hits that would have been shown, but show what another one does
    std::vector<std::string> kept;    // distinct values of the hits up to the page's end and of those that tie with it
};

// Hybrid: are words alone good enough? They must fill the page, and every hit up to its end must weigh enough.
bool words_suffice(std::span<const PickedHit> hits, const SearchRecipe& recipe);

// The total of a search with `distinct`, once it is known how many documents there are of each value (`census`: totals
// and the facet of the field, without distinct). Nothing when documents have several values: there is no closed form.
std::optional<std::uint64_t> distinct_total(std::span<const NodeAnswer> census, const SearchRecipe& recipe,
                                            const MergedHits& merged);

// How many values the documents of a census have, all together.
std::uint64_t values_of(std::span<const NodeAnswer> census);

// All hits of the answers in their order.
std::vector<PickedHit> hits_in_order(std::span<const NodeAnswer> answers);

MergedHits merge_hits(std::span<const NodeAnswer> answers, const SearchRecipe& recipe);

}  // namespace miroir::merge

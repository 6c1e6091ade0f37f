// Why an answer may differ from that of one node, as X-Miroir-Exact says it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "http/message.h"

namespace miroir::api {

// Doubts that touch one thing only: `_formatted` and `_matchesPosition`; scores and their details; the upper
// and lower case of values; values of facets with equal counts. Also places in score details.
inline constexpr std::string_view kMarksOfNodes = "words are marked as each node knows them";
inline constexpr std::string_view kFrequenciesOfNodes = "frequencies are those of each node";
inline constexpr std::string_view kScoresOfNodes = "scores count the words that each node knows";
inline constexpr std::string_view kSpellingOfValues = "values are spelled as among the documents that match";
inline constexpr std::string_view kPlacesOfNodes = "places less than a metre apart are shown as each node's first";
inline constexpr std::string_view kOrderOfCounts = "facet values of equal counts may change places";

class Doubts {
public:
    void add(std::string_view reason) {
        if (!reason.empty()) reasons_.emplace(reason);
    }
    bool has(std::string_view reason) const { return reasons_.contains(std::string(reason)); }
    void drop(std::string_view reason) { reasons_.erase(std::string(reason)); }
    void add(const Doubts& other) { reasons_.insert(other.reasons_.begin(), other.reasons_.end()); }
    void tell(http::Reply& reply) const {
        if (reasons_.empty()) return;
        std::string value = "false";
        for (const std::string& reason : reasons_) value += "; " + reason;
        reply.headers.add("X-Miroir-Exact", value);
    }

    const std::set<std::string>& reasons() const { return reasons_; }

private:
    std::set<std::string> reasons_;
};

}  // namespace miroir::api

// Which documents the dynamic search rules pin for a query, and a list of hits with the pinned ones in their places.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "node/index/index.h"
#include "node/search/keyword_search.h"

namespace miroir::node {

using RuleShelf = std::map<std::string, json::Value, std::less<>>;

struct RuleContext {
    const RuleShelf* rules = nullptr;  // nullptr: rules are switched off
    std::chrono::sys_time<std::chrono::nanoseconds> now{};
};

struct Pin {
    std::uint32_t position = 0;
    DocId id = 0;
};

// By precedence of the rules; a document once.
std::vector<Pin> pins_for(const RuleContext& context, std::string_view index_uid, std::string_view query,
                          const Index& index);

// The first `limit` hits of both. Pins come forward where there are not hits enough before them.
KeywordOutcome with_pins(KeywordOutcome organic, std::vector<Pin> pins, std::size_t limit);

}  // namespace miroir::node

// A stretch of a copy: the documents of some shards whose stamps lie behind one and not behind another. Copies are
// read, compared and copied stretch by stretch: nothing is skipped while others write. Pure.
#pragma once

#include <span>
#include <string>

#include "base/ids.h"
#include "json/value.h"

namespace miroir::quorum {

// Texts of stamps; an empty one: from the beginning, to the end.
struct StretchBounds {
    std::string after;
    std::string to;
};

json::Value stretch_filter(std::span<const ShardId> shards, const StretchBounds& bounds);
// The first documents of it, in the order of their stamps: the body of documents/fetch.
json::Object stretch_question(std::span<const ShardId> shards, const StretchBounds& bounds, std::size_t limit);
std::string stamp_of(const json::Value& document);  // as text; empty: it has none

}  // namespace miroir::quorum

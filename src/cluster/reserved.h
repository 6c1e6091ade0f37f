// The two fields that Miroir adds to every document. Their values are made of separator characters only: the engine's
// tokenizer drops them, so no search ever finds them, while its facet index keeps them, so filters and sorts work.
// Eight digits in ascending byte order, so that text order is numeric order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace miroir::cluster {

inline constexpr std::string_view kReservedPrefix = "_miroir_";   // every such name is ours
inline constexpr std::string_view kShardField = "_miroir_shard";  // filterable
inline constexpr std::string_view kStampField = "_miroir_order";  // sortable: place of the first insertion

inline constexpr std::uint32_t kLabelledShards = 512;                 // three digits
inline constexpr std::uint64_t kStampLimit = std::uint64_t{1} << 54;  // eighteen digits

std::string shard_label(ShardId shard);                        // "!!!" is shard 0; shard < kLabelledShards
std::optional<ShardId> shard_of_label(std::string_view text);  // nothing: not a label of ours
std::string stamp_text(std::uint64_t stamp);                   // stamp < kStampLimit
void append_stamp_text(std::string& out, std::uint64_t stamp);
std::optional<std::uint64_t> stamp_of(std::string_view text);  // nothing: not a stamp of ours

}  // namespace miroir::cluster

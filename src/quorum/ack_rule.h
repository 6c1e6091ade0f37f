// When is a write acknowledged? When for every shard it touches enough replicas have durably accepted it. Counted per
// shard: acceptances of one shard never vouch for another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "quorum/write_order.h"

namespace miroir::quorum {

struct AckRule {
    enum class Kind : std::uint8_t { Half, Quorum, All, Number };
    Kind kind = Kind::Half;  // half of the copies rounded up: one dead node of two never stops writes
    std::uint32_t number = 1;

    std::uint32_t needed(std::uint32_t copies) const;
};

struct AckCount {
    std::vector<ShardId> short_of;  // shards that too few replicas accepted
    std::vector<ShardId> degraded;  // accepted, but not by every replica
};

// `accepted` stands beside the requests of the order.
AckCount count_acks(const WriteOrder& order, std::span<const std::uint8_t> accepted, AckRule rule);

}  // namespace miroir::quorum

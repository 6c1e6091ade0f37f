#include "quorum/ack_rule.h"

#include <algorithm>
#include <map>

namespace miroir::quorum {

std::uint32_t AckRule::needed(std::uint32_t copies) const {
    switch (kind) {
        case Kind::Half: return (copies + 1) / 2;
        case Kind::Quorum: return copies / 2 + 1;
        case Kind::All: return copies;
        case Kind::Number: return std::min(number, copies);
    }
    return copies;
}

AckCount count_acks(const WriteOrder& order, std::span<const std::uint8_t> accepted, AckRule rule) {
    struct Count {
        std::uint32_t copies = 0, acks = 0;
    };
    std::map<ShardId, Count> counts;
    for (const ShardId shard : order.shards) counts[shard];
    for (std::size_t i = 0; i < order.requests.size(); ++i) {
        for (const ShardId shard : order.requests[i].shards) {
            Count& count = counts[shard];
            ++count.copies;
            count.acks += accepted[i];
        }
    }
    AckCount out;
    for (const auto& [shard, count] : counts) {
        const bool enough = count.copies > 0 && count.acks >= std::max<std::uint32_t>(1, rule.needed(count.copies));
        if (!enough) out.short_of.push_back(shard);
        else if (count.acks < count.copies) out.degraded.push_back(shard);
    }
    return out;
}

}  // namespace miroir::quorum

#include "quorum/repair/introductions.h"

namespace miroir::quorum {
namespace {

constexpr std::size_t kStrangers = 64;  // that a node without a past is held against

}  // namespace

std::optional<http::Introducer::Question> Introductions::question(const std::string& peer) const {
    std::vector<Witness> asked;
    bool own = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = known_by_.find(peer);
        own = found != known_by_.end();
        if (own) asked.push_back(found->second);
        for (auto other = known_by_.begin(); !own && other != known_by_.end() && asked.size() < kStrangers; ++other)
            asked.push_back(other->second);
    }
    if (asked.empty()) return std::nullopt;
    Question out{.target = target_of(asked), .is_meant = {}};
    out.is_meant = [asked = std::move(asked), own](const http::Reply& reply) {
        const std::optional<std::size_t> known = reply.status == 200 ? known_in(reply.body, asked) : std::nullopt;
        return known && (*known > 0) == own;
    };
    return out;
}

void Introductions::tell(const NodeId& node, const std::optional<Witness>& witness) {
    const std::lock_guard lock(mutex_);
    if (witness) known_by_[node.value] = *witness;
    else known_by_.erase(node.value);
}

}  // namespace miroir::quorum

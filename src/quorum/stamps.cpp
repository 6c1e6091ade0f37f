#include "quorum/stamps.h"

#include <algorithm>

namespace miroir::quorum {

std::vector<std::string> Stamps::unknown(const std::vector<std::string>& ids) const {
    std::vector<std::string> out;
    if (complete_) return out;
    for (const std::string& id : ids) {
        if (!known_.contains(id)) out.push_back(id);
    }
    return out;
}

void Stamps::learn(const std::string& id, std::uint64_t stamp) {
    if (!known_.insert_or_assign(id, stamp).second) return;
    order_.push_back(id);
    while (order_.size() > remembered_max_) {
        complete_ = false;
        known_.erase(order_.front());
        order_.pop_front();
    }
}

// The id stays in order_; when it comes to the front there, at worst a newer entry of it is forgotten early.
void Stamps::forget(const std::string& id) { known_.erase(id); }

void Stamps::doubt(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) known_.erase(id);
    complete_ = false;
}

void Stamps::forget_all(bool complete) {
    known_.clear();
    order_.clear();
    complete_ = complete;
}

std::vector<std::uint64_t> Stamps::assign(const std::vector<std::string>& ids, std::uint64_t now_us) {
    next_ = std::max(next_, now_us);
    std::vector<std::uint64_t> out;
    out.reserve(ids.size());
    for (const std::string& id : ids) {
        const auto found = known_.find(id);
        if (found != known_.end()) {
            out.push_back(found->second);
            continue;
        }
        out.push_back(next_);
        learn(id, next_++);
    }
    return out;
}

}  // namespace miroir::quorum

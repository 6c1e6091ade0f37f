// The stamps of the documents of one index: an update keeps the one the document got when it was first inserted, as a
// node keeps its internal id. Remembers what was written lately, writes not yet applied among it; what it does not
// know is looked up on the nodes. Bounded: the oldest are forgotten.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace miroir::quorum {

class Stamps {
public:
    // `complete`: the index is new, so that an unknown document is a new one.
    explicit Stamps(bool complete, std::size_t remembered_max = 200'000)
        : complete_(complete), remembered_max_(remembered_max) {}

    bool complete() const { return complete_; }
    std::vector<std::string> unknown(const std::vector<std::string>& ids) const;
    void learn(const std::string& id, std::uint64_t stamp);
    void forget(const std::string& id);  // deleted: a new insertion gets a new place
    void forget_all(bool complete);
    // Behind all stamps given so far and before all that follow.
    std::uint64_t mark(std::uint64_t now_us) { return next_ = std::max(next_ + 1, now_us); }
    // A write of these was refused: whether it happened, only the nodes know.
    void doubt(const std::vector<std::string>& ids);

    // One stamp for each id, known ones kept, new ones in the order of the batch. `now_us` keeps stamps of several
    // runs of the process in order.
    std::vector<std::uint64_t> assign(const std::vector<std::string>& ids, std::uint64_t now_us);

private:
    bool complete_;
    std::size_t remembered_max_;
    std::uint64_t next_ = 0;
    std::unordered_map<std::string, std::uint64_t> known_;
    std::deque<std::string> order_;
};

}  // namespace miroir::quorum

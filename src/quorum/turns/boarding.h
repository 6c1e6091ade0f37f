// Additions of documents to one index that wait for its lane at the same time travel together: one request a node and
// one durable record for all of them, because a node's disk takes as long for one document as for a hundred. Each keeps
// its own task and its own answer.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "quorum/orders.h"
#include "quorum/turns/wishes.h"
#include "quorum/writer.h"

namespace miroir::quorum {

struct BoardingLimits {
    std::size_t riders = 256;
    std::size_t bytes = 1 << 20;  // of their bodies
};

class Boarding {
public:
    struct Rider {
        Documents documents;
        env::OneShot<Result<Receipt>> receipt;
    };
    struct Company {
        std::vector<Rider> riders;
        std::size_t bytes = 0;
    };
    using CompanyPtr = std::shared_ptr<Company>;

    explicit Boarding(BoardingLimits limits = {}) : limits_(limits) {}

    // Takes the rider along with the last that waits for this lane. Nothing: there is none, nothing is taken from it.
    bool join(const IndexUid& index, Rider& rider);
    // The rider is the first of a company that others may join; whoever calls it enters the lane at once.
    CompanyPtr open(const IndexUid& index, Rider rider);
    // Its turn has come, or something else enters the lane: nobody joins any more.
    void close(const IndexUid& index) { open_.erase(index); }
    void depart(const IndexUid& index, const CompanyPtr& company);

private:
    BoardingLimits limits_;
    std::map<IndexUid, CompanyPtr> open_;
};

// One order for additions to one index that is there and knows its primary key, in their order: the first carries the
// others.
Order together(std::vector<Order> orders);

// What each of them is told, the first one first. `shards`: of each.
std::vector<Receipt> receipts_of(const Receipt& receipt, const std::vector<std::vector<ShardId>>& shards);

}  // namespace miroir::quorum

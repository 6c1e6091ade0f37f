// Writes that a node missed, kept in the order in which it should have got them and replayed in that order when it is
// back. While a node has hints it is sent nothing else and answers no reads.
#pragma once

#include <map>
#include <string>

#include "base/ids.h"
#include "quorum/behind.h"
#include "quorum/write_order.h"
#include "tasks/store.h"

namespace miroir::quorum {

class Hints {
public:
    Hints(tasks::Store& store, BehindBoard& board) : store_(store), board_(board) {}
    env::Task<Result<void>> open();

    // Puts the request into `batch`, to be replayed as part of `task`.
    void add(tasks::Batch& batch, const NodeId& node, std::uint64_t task, const NodeRequest& request);
    bool any(const NodeId& node) const { return waiting(node) > 0; }
    std::uint64_t waiting(const NodeId& node) const;

    struct Hint {
        std::uint64_t place = 0;
        std::uint64_t task = 0;
        NodeRequest request;
    };
    env::Task<Result<std::optional<Hint>>> first(NodeId node);
    // It was delivered (or is no longer wanted).
    env::Task<Result<void>> drop(NodeId node, std::uint64_t place);

private:
    tasks::Store& store_;
    BehindBoard& board_;
    struct Range {
        std::uint64_t first = 0, next = 0;
    };
    std::map<NodeId, Range> ranges_;
};

}  // namespace miroir::quorum

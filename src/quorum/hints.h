// What nodes still have to get, in the order in which they should have got it. Each request is written down before it
// is sent and struck out when the node has taken it; what is left after a crash, a lost reply or an absence is sent
// again, under the same uid, so that it is carried out once. While a node is owed anything it is sent nothing else and
// answers no reads.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "quorum/behind.h"
#include "quorum/write_order.h"
#include "tasks/store.h"

namespace miroir::quorum {

class Hints {
public:
    Hints(tasks::Store& store, BehindBoard& board) : store_(store), board_(board) {}
    // What was written down and not struck out is owed from now on.
    env::Task<Result<void>> open();

    static constexpr std::uint64_t kNoTask = UINT64_MAX;  // Miroir's own repair
    struct Hint {
        std::uint64_t place = 0;  // among those of its node
        std::uint64_t task = 0;
        std::size_t part = 0;                // of the task
        std::optional<std::uint64_t> uid{};  // under which it was sent, or is to be
        bool awaited = false;                // the node has it; only its end is waited for. No request is kept.
        NodeRequest request{};
    };

    // Writes it down as part of `batch`. Nobody is behind yet: it is about to be sent. Gives its place.
    std::uint64_t add(tasks::Batch& batch, const NodeId& node, Hint hint);
    // The two halves of it.
    std::uint64_t take_place(tasks::Batch& batch, const NodeId& node);
    void change(tasks::Batch& batch, const NodeId& node, const Hint& hint);
    void strike(tasks::Batch& batch, const NodeId& node, std::uint64_t place) const;
    // To be called once the batch is durable: the node has it, or it is owed.
    void struck(const NodeId& node, std::uint64_t place);
    void owe(const NodeId& node, std::uint64_t place, bool quiet = false);  // quiet: the node may be read all the same

    // Held back: written down, but not to be sent before the change of settings `holder` says so. What concerns the
    // same indexes queues up behind it; everything else goes on.
    struct Held {
        std::uint64_t holder = 0;
        std::uint64_t task = 0;
        std::size_t part = 0;
        std::vector<std::string> indexes{};
    };
    void hold(tasks::Batch& batch, const NodeId& node, std::uint64_t place, Held held);
    void unhold(tasks::Batch& batch, const NodeId& node, std::uint64_t place) const;
    // The holder of the last of those that concern any of these indexes.
    std::optional<std::uint64_t> holder_of(const NodeId& node, const std::vector<std::string>& indexes) const;
    struct HeldAt {
        NodeId node;
        std::uint64_t place = 0;
        Held held;
    };
    std::vector<HeldAt> all_held() const;
    std::map<std::uint64_t, Held> held_by(const NodeId& node, std::uint64_t holder) const;  // by place
    std::vector<std::pair<NodeId, std::uint64_t>> held_of(std::uint64_t task) const;        // its places
    // To be called once that is durable: it is owed now. `quiet`: other indexes of the node may still be read, and
    // who may read this one is told elsewhere.
    void released(const NodeId& node, std::uint64_t place, bool quiet);
    // Where each node's next request will stand: what is written down later comes behind it.
    using Places = std::map<NodeId, std::uint64_t>;
    const Places& next_places() const { return next_; }
    bool holds_before(const Places& places) const;        // something that stands before these, on any of their nodes
    std::uint64_t releases() const { return releases_; }  // how often that happened: of any node
    void speak_up(const NodeId& node);                    // nothing of it is quiet any more
    bool any_loud(const NodeId& node) const;

    // Of all uids that requests of this node were written down with.
    std::optional<std::uint64_t> highest_uid(const NodeId& node) const;
    bool any(const NodeId& node) const { return waiting(node) > 0; }
    // Some of it cannot be read any more: what comes behind that must not be sent either.
    bool damaged(const NodeId& node) const { return damaged_.contains(node); }
    void forget_damage(const NodeId& node) { damaged_.erase(node); }  // it gets a copy instead
    std::uint64_t waiting(const NodeId& node) const;
    std::uint64_t came_since_asked(const NodeId& node);  // more that is owed to it
    // What of it is still to be sent. What comes later may not overtake that; it need not wait for what the node has
    // and only has to carry out.
    std::uint64_t to_send(const NodeId& node) const;
    bool any_to_send(const NodeId& node) const { return to_send(node) > 0; }
    env::Task<Result<std::optional<Hint>>> first(NodeId node);  // of those to send, then of the awaited

    // The body of the request that was written down there.
    env::Task<Result<std::string>> body(NodeId node, std::uint64_t place);

    // Is something of the task kept for the node, owed or held back?
    bool keeps(const NodeId& node, std::uint64_t task) const;
    // Bytes of what is owed to it.
    std::uint64_t bytes(const NodeId& node) const;
    // Nobody can keep all this: what is owed to the node is thrown away. Gives the places.
    std::vector<std::uint64_t> drop_all(tasks::Batch& batch, const NodeId& node) const;

private:
    void show(const NodeId& node) { board_.set_waiting(node, any_loud(node)); }

    tasks::Store& store_;
    BehindBoard& board_;
    Places next_;
    std::map<NodeId, std::set<std::uint64_t>> owed_;
    std::map<NodeId, std::map<std::uint64_t, Held>> held_;
    std::map<NodeId, std::set<std::uint64_t>> quiet_;  // of those owed; forgotten by a crash, which is the safe side
    struct Kept {
        std::uint64_t bytes = 0;
        std::uint64_t task = 0;
        bool awaited = false;
    };
    std::map<NodeId, std::map<std::uint64_t, Kept>> kept_;  // all records, by place
    std::map<NodeId, std::uint64_t> highest_uid_;
    std::map<NodeId, std::uint64_t> came_;
    std::uint64_t releases_ = 0;
    std::set<NodeId> damaged_;
    void note_uid(const NodeId& node, const Hint& hint);
    bool is_awaited(const NodeId& node, std::uint64_t place) const;
};

// Written down and owed when it is true: Miroir's own repair, of no client's task.
env::Task<bool> owe_repair(tasks::Store& store, Hints& hints, NodeId node, NodeRequest request, bool quiet);

}  // namespace miroir::quorum

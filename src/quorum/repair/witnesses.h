// By what a node is recognised: tasks that it took from us, with the moments at which it says it took them. A node that
// no longer knows one of them, or knows another one under its uid, is empty, older or another one. What was seen on the
// node at the last look stands for all before it; what it took since is looked for besides, because it may have lost
// its memory in between. Durable with the acknowledgement of the write: whatever was acknowledged is vouched for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "tasks/store.h"

namespace miroir::quorum {

struct Witness {
    std::uint64_t uid = 0;    // of the node's task
    std::string enqueued_at;  // as the node writes it
    bool operator==(const Witness&) const = default;
};

// Where a node tells of them, and how many of them it knows by what it answered there; nothing: that is no such page.
std::string target_of(const std::vector<Witness>& witnesses);
std::optional<std::size_t> known_in(const std::string& page, const std::vector<Witness>& witnesses);

class Introductions;

class Witnesses {
public:
    Witnesses(tasks::Store& store, std::shared_ptr<Introductions> introductions)
        : store_(store), introductions_(std::move(introductions)) {}
    env::Task<Result<void>> open();

    // The node took it. In memory at once; durable with `batch`.
    void took(tasks::Batch& batch, const NodeId& node, Witness witness);
    // As it is now, durable with `batch`. What was confirmed is not written down by itself.
    void keep(tasks::Batch& batch, const NodeId& node) const;
    // What the node must know, the eldest first; bounded. Empty: it never took anything.
    std::vector<Witness> of(const NodeId& node) const;
    // It knew all of these.
    void confirmed(const NodeId& node, const std::vector<Witness>& known);
    std::vector<NodeId> nodes() const;
    // To be followed by forgotten_now() once that is durable: until then it is asked for them.
    void forget(tasks::Batch& batch, const NodeId& node) const;
    void forgotten_now(const NodeId& node);

    std::optional<std::uint64_t> newest_uid(const NodeId& node) const;

private:
    void introduce(const NodeId& node) const;

    tasks::Store& store_;
    std::shared_ptr<Introductions> introductions_;
    std::map<NodeId, std::vector<Witness>> by_node_;  // the one seen at the last look, then those it took since
};

}  // namespace miroir::quorum

// How each node shows that it is itself before anything is sent over a fresh connection to it: one that has taken
// writes knows the one that was seen there last; one that has not, or has lost its memory, knows none of the others'.
// Written by the office, read by whoever calls nodes, on any thread.
#pragma once

#include <map>
#include <mutex>

#include "http/introducer.h"
#include "quorum/repair/witnesses.h"

namespace miroir::quorum {

class Introductions final : public http::Introducer {
public:
    std::optional<Question> question(const std::string& peer) const override;
    // By what the node is known from now on; nothing: by nothing.
    void tell(const NodeId& node, const std::optional<Witness>& witness);

private:
    mutable std::mutex mutex_;  // held for a look into the map
    std::map<std::string, Witness> known_by_;
};

}  // namespace miroir::quorum

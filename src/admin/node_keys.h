// The key that nodes are shown, and the one before it: while a key is changed, some nodes already want the new one and
// some still the old one. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace miroir::admin {

struct NodeKeyPair {
    std::string current;
    std::string previous;  // empty: none
};

class NodeKeys {
public:
    explicit NodeKeys(std::string key);

    std::shared_ptr<const NodeKeyPair> get() const;
    // False: it is the current one already.
    bool rotate(std::string key);

private:
    mutable std::mutex mutex_;  // held for the copy of one pointer
    std::shared_ptr<const NodeKeyPair> pair_;
};

}  // namespace miroir::admin

// Where pages of document lists have ended: the client who reads a list page by page asks next for what lies behind.
// Only a hint: who begins there finds out how many documents lie before. Bounded; threads may share one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "env/clock.h"

namespace miroir::api {

class PageEnds {
public:
    explicit PageEnds(std::size_t most = 4096) : most_(most) {}

    struct End {
        std::uint64_t offset = 0;  // so many documents came up to
        std::string stamp;         // this one
    };
    // `list` is a hash of all that the list depends on. The next one replaces what was known of the place.
    void note(std::uint64_t list, End end);
    // The last end that lies at most `reach` documents before the offset.
    std::optional<End> last_before(std::uint64_t list, std::uint64_t offset, std::uint64_t reach) const;

    // How many documents the list had a moment ago, when its index was in the same state.
    struct Count {
        std::uint64_t epoch = 0;  // of the index
        std::uint64_t documents = 0;
        env::Monotonic at{};
    };
    void note(std::uint64_t list, Count count);
    std::optional<std::uint64_t> counted(std::uint64_t list, std::uint64_t epoch, env::Monotonic now) const;

private:
    using Place = std::pair<std::uint64_t, std::uint64_t>;
    const std::size_t most_;
    mutable std::mutex mutex_;  // over all that follows
    std::map<Place, std::string> stamps_;
    std::deque<Place> oldest_first_;
    std::map<std::uint64_t, Count> counts_;
};

}  // namespace miroir::api

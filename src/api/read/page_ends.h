// Where pages of document lists have ended: the client who reads a list page by page asks next for what lies behind.
// Only a hint: who begins there counts again how many documents lie before. Bounded; threads may share one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

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

private:
    using Place = std::pair<std::uint64_t, std::uint64_t>;
    const std::size_t most_;
    mutable std::mutex mutex_;  // over all that follows
    std::map<Place, std::string> stamps_;
    std::deque<Place> oldest_first_;
};

}  // namespace miroir::api

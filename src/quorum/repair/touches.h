// Which documents were written since a moment, for who copies an index while others write to it: what was read before
// a write must not be put over it. A write is noted before it is sent, under the lane of its index. Nothing is noted of
// indexes that nobody watches. Bounded: of a moment too long ago it is no longer known. One executor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "base/ids.h"

namespace miroir::quorum {

class Touches {
    struct Yard;

public:
    using Moment = std::uint64_t;
    explicit Touches(std::size_t ids_max = 50'000) : ids_max_(ids_max) {}

    class Watch {
    public:
        explicit Watch(std::shared_ptr<Yard> yard);
        Watch(Watch&& other) noexcept = default;
        Watch& operator=(Watch&&) = delete;
        ~Watch();

        Moment now() const;
        bool knows_since(Moment moment) const;
        // Only where it knows.
        bool touched_since(Moment moment, const std::string& id) const;
        // How often copies were changed by something else than writes that all of them get.
        std::uint64_t upsets() const;

    private:
        std::shared_ptr<Yard> yard_;
    };
    Watch watch(const IndexUid& index);

    // These documents, or any: who knows.
    void note(const IndexUid& index, std::optional<std::span<const std::string>> ids);
    void upset(const IndexUid& index);

private:
    std::shared_ptr<Yard> watched(const IndexUid& index);

    std::size_t ids_max_;
    std::map<IndexUid, std::shared_ptr<Yard>> yards_;
};

}  // namespace miroir::quorum

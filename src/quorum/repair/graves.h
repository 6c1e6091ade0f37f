// Which documents were deleted, until all copies have been compared since: without that, a copy that kept what it was
// to delete would bring it back. A deletion by a filter or a function says only that it came: which documents it took
// nobody knows. A grave holds from the moment it is dug, durable or not yet. Bounded: the oldest lose their names.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "quorum/repair/arbiter.h"
#include "tasks/store.h"

namespace miroir::quorum {

struct Grave {
    enum class Kind : std::uint8_t { Ids, All, Some };
    Kind kind = Kind::Ids;
    std::uint64_t at = 0;    // a stamp: of all that was inserted before
    std::uint64_t task = 0;  // kNoTask: it is of several
    static constexpr std::uint64_t kNoTask = UINT64_MAX;
    std::vector<std::string> ids{};
};

class Graves {
public:
    // Did this task carry its deletion out, as far as anybody knows?
    using Happened = std::function<Deletion(std::uint64_t task)>;

    explicit Graves(tasks::Store& store, std::size_t ids_max = 200'000) : store_(store), ids_max_(ids_max) {}
    env::Task<Result<void>> open();

    void dig(tasks::Batch& batch, const IndexUid& index, Grave grave);
    // It came to nothing: no node has carried it out or will.
    void fill(tasks::Batch& batch, const IndexUid& index, std::uint64_t at);
    // Names were exchanged: of what was deleted before nobody knows from which of the two.
    void blur(tasks::Batch& batch, const IndexUid& index, std::uint64_t at);
    // All copies of the index were compared since this stamp, when the tasks before this one had ended.
    void close(tasks::Batch& batch, const IndexUid& index, std::uint64_t before, std::uint64_t first_open = UINT64_MAX);

    Deletion of(const IndexUid& index, const std::string& id, std::uint64_t stamp, const Happened& happened) const;
    std::vector<IndexUid> indexes() const;
    std::size_t count(const IndexUid& index) const;

private:
    struct Yard {
        std::map<std::uint64_t, Grave> graves;                   // by their stamps; ids are kept beside
        std::unordered_map<std::string, std::uint64_t> last_of;  // the last grave of a document
        std::size_t ids = 0;
    };
    void note(Yard& yard, Grave grave);
    void forget_oldest(tasks::Batch& batch, const IndexUid& index, Yard& yard);
    static void drop(Yard& yard, std::map<std::uint64_t, Grave>::iterator grave);

    tasks::Store& store_;
    std::size_t ids_max_;
    std::map<IndexUid, Yard> yards_;
};

}  // namespace miroir::quorum

// Which of the differing copies of one document is right. Pure. Evidence, the strongest first: copies on nodes where
// nobody has changed anything since all were last equal; a deletion that came behind the document's insertion; the
// later insertion; the larger number; the fuller copy, because who missed a part of an update lacks it. What nothing
// decides between a deletion and a document is left as it is and told.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace miroir::quorum {

struct CopySeen {
    bool present = false;
    std::uint64_t digest = 0;
    std::uint64_t stamp = 0;   // of its insertion
    std::size_t contains = 0;  // differing copies of which it has everything, and more
    bool unaltered = false;    // the node has not changed since all copies were last equal, and nobody has written
};

enum class Deletion : std::uint8_t {
    None,     // none came behind the insertion
    Certain,  // one did
    Perhaps,  // one did that may have taken in this document
};

struct Ruling {
    enum class Kind : std::uint8_t { Equal, Take, Delete, Undecided };
    Kind kind = Kind::Equal;
    std::size_t source = 0;  // Take: the copy that is right
    bool guessed = false;    // only its place speaks for it
    bool operator==(const Ruling&) const = default;
};

// `deleted`: what is known of deletions behind an insertion with this stamp.
Ruling judge_copies(std::span<const CopySeen> copies, const std::function<Deletion(std::uint64_t stamp)>& deleted);

}  // namespace miroir::quorum

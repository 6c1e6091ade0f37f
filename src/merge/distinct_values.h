// What `distinct` has seen: a hit that shares any value with an earlier one is dropped. The engine looks twice: first
// at the values by which documents can be filtered, then, where the query itself asks for distinct, at what the hits
// show.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace miroir::merge {

// What a document has for a field: raw JSON (empty: nothing), and where a list of objects lies on the way, the rest of
// the dotted name behind it.
struct FoundValue {
    std::string_view raw{};
    std::string_view rest{};
};

enum class DistinctBy : std::uint8_t {
    Facets,  // 1 and 1.0, Red and red are one; an empty text is none
    Shown,   // an empty text is a value; 1 and 1.0 are two
};

// The values: a mark of their kind, then their normal form.
std::vector<std::string> distinct_keys(FoundValue found, DistinctBy by = DistinctBy::Facets);

class DistinctValues {
public:
    explicit DistinctValues(DistinctBy by) : by_(by) {}

    // Is a hit with this value to be kept?
    bool take(FoundValue found);
    // The values of the last hit that was kept: a mark of their kind, then their normal form.
    const std::vector<std::string>& last() const { return last_; }

private:
    DistinctBy by_;
    std::set<std::string, std::less<>> keys_;
    std::vector<std::string> last_;
};

}  // namespace miroir::merge

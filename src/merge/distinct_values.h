// What `distinct` has seen: a hit that shares any value with an earlier one is dropped. 1 and 1.0, Red and red are one.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace miroir::merge {

// The values of raw JSON (empty: none): a mark of their kind, then their normal form.
std::vector<std::string> distinct_keys(std::string_view raw);

class DistinctValues {
public:
    // Is a hit with this value (raw JSON, empty: none) to be kept?
    bool take(std::string_view raw);
    // The values of the last hit that was kept: a mark of their kind, then their normal form.
    const std::vector<std::string>& last() const { return last_; }

private:
    std::set<std::string, std::less<>> keys_;
    std::vector<std::string> last_;
};

}  // namespace miroir::merge

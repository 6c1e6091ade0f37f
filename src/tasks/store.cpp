#include "tasks/store.h"

#include <charconv>

namespace miroir::tasks {

std::string key_of(std::uint64_t number) {
    constexpr std::size_t kDigits = 20;  // the longest unsigned number
    std::string digits = std::to_string(number);
    return std::string(kDigits - digits.size(), '0') + digits;
}

std::uint64_t number_of(std::string_view key) {
    std::uint64_t out = 0;
    std::from_chars(key.data(), key.data() + key.size(), out);
    return out;
}

}  // namespace miroir::tasks

#include "tasks/store.h"

#include <algorithm>
#include <charconv>
#include <iterator>

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

env::Task<Result<std::vector<Record>>> read_all(Store& store, std::string table) {
    constexpr std::size_t kPageSize = 1000;
    std::vector<Record> all;
    Scan scan{.table = std::move(table), .from = {}, .limit = kPageSize};
    for (;;) {
        Result<std::vector<Record>> page = co_await store.scan(scan);
        if (!page) co_return page;
        const bool last = page->size() < kPageSize;
        if (!last) scan.from = page->back().key + '\0';
        std::ranges::move(*page, std::back_inserter(all));
        if (last) co_return all;
    }
}

}  // namespace miroir::tasks

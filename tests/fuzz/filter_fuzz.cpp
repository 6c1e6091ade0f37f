// Any text as a filter expression: it is refused with a place inside the text, or it is a tree that prints and reads
// back to the same print.
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "protocol/filter/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace miroir;
    using namespace miroir::protocol;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto filter = parse_filter_expression(text, ErrorCode::InvalidSearchFilter);
    if (!filter) {
        MIROIR_ASSERT(filter.error().code == ErrorCode::InvalidSearchFilter);
        MIROIR_ASSERT(filter.error().message.contains('\n'));
        return 0;
    }
    if (!*filter) return 0;
    const std::string printed = to_expression(**filter);
    const auto again = reparsed(**filter, ErrorCode::InvalidSearchFilter);
    // Printing adds parentheses, and escapes that are read twice: it may become too deep or malformed, never wrong.
    if (again && *again && !printed.contains('\\')) MIROIR_ASSERT(to_expression(**again) == printed);
    (void)check_filterable(**filter, {}, ErrorCode::InvalidSearchFilter);
    (void)check_filter_gates(**filter, {});
    return 0;
}

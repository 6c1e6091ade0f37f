// Names of indexes, and patterns over them (a name, or a prefix and `*`).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

bool is_index_uid(std::string_view text);  // letters, digits, - and _, 1 to 400 bytes
bool is_index_pattern(std::string_view text);
bool index_matches(std::string_view pattern, std::string_view uid);
std::string invalid_index_uid_text(std::string_view text);
std::string invalid_index_pattern_text(std::string_view text);
// InvalidIndexUid, as the routes say it about their path.
Result<void> check_index_uid(std::string_view text);

}  // namespace miroir::protocol

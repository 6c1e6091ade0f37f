// CSV with a header line to objects. A header cell may end in `:number`, `:boolean` or `:string`; an empty cell is
// null.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace miroir::protocol {

Result<std::vector<json::Object>> parse_csv(std::string_view payload, char delimiter);

}  // namespace miroir::protocol

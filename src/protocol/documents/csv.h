// CSV with a header line to one JSON object a line. A header cell may end in `:number`, `:boolean` or `:string`; an
// empty cell is null.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

Result<std::string> ndjson_of_csv(std::string_view payload, char delimiter);

}  // namespace miroir::protocol

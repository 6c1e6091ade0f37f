// Text to statements.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "node/script/syntax.h"

namespace miroir::node {

Result<std::vector<Statement>> parse_script(std::string_view text);

}  // namespace miroir::node

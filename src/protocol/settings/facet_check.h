// May the values of these fields be counted? In the engine's words where not.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "protocol/settings/attribute_pattern.h"

namespace miroir::protocol {

// `pattern`: one entry of `facets`.
Result<void> check_facet(std::span<const FilterableRule> rules, const std::string& pattern);

}  // namespace miroir::protocol

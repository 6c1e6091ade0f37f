// The fingerprint of an index's settings on a node: SHA-256 over their canonical form. Canonical means: only what
// Miroir sends, keys sorted, lists whose order means nothing sorted, secrets as the engine shows them. Pure.
#pragma once

#include <string>

#include "json/value.h"
#include "plan/catalog.h"
#include "protocol/settings/settings.h"

namespace miroir::plan {

// Of what a node shows at GET …/settings.
std::string settings_print(const json::Value& shown);

// What a node shows that has these settings of a client, as far as one can know without asking it.
std::string expected_print(const protocol::Settings& client);

// Is this what a node shows that has the committed settings of the index?
bool fits_settings(const IndexEntry& index, const std::string& print);

}  // namespace miroir::plan

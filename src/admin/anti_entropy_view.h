// What operators see of the comparing of copies.
#pragma once

#include "json/value.h"
#include "quorum/repair/anti_entropy.h"

namespace miroir::admin {

json::Value anti_entropy_view(const quorum::AntiEntropy& anti_entropy);

}  // namespace miroir::admin

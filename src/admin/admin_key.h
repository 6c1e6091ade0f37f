// The key of the operators' routes: `Authorization: Bearer <key>` or `X-Admin-Key: <key>`, compared in constant time.
#pragma once

#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace miroir::admin {

// Refused with miroir_invalid_auth. A key that is not configured (empty) opens nothing.
Result<void> check_admin_key(const http::Headers& headers, std::string_view admin_key);

}  // namespace miroir::admin

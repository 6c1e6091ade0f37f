#include "admin/admin_key.h"

#include "protocol/keys/signature.h"

namespace miroir::admin {
namespace {

constexpr std::string_view kBearer = "Bearer ";

bool matches(std::string_view given, std::string_view key) {
    return !key.empty() && !given.empty() && protocol::same_secret(given, key);
}

}  // namespace

Result<void> check_admin_key(const http::Headers& headers, std::string_view admin_key) {
    const std::string_view authorization = headers.get("authorization");
    const bool bearer = authorization.starts_with(kBearer) && matches(authorization.substr(kBearer.size()), admin_key);
    if (bearer || matches(headers.get("x-admin-key"), admin_key)) return {};
    if (admin_key.empty()) {
        return fail(ErrorCode::MiroirInvalidAuth, "This route is closed: no admin key is configured (admin.api_key).");
    }
    return fail(ErrorCode::MiroirInvalidAuth,
                "This route needs the admin key, as `Authorization: Bearer <key>` or `X-Admin-Key: <key>`.");
}

}  // namespace miroir::admin

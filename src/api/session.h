// Read your writes (X-Miroir-Session): a read of an index to which the same session has an unfinished write waits for
// that write, or, by configuration, only keeps to the same replicas.
#pragma once

#include <optional>
#include <string>

#include "api/routes.h"

namespace miroir::api {

// Of the request, "" when it has none or sessions are off. MiroirInvalidRequest: no such name can be kept.
Result<std::string> session_of(const Visit& visit);

// Before a read. MiroirTimeout: the write has not ended in time. May give the visit a pin.
env::Task<Result<void>> honour_session(Visit& visit, const Route& route, std::string session);
// After a write that was accepted.
env::Task<void> remember_write(Desk& desk, std::string session, const http::Reply& reply);

}  // namespace miroir::api

// The addresses of a name, asked of the system without holding up the reactor. Literal addresses need no asking.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "env/cancel.h"
#include "env/real/reactor.h"

namespace miroir::wire {

// Empty: no such name, or no answer until `limit` or the wish to stop.
env::Task<std::vector<sockaddr_storage>> resolve(env::Reactor& reactor, std::string host, std::uint16_t port,
                                                 env::Monotonic limit, env::Cancel cancel);

}  // namespace miroir::wire

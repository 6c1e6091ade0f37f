// A reply that is none: the connection ends without a word. For nodes that are told to misbehave.
#pragma once

#include "http/message.h"

namespace miroir::http {

inline Reply hang_up() {
    Reply none;
    none.status = 0;
    return none;
}
inline bool is_hang_up(const Reply& reply) { return reply.status == 0; }

}  // namespace miroir::http

// What clients send to be completed, what models say piece by piece, and how they refuse.
#pragma once

#include "protocol/chat/shape.h"

namespace miroir::protocol::chat {

const Shape& request_shape();
const Shape& piece_shape();
const Shape& refusal_shape();          // {"error": {…}}
const Shape& mistral_refusal_shape();  // the members themselves

}  // namespace miroir::protocol::chat

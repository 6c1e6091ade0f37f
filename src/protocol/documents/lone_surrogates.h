// Values may hold escapes that are half a character (`\ud800`). The engine stores values unread, so such a payload is
// taken, and its task fails when the value is looked at. Names at the top of a document are read at once. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace miroir::protocol {

struct MendedPayload {
    std::string bytes;       // as long as they came, with whole characters instead, but in names at the top
    std::string unreadable;  // what the engine says of the first value that holds one
};

// `lines`: one document after the other, as in NDJSON. Nothing when no value holds one.
std::optional<MendedPayload> mend_lone_surrogates(std::string_view bytes, bool lines);

}  // namespace miroir::protocol

// A member of an object in the shape that its reader wants. What is absent or of another kind reads as nothing: "", 0,
// false; who must tell these apart looks at the value itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/value.h"

namespace miroir::json {

inline std::string text_at(const Value& object, std::string_view key) {
    const Value* found = object.find(key);
    return found != nullptr && found->is_string() ? found->string() : std::string();
}

inline std::uint64_t number_at(const Value& object, std::string_view key) {
    const Value* found = object.find(key);
    return found != nullptr && found->is_unsigned() ? found->unsigned_integer() : 0;
}

inline bool flag_at(const Value& object, std::string_view key) {
    const Value* found = object.find(key);
    return found != nullptr && found->is_bool() && found->boolean();
}

}  // namespace miroir::json

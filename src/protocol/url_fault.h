// What keeps the engine from reading a text as a URL, in its words; nothing where it can be read. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace miroir::protocol {

std::optional<std::string_view> url_fault(std::string_view url);

}  // namespace miroir::protocol

// Is this a template that the engine could read? Looks at the expressions in double braces and at the names of tags and
// blocks, with the engine's words of refusal; what stands behind these names, and names of filters, are left to the
// nodes. What is refused here, every node would refuse. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

// What is wrong with it, if anything.
std::optional<std::string> template_fault(std::string_view text);

// InvalidChatSettingDocumentTemplate.
Result<void> check_chat_template(std::string_view text);

}  // namespace miroir::protocol

// Is this a template that the engine could read? Looks at the expressions in double braces, with the engine's words of
// refusal; tags are left to the nodes. What is refused here, every node would refuse. Pure.
#pragma once

#include <string_view>

#include "base/result.h"

namespace miroir::protocol {

// InvalidChatSettingDocumentTemplate.
Result<void> check_chat_template(std::string_view text);

}  // namespace miroir::protocol

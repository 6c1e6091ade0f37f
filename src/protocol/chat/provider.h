// Who keeps a workspace's model, and how he is asked. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace miroir::protocol::chat {

enum class Source : std::uint8_t { OpenAi, AzureOpenAi, Mistral, VLlm };

struct Provider {
    Source source = Source::OpenAi;
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
};

// From a workspace's settings (protocol/instance/chat.h).
Provider provider_of(const json::Value& workspace);

// The role in which a model takes its instructions: "system", or "developer" for newer ones of OpenAI.
std::string_view instructing_role(Source source, std::string_view model);

}  // namespace miroir::protocol::chat

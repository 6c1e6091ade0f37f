// A chat workspace's settings: read, laid over what was there, shown. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "protocol/fields/read.h"

namespace miroir::protocol {

struct ChatPrompts {
    std::map<std::string, Setting<std::string>> texts;
};
struct ChatBody {
    std::map<std::string, Setting<std::string>> texts;
    std::optional<std::string> source;
    Setting<ChatPrompts> prompts;
};
Result<ChatBody> parse_chat(const json::Value& body);

json::Value fresh_chat();
void merge_chat(json::Value& chat, const ChatBody& body);
json::Value chat_view(json::Value chat);  // the key masked

}  // namespace miroir::protocol

#include "protocol/instance/chat.h"

#include "protocol/fields/fields.h"
#include "protocol/instance/chat_prompts.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {
namespace {

constexpr std::pair<std::string_view, ErrorCode> kTexts[] = {
    {"orgId", ErrorCode::InvalidChatCompletionOrgId},
    {"projectId", ErrorCode::InvalidChatCompletionProjectId},
    {"apiVersion", ErrorCode::InvalidChatCompletionApiVersion},
    {"deploymentId", ErrorCode::InvalidChatCompletionDeploymentId},
    {"baseUrl", ErrorCode::InvalidChatCompletionBaseApi},
    {"apiKey", ErrorCode::InvalidChatCompletionApiKey},
};

constexpr std::pair<std::string_view, ErrorCode> kPromptCodes[] = {
    {"system", ErrorCode::InvalidChatCompletionSystemPrompt},
    {"searchDescription", ErrorCode::InvalidChatCompletionSearchDescriptionPrompt},
    {"searchQParam", ErrorCode::InvalidChatCompletionSearchQueryParamPrompt},
    {"searchFilterParam", ErrorCode::InvalidChatCompletionSearchFilterParamPrompt},
    {"searchIndexUidParam", ErrorCode::InvalidChatCompletionSearchIndexUidParamPrompt},
};

}  // namespace

Result<void> read(const json::Value& value, const Place& place, ChatPrompts& out) {
    static const auto table = [] {
        FieldTable<ChatPrompts> made;
        for (const auto& [name, code] : kPromptCodes) {
            made = std::move(made).field(name, code,
                                         [name](ChatPrompts& p) -> auto& { return p.texts[std::string(name)]; });
        }
        return made;
    }();
    return table.read(value, place, out);
}

namespace {

Result<void> read_source(ChatBody& out, const json::Value& value, const Place& place) {
    static constexpr std::string_view kWords[] = {"openAi", "mistral", "azureOpenAi", "vLlm"};
    if (value.is_null()) return {};
    MIROIR_TRY(const std::size_t at, read_word(value, place, kWords));
    out.source = std::string(kWords[at]);
    return {};
}

std::string_view fresh_prompt(std::string_view name) {
    for (const auto& [known, text] : kChatPrompts) {
        if (known == name) return text;
    }
    return {};
}

}  // namespace

Result<ChatBody> parse_chat(const json::Value& body) {
    static const auto table = [] {
        auto made = FieldTable<ChatBody>().field("source", ErrorCode::BadRequest, read_source);
        for (const auto& [name, code] : kTexts) {
            made =
                std::move(made).field(name, code, [name](ChatBody& b) -> auto& { return b.texts[std::string(name)]; });
        }
        return std::move(made).field("prompts", ErrorCode::BadRequest, &ChatBody::prompts);
    }();
    return table.parse(body);
}

json::Value fresh_chat() {
    json::Object prompts;
    for (const auto& [name, text] : kChatPrompts) prompts.append(std::string(name), text);
    json::Object out{{"source", "openAi"}};
    for (const auto& [name, code] : kTexts) out.append(std::string(name), nullptr);
    out.append("prompts", std::move(prompts));
    return out;
}

json::Value chat_view(json::Value chat) {
    json::Value& key = chat["apiKey"];
    if (key.is_string()) key = masked_secret(key.string());
    return chat;
}

void merge_chat(json::Value& chat, const ChatBody& body) {
    if (body.source) chat["source"] = *body.source;
    for (const auto& [name, text] : body.texts) {
        if (text.is_given()) chat[name] = text.is_set() ? json::Value(text.value) : json::Value();
    }
    if (body.prompts.is_reset()) chat["prompts"] = *fresh_chat().find("prompts");
    for (const auto& [name, text] : body.prompts.value.texts) {
        if (text.is_given())
            chat["prompts"][name] = text.is_set() ? json::Value(text.value) : json::Value(fresh_prompt(name));
    }
}

}  // namespace miroir::protocol

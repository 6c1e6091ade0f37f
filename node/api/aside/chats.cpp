// Chat workspaces: their settings are kept and shown. Completions need a model elsewhere and are refused.
#include "node/api/aside/chat_prompts.h"
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

namespace miroir::node {
namespace {

using protocol::FieldTable;
using protocol::Place;
using protocol::Setting;

struct Prompts {
    std::map<std::string, Setting<std::string>> texts;
};

struct ChatBody {
    std::map<std::string, Setting<std::string>> texts;
    std::optional<std::string> source;
    Setting<Prompts> prompts;
};

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

Result<void> read(const json::Value& value, const Place& place, Prompts& out) {
    static const auto table = [] {
        FieldTable<Prompts> made;
        for (const auto& [name, code] : kPromptCodes) {
            made = std::move(made).field(name, code, [name](Prompts& p) -> auto& { return p.texts[std::string(name)]; });
        }
        return made;
    }();
    return table.read(value, place, out);
}

Result<void> read_source(ChatBody& out, const json::Value& value, const Place& place) {
    static constexpr std::string_view kWords[] = {"openAi", "mistral", "azureOpenAi", "vLlm"};
    if (value.is_null()) return {};
    MIROIR_TRY(const std::size_t at, protocol::read_word(value, place, kWords));
    out.source = std::string(kWords[at]);
    return {};
}

Result<ChatBody> parse_chat(const json::Value& body) {
    static const auto table = [] {
        auto made = FieldTable<ChatBody>().field("source", ErrorCode::BadRequest, read_source);
        for (const auto& [name, code] : kTexts) {
            made = std::move(made).field(name, code, [name](ChatBody& b) -> auto& { return b.texts[std::string(name)]; });
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

json::Value view(json::Value chat) {
    json::Value& key = chat["apiKey"];
    if (key.is_string()) key = protocol::masked_secret(key.string());
    return chat;
}

std::string_view fresh_prompt(std::string_view name) {
    for (const auto& [known, text] : kChatPrompts) {
        if (known == name) return text;
    }
    return {};
}

void merge(json::Value& chat, const ChatBody& body) {
    if (body.source) chat["source"] = *body.source;
    for (const auto& [name, text] : body.texts) {
        if (text.is_given()) chat[name] = text.is_set() ? json::Value(text.value) : json::Value();
    }
    if (body.prompts.is_reset()) chat["prompts"] = *fresh_chat().find("prompts");
    for (const auto& [name, text] : body.prompts.value.texts) {
        if (text.is_given()) chat["prompts"][name] = text.is_set() ? json::Value(text.value) : json::Value(fresh_prompt(name));
    }
}

Result<json::Value> find_chat(Visit& visit) {
    const std::string& name = visit.in.params.get("workspace");
    const Shelf& shelf = visit.world().shelf("chats");
    const auto found = shelf.find(name);
    if (found == shelf.end()) return fail(ErrorCode::ChatNotFound, "Chat `" + name + "` not found");
    return found->second;
}

constexpr std::string_view kSettings = "using the /chats/settings route";

Result<http::Reply> list(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", "listing the chats"));
    MIROIR_TRY(const Window window,
               parse_window(visit.in.raw_query, ErrorCode::InvalidIndexOffset, ErrorCode::InvalidIndexLimit));
    std::vector<json::Value> all;
    for (const auto& [name, chat] : visit.world().shelf("chats")) all.push_back(json::Object{{"uid", name}});
    return ok(paged(std::move(all), window));
}

Result<http::Reply> get(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", "displaying a chat"));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    return ok(json::Object{{"uid", visit.in.params.get("workspace")}});
}

Result<http::Reply> remove(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", "deleting a chat"));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    visit.desk.put("chats", visit.in.params.get("workspace"), {});
    visit.changed = true;
    return server::empty_reply(204);
}

Result<http::Reply> get_settings(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", kSettings));
    MIROIR_TRY(json::Value chat, find_chat(visit));
    return ok(view(std::move(chat)));
}

Result<http::Reply> patch_settings(Visit& visit) {
    MIROIR_TRY(const ChatBody body, parse_chat(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", kSettings));
    json::Value chat = find_chat(visit).value_or(fresh_chat());
    merge(chat, body);
    visit.desk.put("chats", visit.in.params.get("workspace"), chat);
    visit.changed = true;
    return ok(view(std::move(chat)));
}

Result<http::Reply> reset_settings(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", kSettings));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    visit.desk.put("chats", visit.in.params.get("workspace"), fresh_chat());
    visit.changed = true;
    return ok(view(fresh_chat()));
}

Result<http::Reply> complete(Visit& visit) {
    MIROIR_CHECK(visit.desk.require_feature("chatCompletions", "using the /chats chat completions route"));
    const json::Value* stream = visit.body.find("stream");
    if (stream == nullptr || !stream->is_bool() || !stream->boolean()) {
        return fail(ErrorCode::UnimplementedNonStreamingChatCompletions,
                    "Non-streamed chat completions is not implemented");
    }
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    return fail(ErrorCode::UnimplementedExternalFunctionCalling, "This node has no model to ask.");
}

constexpr std::string_view kOne = "/chats/{workspace}";
constexpr std::string_view kOneSettings = "/chats/{workspace}/settings";

constexpr Route kRoutes[] = {
    {"GET", "/chats", "chats.get", BodyKind::None, list},
    {"GET", kOne, "chats.get", BodyKind::None, get},
    {"DELETE", kOne, "chats.delete", BodyKind::None, remove},
    {"GET", kOneSettings, "chatsSettings.get", BodyKind::None, get_settings},
    {"PATCH", kOneSettings, "chatsSettings.update", BodyKind::Json, patch_settings},
    {"DELETE", kOneSettings, "chatsSettings.update", BodyKind::None, reset_settings},
    {"POST", "/chats/{workspace}/chat/completions", "chatCompletions", BodyKind::Json, complete},
};

}  // namespace

std::span<const Route> chat_routes() { return kRoutes; }

}  // namespace miroir::node

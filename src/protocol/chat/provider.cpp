#include "protocol/chat/provider.h"

#include <algorithm>
#include <array>

#include "json/members.h"

namespace miroir::protocol::chat {
namespace {

Source source_of(std::string_view name) {
    if (name == "azureOpenAi") return Source::AzureOpenAi;
    if (name == "mistral") return Source::Mistral;
    if (name == "vLlm") return Source::VLlm;
    return Source::OpenAi;
}

std::string_view usual_base(Source source) {
    return source == Source::Mistral ? "https://api.mistral.ai/v1" : "https://api.openai.com/v1";
}

// One slash between the base and what follows, however the base was written.
std::string base_of(const json::Value& workspace, Source source) {
    std::string base = json::text_at(workspace, "baseUrl");
    if (base.empty()) base = usual_base(source);
    while (base.ends_with('/')) base.pop_back();
    return base;
}

// What may stand in a query.
std::string encoded(std::string_view text) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("-_.*").find(c) != std::string_view::npos;
        const auto byte = static_cast<unsigned char>(c);
        if (plain) out += c;
        else if (c == ' ') out += '+';
        else out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
    return out;
}

}  // namespace

Provider provider_of(const json::Value& workspace) {
    Provider out{.source = source_of(json::text_at(workspace, "source")), .url = {}, .headers = {}};
    out.url = base_of(workspace, out.source);
    const std::string key = json::text_at(workspace, "apiKey");
    if (out.source == Source::AzureOpenAi) {
        out.url += "/openai/deployments/" + json::text_at(workspace, "deploymentId") +
                   "/chat/completions?api-version=" + encoded(json::text_at(workspace, "apiVersion"));
        out.headers = {{"api-key", key}};
    } else {
        out.url += "/chat/completions";
        if (const std::string id = json::text_at(workspace, "orgId"); !id.empty())
            out.headers.emplace_back("OpenAI-Organization", id);
        if (const std::string id = json::text_at(workspace, "projectId"); !id.empty())
            out.headers.emplace_back("OpenAI-Project", id);
        out.headers.emplace_back("Authorization", "Bearer " + key);
        out.headers.emplace_back("OpenAI-Beta", "assistants=v2");
    }
    out.headers.emplace_back("Content-Type", "application/json");
    out.headers.emplace_back("Accept", "text/event-stream");
    return out;
}

std::string_view instructing_role(Source source, std::string_view model) {
    static constexpr std::array<std::string_view, 6> kOlder = {"gpt-3.5", "gpt-4",  "gpt-4.1",
                                                               "gpt-4.5", "gpt-4o", "chatgpt-4o"};
    if (source == Source::Mistral || source == Source::VLlm) return "system";
    const bool older = std::ranges::any_of(kOlder, [&](std::string_view name) {
        return model.starts_with(name) && (model.size() == name.size() || model[name.size()] == '-');
    });
    return older ? "system" : "developer";
}

}  // namespace miroir::protocol::chat

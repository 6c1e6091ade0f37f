#include "protocol/chat/conversation.h"

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "protocol/chat/events.h"
#include "protocol/chat/shapes.h"

namespace miroir::protocol::chat {
namespace {

constexpr std::string_view kProgress = "_meiliSearchProgress";
constexpr std::string_view kAppend = "_meiliAppendConversationMessage";
constexpr std::string_view kSources = "_meiliSearchSources";
constexpr std::string_view kSearch = "_meiliSearchInIndex";

json::Value text_or_null(const json::Value& object, std::string_view name) {
    const json::Value* found = object.find(name);
    return found != nullptr ? *found : json::Value();
}

json::Object call_value(const ToolCall& call) {
    return {{"id", call.id},
            {"type", "function"},
            {"function", json::Object{{"name", call.name}, {"arguments", call.arguments}}}};
}

json::Object asking_message(const std::vector<ToolCall>& calls) {
    json::Array values;
    for (const ToolCall& call : calls) values.emplace_back(call_value(call));
    return {{"role", "assistant"}, {"tool_calls", std::move(values)}};
}

json::Object text_property(json::Value description) {
    return {{"type", "string"}, {"description", std::move(description)}};
}

// In the shape of a piece all three are numbers.
std::optional<Usage> usage_of(const json::Value& piece, std::string model) {
    const json::Value* usage = piece.find("usage");
    if (usage == nullptr || !usage->is_object()) return std::nullopt;
    const auto tokens = [usage](std::string_view name) { return usage->find(name)->unsigned_integer(); };
    return Usage{.model = std::move(model),
                 .prompt_tokens = tokens("prompt_tokens"),
                 .completion_tokens = tokens("completion_tokens"),
                 .total_tokens = tokens("total_tokens")};
}

}  // namespace

std::string facet_line(std::string_view field, const std::vector<std::string>& values) {
    std::string out(field);
    out += ": ";
    for (std::size_t i = 0; i < values.size(); ++i) out += values[i] + (i + 1 == values.size() ? "." : ", ");
    return out + "\n";
}

std::expected<Wish, std::string> read_wish(std::string_view arguments) {
    static constexpr Shape kText{.kind = Shape::Kind::Text};
    static constexpr Slot kSlots[] = {{.name = "index_uid", .shape = &kText, .required = true},
                                      {.name = "q", .shape = &kText},
                                      {.name = "filter", .shape = &kText}};
    static constexpr Shape kWish{.kind = Shape::Kind::Struct, .name = "SearchInIndexParameters", .slots = kSlots};
    if (const auto sound = json::parse(arguments); !sound) return std::unexpected(sound.error().message);
    const auto read = read_as(kWish, arguments);
    if (!read) return std::unexpected(read.error());
    Wish out{.index_uid = json::text_at(*read, "index_uid"), .q = {}, .filter = {}};
    if (const json::Value* q = read->find("q")) out.q = q->string();
    if (const json::Value* filter = read->find("filter")) out.filter = filter->string();
    return out;
}

Result<json::Value> read_request(std::string_view body) {
    auto read = read_as(request_shape(), body);
    if (!read) return fail(ErrorCode::BadRequest, "Json deserialize error: " + read.error());
    return *std::move(read);
}

Result<void> check_choices(const json::Value& request) {
    const json::Value* n = request.find("n");
    if (n != nullptr && n->unsigned_integer() != 1) {
        return fail(
            ErrorCode::UnimplementedMultiChoiceChatCompletions,
            "You tried to specify n = " + json::to_text(*n) + " but only single choices are supported (n = 1).");
    }
    if (!json::flag_at(request, "stream")) {
        return fail(ErrorCode::UnimplementedNonStreamingChatCompletions,
                    "Non-streamed chat completions is not implemented");
    }
    return {};
}

Result<Conversation> Conversation::begin(json::Value request, const json::Value& workspace,
                                         const std::vector<Shelf>& shelves, DrawUuid draw_uuid) {
    Conversation out(std::move(request), provider_of(workspace).source, std::move(draw_uuid));
    MIROIR_CHECK(out.take_tools());
    out.offer_search(workspace, shelves);
    return out;
}

// The client's own tools are but switches: the model never sees them.
Result<void> Conversation::take_tools() {
    const json::Value* tools = request_.find("tools");
    for (const json::Value& tool : tools != nullptr ? tools->array() : json::Array()) {
        const std::string name = json::text_at(*tool.find("function"), "name");
        if (name == kSearch) return fail(ErrorCode::BadRequest, name + " function is already defined.");
        if (name != kProgress && name != kAppend && name != kSources) {
            return fail(ErrorCode::UnimplementedExternalFunctionCalling,
                        name + ": External functions are not supported yet.");
        }
        tells_progress_ = tells_progress_ || name == kProgress;
        tells_messages_ = tells_messages_ || name == kAppend;
        tells_sources_ = tells_sources_ || name == kSources;
    }
    return {};
}

void Conversation::offer_search(const json::Value& workspace, const std::vector<Shelf>& shelves) {
    const json::Value* prompts = workspace.find("prompts");
    const json::Value none;
    const json::Value& said = prompts != nullptr ? *prompts : none;
    std::string about = json::text_at(said, "searchDescription");
    std::string filters = json::text_at(said, "searchFilterParam");
    json::Array uids;
    for (const Shelf& shelf : shelves) {
        about += "\n\n - " + shelf.uid + ": " + shelf.description + "\n\n";
        filters += "\n## Facet distributions of the " + shelf.uid + " index\n" + shelf.facets + "\n";
        uids.emplace_back(shelf.uid);
    }
    json::Object uid{
        {"type", "string"}, {"enum", std::move(uids)}, {"description", json::text_at(said, "searchIndexUidParam")}};
    json::Object properties{{"index_uid", std::move(uid)},
                            {"q", text_property(json::text_at(said, "searchQParam"))},
                            {"filter", text_property(std::move(filters))}};
    json::Object parameters{{"type", "object"},
                            {"properties", std::move(properties)},
                            {"required", json::Array{"index_uid", "q", "filter"}},
                            {"additionalProperties", false}};
    json::Object function{
        {"name", kSearch}, {"description", std::move(about)}, {"parameters", std::move(parameters)}, {"strict", true}};
    json::Object tool{{"type", "function"}, {"function", std::move(function)}};
    request_["tools"] = json::Array{json::Value(std::move(tool))};
    const std::string role(instructing_role(source_, json::text_at(request_, "model")));
    json::Array& messages = request_["messages"].array();
    messages.insert(messages.begin(), json::Object{{"role", role}, {"content", json::text_at(said, "system")}});
    request_.object().erase("stream_options");
    if (source_ == Source::OpenAi || source_ == Source::AzureOpenAi)
        request_["stream_options"] = json::Object{{"include_usage", true}};
}

std::string Conversation::ask() {
    ++rounds_;
    finish_.clear();
    return json::to_text(request_);
}

void Conversation::gather(const json::Array& calls) {
    for (const json::Value& piece : calls) {
        const json::Value* function = piece.find("function");
        const std::string arguments = function != nullptr ? json::text_at(*function, "arguments") : std::string();
        const std::uint64_t index = json::number_at(piece, "index");
        const auto known = gathered_.find(index);
        if (known != gathered_.end()) {
            if (known->second && known->second->arguments.size() < kArgumentBytesMax)
                known->second->arguments += arguments;
            continue;
        }
        const std::string name = function != nullptr ? json::text_at(*function, "name") : std::string();
        std::optional<ToolCall> call;
        if (name == kSearch) call = ToolCall{.id = json::text_at(piece, "id"), .name = name, .arguments = arguments};
        gathered_.emplace(index, std::move(call));
    }
}

std::vector<ToolCall> Conversation::take_calls() {
    std::vector<ToolCall> calls;
    for (auto& [index, call] : std::exchange(gathered_, {})) {
        if (call) calls.push_back(*std::move(call));
    }
    request_["messages"].array().emplace_back(asking_message(calls));
    return calls;
}

std::expected<Conversation::Heard, std::string> Conversation::hear(std::string_view piece) {
    if (const auto sound = json::parse(piece); !sound) return std::unexpected(sound.error().message);
    auto read = read_as(piece_shape(), piece);
    if (!read) return std::unexpected(read.error());
    Heard heard;
    heard.usage = usage_of(*read, json::text_at(request_, "model"));
    const json::Array& choices = read->find("choices")->array();
    if (choices.empty()) {
        heard.over = true;
        return heard;
    }
    finish_ = json::text_at(choices.front(), "finish_reason");
    const json::Value* calls = choices.front().find("delta")->find("tool_calls");
    if (calls->is_array()) {
        gather(calls->array());
    } else if (gathered_.empty()) {
        heard.events.push_back(event_text(json::to_text(*read)));
    } else {
        last_piece_ = read->object();
        heard.calls = take_calls();
    }
    return heard;
}

// The frame of the piece at hand, with a call of one of the client's tools instead of its choice.
std::string Conversation::call_event(std::string_view function, const json::Object& arguments) const {
    json::Object call{{"index", 0},
                      {"id", draw_uuid_()},
                      {"type", "function"},
                      {"function", json::Object{{"name", function}, {"arguments", json::to_text(arguments)}}}};
    json::Object delta{{"content", nullptr},
                       {"function_call", nullptr},
                       {"tool_calls", json::Array{json::Value(std::move(call))}},
                       {"role", "assistant"},
                       {"refusal", nullptr}};
    json::Object choice{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", nullptr}, {"logprobs", nullptr}};
    json::Object frame = last_piece_;
    frame.find("choices")->array().front() = std::move(choice);
    return event_text(json::to_text(frame));
}

std::vector<std::string> Conversation::before_call(const ToolCall& call) {
    std::vector<std::string> events;
    if (tells_progress_) {
        const json::Object progress{
            {"call_id", call.id}, {"function_name", call.name}, {"function_arguments", call.arguments}};
        events.push_back(call_event(kProgress, progress));
    }
    if (tells_messages_) events.push_back(call_event(kAppend, asking_message({call})));
    return events;
}

std::vector<std::string> Conversation::after_call(const ToolCall& call, Findings findings) {
    std::vector<std::string> events;
    if (tells_sources_ && findings.has_documents) {
        json::Object sources{{"call_id", call.id}, {"sources", std::move(findings.documents)}};
        events.push_back(call_event(kSources, sources));
    }
    json::Object message{{"role", "tool"}, {"content", std::move(findings.text)}, {"tool_call_id", call.id}};
    if (tells_messages_) events.push_back(call_event(kAppend, message));
    request_["messages"].array().emplace_back(std::move(message));
    if (findings.error) {
        const std::string status = std::to_string(findings.error->http_status());
        events.push_back(error_event("response_error", status, findings.error->message));
    }
    return events;
}

std::string Conversation::error_event(std::string_view type, const json::Value& code, std::string_view message,
                                      const json::Value& param) const {
    json::Object error{{"type", type}, {"code", code}, {"message", message}, {"param", param}, {"event_id", nullptr}};
    json::Object event{{"event_id", draw_uuid_()}, {"type", "error"}, {"error", std::move(error)}};
    return event_text(json::to_text(event));
}

std::string Conversation::refusal_event(std::string_view body) const {
    const bool mistral = source_ == Source::Mistral;
    const auto sound = json::parse(body);
    auto read = read_as(mistral ? mistral_refusal_shape() : refusal_shape(), sound ? body : "null");
    if (!read) return error_event("reqwest_error", nullptr, "error decoding response body");
    const json::Value& error = mistral ? *read : *read->find("error");
    return error_event(json::text_at(error, "type"), text_or_null(error, "code"), json::text_at(error, "message"),
                       text_or_null(error, "param"));
}

}  // namespace miroir::protocol::chat

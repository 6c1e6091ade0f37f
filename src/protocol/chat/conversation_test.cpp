#include "protocol/chat/conversation.h"

#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/chat/events.h"
#include "protocol/instance/chat.h"

namespace miroir::protocol::chat {
namespace {

constexpr std::string_view kRequest =
    R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"temperature":0.3,"top_p":1,"unknown":1)";

json::Value workspace(std::string_view source) {
    json::Value out = fresh_chat();
    out["source"] = source;
    return out;
}

std::string offering(std::string_view tool) {
    return R"({"type":"function","function":{"name":")" + std::string(tool) + R"("}})";
}

struct Held {
    explicit Held(std::string more = {}, std::string_view source = "vLlm") {
        json::Value request = *read_request(std::string(kRequest) + more + "}");
        const std::vector<Shelf> shelves = {
            {.uid = "films", .description = "All", .facets = facet_line("g", {"a", "b"})}};
        auto begun = Conversation::begin(std::move(request), workspace(source), shelves, [] { return "uuid"; });
        if (begun) held.emplace(*std::move(begun));
        else error = begun.error();
    }
    json::Value asked() { return *json::parse(held->ask()); }
    Conversation::Heard hear(std::string_view delta, std::string_view finish = "null") {
        auto heard = held->hear(R"({"id":"i","object":"o","created":1,"model":"s","choices":[{"index":0,"delta":)" +
                                std::string(delta) + R"(,"finish_reason":)" + std::string(finish) + "}]}");
        EXPECT_TRUE(heard) << heard.error();
        return heard ? *heard : Conversation::Heard();
    }
    std::optional<Conversation> held;
    Error error;
};

std::string call_delta(int index, std::string_view name, std::string_view arguments) {
    return R"({"tool_calls":[{"index":)" + std::to_string(index) +
           R"(,"id":"c","type":"function","function":{"name":)" + std::string(name) + R"(,"arguments":)" +
           std::string(arguments) + "}}]}";
}

TEST(ChatRequest, IsReadInTheEnginesOrder) {
    const auto read = read_request(
        R"({"n":1,"temperature":0.3,"model":"m","top_p":1,"messages":[{"content":[{"text":"a","type":"text","x":1}],"role":"user"}],"seed":null})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(
        json::to_text(*read),
        R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}],"model":"m","n":1,"temperature":0.3,"top_p":1.0})");
}

// As Meilisearch v1.50.0 refused them.
TEST(ChatRequest, RefusalsSayWhere) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"model":"m"})", "missing field `messages` at line 1 column 13"},
        {R"({"messages":[],"model":1})", "invalid type: integer `1`, expected a string at line 1 column 24"},
        {R"([])", "invalid length 0, expected struct CreateChatCompletionRequest with 30 elements at line 1 column 2"},
        {R"({"messages":[{"role":"robot","content":"x"}],"model":"m"})",
         "unknown variant `robot`, expected one of `developer`, `system`, `user`, `assistant`, `tool`, `function` at "
         "line 1 "
         "column 28"},
        {R"({"messages":[{"role":"user","content":1}],"model":"m"})",
         "data did not match any variant of untagged enum ChatCompletionRequestUserMessageContent at line 1 column 41"},
        {R"({"messages":[{"content":1}],"model":"m"})", "missing field `role` at line 1 column 26"},
        {R"({"messages":[],"model":"m","n":300})", "invalid value: integer `300`, expected u8 at line 1 column 34"},
        {R"({"messages":[],"model":"m","stream":"x"})",
         "invalid type: string \"x\", expected a boolean at line 1 column 39"},
        {R"({"messages":[],"model":"m","tools":[{"function":{}}]})", "missing field `name` at line 1 column 50"},
        {R"({"messages":[],"model":"m","service_tier":"gold"})",
         "unknown variant `gold`, expected `auto` or `default` at line 1 column 48"},
        {"{\"messages\":[],\n\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a\"}}],"
         "\"temperature\":\"x\"}",
         "invalid type: string \"x\", expected f32 at line 2 column 83"},
    };
    for (const auto& [text, refusal] : cases) {
        const auto read = read_request(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message, "Json deserialize error: " + std::string(refusal)) << text;
        EXPECT_EQ(read.error().code, ErrorCode::BadRequest);
    }
}

TEST(ChatRequest, OnlyStreamsOfOneAnswer) {
    EXPECT_TRUE(check_choices(*json::parse(R"({"stream":true})")));
    EXPECT_TRUE(check_choices(*json::parse(R"({"stream":true,"n":1})")));
    EXPECT_EQ(check_choices(*json::parse(R"({"n":2})")).error().code,
              ErrorCode::UnimplementedMultiChoiceChatCompletions);
    EXPECT_EQ(check_choices(*json::parse(R"({})")).error().code, ErrorCode::UnimplementedNonStreamingChatCompletions);
}

TEST(Conversation, TheModelIsOfferedTheSearch) {
    Held held;
    const json::Value asked = held.asked();
    EXPECT_EQ(asked.find("stream_options"), nullptr);
    EXPECT_EQ(asked.find("unknown"), nullptr);
    const json::Array& messages = asked.find("messages")->array();
    EXPECT_EQ(messages[0].find("role")->string(), "system");
    EXPECT_EQ(messages[1].find("content")->string(), "hi");
    const json::Value* function = asked.find("tools")->array()[0].find("function");
    EXPECT_TRUE(function->find("description")->string().ends_with("\n\n - films: All\n\n"));
    const json::Value* properties = function->find("parameters")->find("properties");
    EXPECT_TRUE(properties->find("filter")
                    ->find("description")
                    ->string()
                    .ends_with("\n## Facet distributions of the films index\ng: a, b.\n\n"));
    EXPECT_EQ(json::to_text(*properties->find("index_uid")->find("enum")), R"(["films"])");
}

TEST(Conversation, NewerModelsTakeInstructionsFromDevelopers) {
    Held held("", "openAi");
    const json::Value asked = held.asked();
    EXPECT_EQ(asked.find("messages")->array()[0].find("role")->string(), "developer");
    EXPECT_EQ(json::to_text(*asked.find("stream_options")), R"({"include_usage":true})");
    EXPECT_EQ(instructing_role(Source::OpenAi, "gpt-4o-mini"), "system");
    EXPECT_EQ(instructing_role(Source::OpenAi, "gpt-4"), "system");
    EXPECT_EQ(instructing_role(Source::AzureOpenAi, "gpt-40"), "developer");
    EXPECT_EQ(instructing_role(Source::Mistral, "o3"), "system");
}

TEST(Conversation, ToolsThatAreNotTheEnginesAreRefused) {
    const Held other(R"(,"tools":[)" + offering("other") + "]");
    EXPECT_EQ(other.error.code, ErrorCode::UnimplementedExternalFunctionCalling);
    EXPECT_EQ(other.error.message, "other: External functions are not supported yet.");
    const Held own(R"(,"tools":[)" + offering("_meiliSearchInIndex") + "]");
    EXPECT_EQ(own.error.code, ErrorCode::BadRequest);
}

TEST(Conversation, WordsArePassedOnInOneForm) {
    Held held;
    held.asked();
    const auto heard = held.hear(R"({"content":[{"type":"text","text":"a"},{"type":"x"}],"more":1})", R"("stop")");
    ASSERT_EQ(heard.events.size(), 1U);
    EXPECT_EQ(heard.events[0],
              R"(data: {"id":"i","choices":[{"index":0,"delta":{"content":"a","function_call":null,"tool_calls":null,)"
              R"("role":null,"refusal":null},"finish_reason":"stop","logprobs":null}],"created":1,"model":"s",)"
              R"("service_tier":null,"system_fingerprint":null,"object":"o","usage":null})"
              "\n\n");
    EXPECT_FALSE(held.held->goes_on());
    EXPECT_TRUE(held.held->hear(R"({"id":"i","object":"o","created":1,"model":"s","choices":[]})")->over);
    EXPECT_EQ(held.held->hear(R"({"choices":[]})").error(), "missing field `id` at line 1 column 14");
    EXPECT_EQ(held.held->hear("{nonsense").error(), "key must be a string at line 1 column 2");
}

TEST(Conversation, CallsAreGatheredAndAnswered) {
    Held held(R"(,"tools":[)" + offering("_meiliSearchProgress") + "," + offering("_meiliSearchSources") + "," +
              offering("_meiliAppendConversationMessage") + "]");
    held.asked();
    EXPECT_TRUE(held.hear(call_delta(0, R"("_meiliSearchInIndex")", R"("{\"index_uid\"")")).events.empty());
    held.hear(call_delta(0, "null", R"(":\"films\"}")"));
    held.hear(call_delta(1, R"("other")", R"("{}")"));
    const auto heard = held.hear("{}", R"("tool_calls")");
    EXPECT_TRUE(heard.events.empty());
    ASSERT_EQ(heard.calls.size(), 1U) << "what is not ours is left out";
    EXPECT_EQ(heard.calls[0].arguments, R"({"index_uid":"films"})");
    EXPECT_TRUE(held.held->goes_on());

    const auto before = held.held->before_call(heard.calls[0]);
    ASSERT_EQ(before.size(), 2U);
    EXPECT_NE(before[0].find(R"("name":"_meiliSearchProgress")"), std::string::npos);
    EXPECT_NE(before[1].find(R"("name":"_meiliAppendConversationMessage")"), std::string::npos);
    Findings found;
    found.has_documents = true;
    found.documents = {json::Value(json::Object{{"id", 1}})};
    found.text = "id: 1\n";
    found.error = Error{.code = ErrorCode::IndexNotFound, .message = "none"};
    const auto after = held.held->after_call(heard.calls[0], found);
    ASSERT_EQ(after.size(), 3U);
    EXPECT_NE(
        after[0].find(R"("name":"_meiliSearchSources","arguments":"{\"call_id\":\"c\",\"sources\":[{\"id\":1}]}")"),
        std::string::npos);
    EXPECT_EQ(
        after[2],
        R"(data: {"event_id":"uuid","type":"error","error":{"type":"response_error","code":"404","message":"none",)"
        R"("param":null,"event_id":null}})"
        "\n\n");
    const json::Value asked = held.asked();
    const json::Array& messages = asked.find("messages")->array();
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(json::to_text(messages[3]), R"({"role":"tool","content":"id: 1\n","tool_call_id":"c"})");
}

TEST(Conversation, ItIsAskedTwentyTimes) {
    Held held;
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(held.held->may_ask());
        held.asked();
    }
    EXPECT_FALSE(held.held->may_ask());
}

TEST(Conversation, RefusalsOfModelsAreToldAsTheyAre) {
    const Held held;
    EXPECT_NE(held.held->refusal_event(R"({"error":{"message":"Bad","type":"t","code":"c"}})")
                  .find(R"("error":{"type":"t","code":"c","message":"Bad","param":null,"event_id":null})"),
              std::string::npos);
    for (const std::string_view body : {"it broke", "", R"({"message":"m","type":"t"})"})
        EXPECT_NE(held.held->refusal_event(body).find("error decoding response body"), std::string::npos) << body;
    const Held mistral("", "mistral");
    EXPECT_NE(mistral.held->refusal_event(R"({"message":"m","type":"t"})").find(R"("message":"m")"), std::string::npos);
}

TEST(ChatWish, SaysWhatIsWrongWithACall) {
    const auto wish = read_wish(R"({"index_uid":"a","q":null,"filter":"x","more":1})");
    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->index_uid, "a");
    EXPECT_FALSE(wish->q);
    EXPECT_EQ(*wish->filter, "x");
    EXPECT_EQ(read_wish(R"({"q":"x"})").error(), "missing field `index_uid` at line 1 column 9");
    EXPECT_EQ(read_wish(R"({"index_uid":"films")").error(), "EOF while parsing an object at line 1 column 20");
}

TEST(ChatEvents, AreReadInAnyPieces) {
    const std::string stream =
        "\xEF\xBB\xBF: hello\r\nevent: x\rdata: one\n\ndata:two\ndata: lines\r\n\r\ndata\n\nid: 3\n\ndata: [DONE]\n\n";
    for (std::size_t size = 1; size <= stream.size(); ++size) {
        EventReader reader(100);
        std::vector<std::string> events;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            reader.feed(std::string_view(stream).substr(at, size));
            for (auto event = reader.next(); event && *event; event = reader.next()) events.push_back(**event);
        }
        EXPECT_EQ(events, (std::vector<std::string>{"one", "two\nlines", "[DONE]"})) << size;
    }
}

TEST(ChatEvents, AreBounded) {
    EventReader line(10), lines(10);
    line.feed("data: 0123456789");
    EXPECT_FALSE(line.next());
    for (int i = 0; i < 5; ++i) lines.feed("data: 012\n");
    EXPECT_FALSE(lines.next());
}

TEST(ChatEvents, SayWhereATextIsNoText) {
    EXPECT_FALSE(utf8_fault("é"));
    EXPECT_EQ(utf8_fault("\xff\xfe"), "invalid utf-8 sequence of 1 bytes from index 0");
    EXPECT_EQ(utf8_fault("aé\xff"), "invalid utf-8 sequence of 1 bytes from index 3");
}

TEST(ChatProvider, IsAskedWhereAndAsTheWorkspaceSays) {
    json::Value azure = workspace("azureOpenAi");
    azure["baseUrl"] = "https://a.example/";
    azure["deploymentId"] = "d";
    azure["apiVersion"] = "2024 x";
    azure["apiKey"] = "k";
    const Provider asked = provider_of(azure);
    EXPECT_EQ(asked.url, "https://a.example/openai/deployments/d/chat/completions?api-version=2024+x");
    EXPECT_EQ(asked.headers[0], (std::pair<std::string, std::string>("api-key", "k")));
    EXPECT_EQ(provider_of(workspace("openAi")).url, "https://api.openai.com/v1/chat/completions");
    EXPECT_EQ(provider_of(workspace("mistral")).url, "https://api.mistral.ai/v1/chat/completions");
}

}  // namespace
}  // namespace miroir::protocol::chat

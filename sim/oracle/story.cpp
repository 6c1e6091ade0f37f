#include "sim/oracle/story.h"

namespace miroir::sim {
namespace {

json::Object request_of(const std::string& method, const std::string& path, const json::Value& body) {
    return {{"method", method}, {"path", path}, {"body", body}};
}

template <class Request>
Result<Request> read_request(const json::Value& printed) {
    const json::Value* method = printed.find("method");
    const json::Value* path = printed.find("path");
    const json::Value* body = printed.find("body");
    if (method == nullptr || !method->is_string() || path == nullptr || !path->is_string() || body == nullptr)
        return fail(ErrorCode::BadRequest, "a request needs method, path and body");
    return Request{.method = method->string(), .path = path->string(), .body = *body};
}

std::uint32_t number_at(const json::Value& printed, std::string_view name, std::uint32_t otherwise) {
    const json::Value* found = printed.find(name);
    return found != nullptr && found->is_unsigned() ? static_cast<std::uint32_t>(found->unsigned_integer()) : otherwise;
}

}  // namespace

json::Value to_json(const Story& story, const Question& question) {
    json::Array writes;
    for (const Write& write : story.writes) writes.emplace_back(request_of(write.method, write.path, write.body));
    return json::Object{{"nodes", story.nodes},
                        {"replicas", story.replicas},
                        {"shards", story.shards},
                        {"keysFirst", story.keys_first},
                        {"settings", story.settings},
                        {"writes", std::move(writes)},
                        {"question", request_of(question.method, question.path, question.body)}};
}

Result<std::pair<Story, Question>> story_of(const json::Value& printed) {
    const json::Value* settings = printed.find("settings");
    const json::Value* writes = printed.find("writes");
    const json::Value* asked = printed.find("question");
    if (settings == nullptr || !settings->is_object() || writes == nullptr || !writes->is_array() || asked == nullptr)
        return fail(ErrorCode::BadRequest, "a story needs settings, writes and a question");
    Story story{.nodes = number_at(printed, "nodes", 3),
                .replicas = number_at(printed, "replicas", 1),
                .shards = number_at(printed, "shards", 8),
                .keys_first = printed.find("keysFirst") != nullptr && *printed.find("keysFirst") == json::Value(true),
                .settings = settings->object(),
                .writes = {}};
    for (const json::Value& write : writes->array()) {
        MIROIR_TRY(Write read, read_request<Write>(write));
        story.writes.push_back(std::move(read));
    }
    MIROIR_TRY(Question question, read_request<Question>(*asked));
    return std::pair(std::move(story), std::move(question));
}

}  // namespace miroir::sim

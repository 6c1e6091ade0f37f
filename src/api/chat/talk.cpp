#include "api/chat/talk.h"

#include "env/log.h"

namespace miroir::api {
namespace {

constexpr std::string_view kTarget = "chat";
constexpr env::MetricName kSearches{"miroir_chat_searches_total",
                                    "Total number of searches performed by the chat route"};
constexpr env::MetricName kPromptTokens{"miroir_chat_prompt_tokens_total", "Total number of prompt tokens consumed"};
constexpr env::MetricName kCompletionTokens{"miroir_chat_completion_tokens_total",
                                            "Total number of completion tokens consumed"};
constexpr env::MetricName kTokens{"miroir_chat_tokens_total", "Total number of tokens consumed (prompt + completion)"};

bool is_stream(const http::Reply& reply) {
    const std::string_view type = reply.headers.get("content-type");
    std::string_view essence = type.substr(0, type.find(';'));
    while (essence.ends_with(' ')) essence.remove_suffix(1);
    return reply.status == 200 && reply.stream != nullptr && http::same_name(essence, "text/event-stream");
}

std::string joined(std::vector<std::string> events) {
    std::string out;
    for (const std::string& event : events) out += event;
    return out;
}

}  // namespace

env::Task<Result<std::string>> Talk::next() {
    while (said_.empty() && stage_ != Stage::Closed) {
        const Result<void> done = co_await step();
        if (!done) {
            stage_ = Stage::Closed;
            answer_.reset();
            co_return fail(done.error());
        }
    }
    co_return std::exchange(said_, {});
}

env::Task<Result<void>> Talk::step() {
    switch (stage_) {
        case Stage::Greeting:
            said_ = "retry: 10000\n\n";
            stage_ = Stage::Asking;
            break;
        case Stage::Asking: co_return co_await ask();
        case Stage::Hearing: co_return co_await hear();
        case Stage::Searching: co_return co_await search();
        case Stage::Closing:
            said_ = protocol::chat::event_text("[DONE]");
            stage_ = Stage::Closed;
            break;
        case Stage::Closed: break;
    }
    co_return Result<void>{};
}

// An error that ends the conversation; what the outside said is for the log alone.
void Talk::break_off(std::string_view type, const json::Value& code, std::string_view message) {
    said_ += parts_.conversation.error_event(type, code, message);
    answer_.reset();
    stage_ = Stage::Closing;
}

env::Task<Result<void>> Talk::ask() {
    if (!parts_.conversation.may_ask()) {
        stage_ = Stage::Closing;
        co_return Result<void>{};
    }
    const Result<http::Url> url = http::parse_url(parts_.provider.url);
    if (!url) {
        break_off("transport_error", nullptr, "builder error");
        co_return Result<void>{};
    }
    http::Outgoing request;
    request.method = "POST";
    request.target = url->target;
    for (const auto& [name, value] : parts_.provider.headers) request.headers.add(name, value);
    request.body = parts_.conversation.ask();
    Desk& desk = parts_.desk;
    const std::chrono::nanoseconds patience = desk.options().chats.patience;
    http::SendOptions options;
    options.deadline = env::Deadline::after(desk.env().clock, patience);
    options.cancel = parts_.in.call.cancel;
    options.body_limit = kAnswerBytesMax;
    Result<http::Reply> reply =
        co_await parts_.outside.open(url->address, std::move(request), std::move(options), patience);
    if (!reply && reply.error().code == ErrorCode::MiroirCanceled) co_return fail(reply.error());
    if (!reply) {
        desk.env().log.warn(kTarget, "a model could not be asked", {{"error", reply.error().message}});
        const bool rejected = reply.error().code == ErrorCode::MiroirInvalidRequest;
        break_off("transport_error", nullptr,
                  rejected ? "Rejected IP" : "error sending request for url (" + parts_.provider.url + ")");
        co_return Result<void>{};
    }
    if (!is_stream(*reply)) co_return co_await read_refusal(*std::move(reply));
    answer_ = std::move(reply->stream);
    events_ = protocol::chat::EventReader(kEventBytesMax);
    stage_ = Stage::Hearing;
    co_return Result<void>{};
}

env::Task<Result<void>> Talk::read_refusal(http::Reply reply) {
    parts_.desk.env().log.warn(kTarget, "a model refused a conversation", {{"status", reply.status}});
    Result<std::string> body = std::string();
    if (reply.stream) body = co_await http::read_all(*reply.stream, kRefusalBytesMax);
    if (!body && body.error().code == ErrorCode::MiroirCanceled) co_return fail(body.error());
    said_ += parts_.conversation.refusal_event(body ? *body : std::string());
    stage_ = Stage::Closing;
    co_return Result<void>{};
}

void Talk::end_answer() {
    answer_.reset();
    stage_ = parts_.conversation.goes_on() ? Stage::Asking : Stage::Closing;
}

void Talk::count(const protocol::chat::Usage& usage) {
    env::Metrics* metrics = parts_.desk.options().metrics;
    if (metrics == nullptr) return;
    const auto add = [&](const env::MetricName& name, std::uint64_t tokens) {
        metrics->counter(name, {{"workspace", parts_.workspace}, {"model", usage.model}})
            .add(static_cast<double>(tokens));
    };
    add(kPromptTokens, usage.prompt_tokens);
    add(kCompletionTokens, usage.completion_tokens);
    add(kTokens, usage.total_tokens);
}

void Talk::take(const std::string& piece) {
    if (const auto fault = protocol::chat::utf8_fault(piece)) return break_off("invalid_utf8_error", nullptr, *fault);
    auto heard = parts_.conversation.hear(piece);
    if (!heard) return break_off("json_deserialize_error", "internal", heard.error());
    if (heard->usage) count(*heard->usage);
    said_ += joined(std::move(heard->events));
    for (protocol::chat::ToolCall& call : heard->calls) calls_.push_back(std::move(call));
    if (heard->over) end_answer();
    else if (!calls_.empty()) stage_ = Stage::Searching;
}

env::Task<Result<void>> Talk::hear() {
    const auto event = events_.next();
    if (!event) {
        break_off("parser_error", nullptr, event.error());
    } else if (*event && **event == "[DONE]") {
        end_answer();
    } else if (*event) {
        take(**event);
    } else {
        const Result<std::string> piece = co_await answer_->next();
        if (!piece && piece.error().code == ErrorCode::MiroirCanceled) co_return fail(piece.error());
        if (!piece) {
            parts_.desk.env().log.warn(kTarget, "a model's answer broke off", {{"error", piece.error().message}});
            const bool late = piece.error().code == ErrorCode::MiroirTimeout;
            break_off("transport_error", nullptr, late ? "operation timed out" : "error decoding response body");
        } else if (piece->empty()) {
            break_off("stream_ended", nullptr, "Stream ended");
        } else {
            events_.feed(*piece);
        }
    }
    co_return Result<void>{};
}

// What is about to be searched goes out before the search.
env::Task<Result<void>> Talk::search() {
    if (calls_.empty()) {
        stage_ = Stage::Hearing;
        co_return Result<void>{};
    }
    if (!std::exchange(announced_, true)) {
        said_ += joined(parts_.conversation.before_call(calls_.front()));
        co_return Result<void>{};
    }
    protocol::chat::Findings findings = co_await look_up(parts_.desk, parts_.in, calls_.front().arguments);
    if (parts_.in.call.cancel.requested()) co_return fail(ErrorCode::MiroirCanceled, "the client has gone away");
    env::Metrics* metrics = parts_.desk.options().metrics;
    if (findings.has_documents && metrics != nullptr) metrics->counter(kSearches, {{"type", "internal"}}).add();
    said_ += joined(parts_.conversation.after_call(calls_.front(), std::move(findings)));
    calls_.pop_front();
    announced_ = false;
    co_return Result<void>{};
}

}  // namespace miroir::api

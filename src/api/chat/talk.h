// A conversation under way, as the body of the reply to the client: each piece is what the model has said meanwhile, or
// what came of a search it wanted. It goes on only as fast as the client reads, and ends when he goes away.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "api/chat/lookup.h"
#include "http/streaming.h"
#include "protocol/chat/events.h"

namespace miroir::api {

class Talk final : public http::BodySource {
public:
    struct Parts {
        Desk& desk;
        http::StreamingClient& outside;
        server::Incoming in;  // the client's request, for his rights and his going away
        protocol::chat::Provider provider;
        protocol::chat::Conversation conversation;
        std::string workspace;
        std::shared_ptr<void> place;  // among the conversations that may be held at once
    };
    explicit Talk(Parts parts) : parts_(std::move(parts)) {}

    env::Task<Result<std::string>> next() override;

private:
    enum class Stage : std::uint8_t { Greeting, Asking, Hearing, Searching, Closing, Closed };

    env::Task<Result<void>> step();
    env::Task<Result<void>> ask();
    env::Task<Result<void>> hear();
    env::Task<Result<void>> search();
    env::Task<Result<void>> read_refusal(http::Reply reply);
    void take(const std::string& piece);
    void count(const protocol::chat::Usage& usage);
    void end_answer();
    void break_off(std::string_view type, const json::Value& code, std::string_view message);

    static constexpr std::size_t kEventBytesMax = 4u << 20;
    static constexpr std::size_t kAnswerBytesMax = 64u << 20;
    static constexpr std::size_t kRefusalBytesMax = 1u << 20;

    Parts parts_;
    Stage stage_ = Stage::Greeting;
    std::string said_;  // events that wait for the client
    std::unique_ptr<http::BodySource> answer_;
    protocol::chat::EventReader events_{kEventBytesMax};
    std::deque<protocol::chat::ToolCall> calls_;
    bool announced_ = false;  // the first of them
};

}  // namespace miroir::api

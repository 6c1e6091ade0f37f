// One conversation with a model, as a plain state machine: what the model is asked, what its pieces mean, which
// searches it wants, and the events that the client gets. Pure; whoever owns it carries the requests.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/chat/provider.h"

namespace miroir::protocol::chat {

// An index that the model may search: its uid, what its settings say of it, and the values that filters find in it.
struct Shelf {
    std::string uid;
    std::string description;
    std::string facets;  // a line a field, see facet_line()
};
std::string facet_line(std::string_view field, const std::vector<std::string>& values);

struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;
};
struct Wish {
    std::string index_uid;
    std::optional<std::string> q;
    std::optional<std::string> filter;
};
// What a call asks for, or the sentence that says why not.
std::expected<Wish, std::string> read_wish(std::string_view arguments);

// What came of a search: the documents as the client sees them and as the model reads them.
struct Findings {
    bool has_documents = false;  // the search was carried out
    json::Array documents;
    std::string text;
    std::optional<Error> error{};  // told to the client too; `text` says it to the model
};

// The body of a request, refused as the engine refuses it.
Result<json::Value> read_request(std::string_view body);
// Only streams of one answer: in the engine's order, before the workspace is looked for.
Result<void> check_choices(const json::Value& request);

// What a model says that an answer has cost.
struct Usage {
    std::string model;
    std::uint64_t prompt_tokens = 0;
    std::uint64_t completion_tokens = 0;
    std::uint64_t total_tokens = 0;
};

class Conversation {
public:
    using DrawUuid = std::function<std::string()>;

    // `request` as read_request() gave it. Tools of the client that the engine does not know are refused.
    static Result<Conversation> begin(json::Value request, const json::Value& workspace,
                                      const std::vector<Shelf>& shelves, DrawUuid draw_uuid);

    // The body of the next request to the model. False: it was asked often enough.
    bool may_ask() const { return rounds_ < kRoundsMax; }
    std::string ask();

    // A piece of its answer. What comes of it: events for the client, then calls to be answered one after another.
    struct Heard {
        std::vector<std::string> events;
        std::vector<ToolCall> calls;
        std::optional<Usage> usage{};
        bool over = false;  // nothing more is to be read of this answer
    };
    std::expected<Heard, std::string> hear(std::string_view piece);
    std::vector<std::string> before_call(const ToolCall& call);
    std::vector<std::string> after_call(const ToolCall& call, Findings findings);

    // The answer is over: is there another round?
    bool goes_on() const { return finish_ == "tool_calls"; }

    std::string error_event(std::string_view type, const json::Value& code, std::string_view message,
                            const json::Value& param = {}) const;
    // The refusal of a model that does not answer with a stream.
    std::string refusal_event(std::string_view body) const;

private:
    Conversation(json::Value request, Source source, DrawUuid draw_uuid)
        : request_(std::move(request)), source_(source), draw_uuid_(std::move(draw_uuid)) {}

    Result<void> take_tools();
    void offer_search(const json::Value& workspace, const std::vector<Shelf>& shelves);
    void gather(const json::Array& calls);
    std::vector<ToolCall> take_calls();
    std::string call_event(std::string_view function, const json::Object& arguments) const;

    static constexpr int kRoundsMax = 20;
    static constexpr std::size_t kArgumentBytesMax = 1u << 20;

    json::Value request_;
    Source source_;
    DrawUuid draw_uuid_;
    int rounds_ = 0;
    bool tells_progress_ = false;
    bool tells_sources_ = false;
    bool tells_messages_ = false;
    std::map<std::uint64_t, std::optional<ToolCall>> gathered_;  // nothing: a tool that is not ours
    json::Object last_piece_;                                    // the frame of the events about calls
    std::string finish_;
};

}  // namespace miroir::protocol::chat

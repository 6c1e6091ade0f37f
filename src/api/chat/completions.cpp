// Chat completions: refusals in the engine's order, then a stream. The conversation is Miroir's own, because a node's
// would search that node's shards alone.
#include "api/chat/talk.h"
#include "json/members.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;

Result<json::Value> find_workspace(const Visit& visit) {
    const std::string& name = visit.in.params.get("workspace");
    const quorum::ShelvesPtr shelves = visit.desk.shelves();
    const quorum::Shelf& shelf = shelves->shelf("chats");
    const auto found = shelf.find(name);
    if (found == shelf.end()) return fail(ErrorCode::ChatNotFound, "Chat `" + name + "` not found");
    json::Value workspace = found->second;
    const std::string& usual_key = visit.desk.options().chats.usual_key;
    if (!usual_key.empty() && json::text_at(workspace, "apiKey").empty()) workspace.object()["apiKey"] = usual_key;
    return workspace;
}

// A place among the conversations that may be held at once, given back with the last copy.
Result<std::shared_ptr<void>> take_place(Desk& desk) {
    const std::shared_ptr<std::size_t>& held = desk.options().chats.held;
    if (*held >= desk.options().chats.held_max)
        return fail(ErrorCode::MiroirTooManyRequests, "Too many conversations are held. Try again later.");
    ++*held;
    return std::shared_ptr<void>(held.get(), [held](void*) { --*held; });
}

http::Reply stream_of(std::unique_ptr<Talk> talk) {
    http::Reply reply;
    reply.headers.add("content-type", "text/event-stream");
    reply.headers.add("cache-control", "no-cache");
    reply.headers.add("x-accel-buffering", "no");
    reply.headers.add("content-encoding", "identity");  // nobody on the way is to hold it back
    reply.stream = std::move(talk);
    return reply;
}

Reply complete(Visit visit) {
    Desk& desk = visit.desk;
    MIROIR_CO_TRY(json::Value request, protocol::chat::read_request(visit.raw_body));
    MIROIR_CO_CHECK(desk.require(protocol::Feature::ChatCompletions, "using the /chats chat completions route"));
    MIROIR_CO_CHECK(protocol::chat::check_choices(request));
    MIROIR_CO_TRY(const json::Value workspace, find_workspace(visit));
    if (desk.options().chats.outside == nullptr)
        co_return fail(ErrorCode::MiroirNotReady, "No model can be reached from here.");
    MIROIR_CO_TRY(const std::vector<protocol::chat::Shelf> shelves, co_await shelves_for(visit));
    const auto draw = [env = desk.env()] {
        env::Env drawn = env;
        return env::uuid_v4(drawn.random);
    };
    MIROIR_CO_TRY(protocol::chat::Conversation conversation,
                  protocol::chat::Conversation::begin(std::move(request), workspace, shelves, draw));
    MIROIR_CO_TRY(std::shared_ptr<void> place, take_place(desk));
    visit.in.body.reset();
    visit.in.seat.reset();
    std::string name = visit.in.params.get("workspace");
    Talk::Parts parts{.desk = desk,
                      .outside = *desk.options().chats.outside,
                      .in = std::move(visit.in),
                      .provider = protocol::chat::provider_of(workspace),
                      .conversation = std::move(conversation),
                      .workspace = std::move(name),
                      .place = std::move(place)};
    co_return stream_of(std::make_unique<Talk>(std::move(parts)));
}

constexpr Route kRoutes[] = {
    {"POST", "/chats/{workspace}/chat/completions", "chatCompletions", BodyKind::JsonText, complete},
};

}  // namespace

std::span<const Route> completion_routes() { return kRoutes; }

}  // namespace miroir::api

// Chat workspaces: their settings are kept and shown. What is said in them: see chat/completions.cpp.
#include "api/routes.h"
#include "protocol/indexes/requests.h"
#include "protocol/instance/chat.h"

namespace miroir::api {
namespace {

Result<json::Value> find_chat(ShelfVisit& visit) {
    const std::string& name = visit.in.params.get("workspace");
    const quorum::Shelf& shelf = visit.shelf("chats");
    const auto found = shelf.find(name);
    if (found == shelf.end()) return fail(ErrorCode::ChatNotFound, "Chat `" + name + "` not found");
    return found->second;
}

constexpr std::string_view kSettings = "using the /chats/settings route";

Result<http::Reply> list(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, "listing the chats"));
    MIROIR_TRY(const protocol::Window window,
               protocol::parse_window(visit.in.raw_query, ErrorCode::InvalidIndexOffset, ErrorCode::InvalidIndexLimit));
    std::vector<json::Value> all;
    for (const auto& [name, chat] : visit.shelf("chats")) all.push_back(json::Object{{"uid", name}});
    return ok(protocol::paged(std::move(all), window));
}

Result<http::Reply> get(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, "displaying a chat"));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    return ok(json::Object{{"uid", visit.in.params.get("workspace")}});
}

Result<http::Reply> remove(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, "deleting a chat"));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    visit.put("chats", visit.in.params.get("workspace"), {});
    return server::empty_reply(204);
}

Result<http::Reply> get_settings(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, kSettings));
    MIROIR_TRY(json::Value chat, find_chat(visit));
    return ok(protocol::chat_view(std::move(chat)));
}

Result<http::Reply> patch_settings(ShelfVisit& visit) {
    MIROIR_TRY(const protocol::ChatBody body, protocol::parse_chat(visit.body));
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, kSettings));
    json::Value chat = find_chat(visit).value_or(protocol::fresh_chat());
    protocol::merge_chat(chat, body);
    visit.put("chats", visit.in.params.get("workspace"), chat);
    return ok(protocol::chat_view(std::move(chat)));
}

Result<http::Reply> reset_settings(ShelfVisit& visit) {
    MIROIR_CHECK(visit.desk.require(protocol::Feature::ChatCompletions, kSettings));
    MIROIR_TRY(const json::Value chat, find_chat(visit));
    visit.put("chats", visit.in.params.get("workspace"), protocol::fresh_chat());
    return ok(protocol::chat_view(protocol::fresh_chat()));
}

constexpr std::string_view kOne = "/chats/{workspace}";
constexpr std::string_view kOneSettings = "/chats/{workspace}/settings";

constexpr ShelfRoute kRoutes[] = {
    {"GET", "/chats", "chats.get", BodyKind::None, list},
    {"GET", kOne, "chats.get", BodyKind::None, get},
    {"DELETE", kOne, "chats.delete", BodyKind::None, remove},
    {"GET", kOneSettings, "chatsSettings.get", BodyKind::None, get_settings},
    {"PATCH", kOneSettings, "chatsSettings.update", BodyKind::Json, patch_settings},
    {"DELETE", kOneSettings, "chatsSettings.update", BodyKind::None, reset_settings},
};

}  // namespace

std::span<const ShelfRoute> chat_routes() { return kRoutes; }

}  // namespace miroir::api

#include "protocol/keys/action.h"

#include <algorithm>
#include <array>

namespace miroir::protocol {
namespace {

constexpr std::array kNames = std::to_array<std::string_view>({
    "*",
    "search",
    "documents.*",
    "documents.add",
    "documents.get",
    "documents.delete",
    "indexes.*",
    "indexes.create",
    "indexes.get",
    "indexes.update",
    "indexes.delete",
    "indexes.swap",
    "tasks.*",
    "tasks.cancel",
    "tasks.delete",
    "tasks.get",
    "settings.*",
    "settings.get",
    "settings.update",
    "stats.*",
    "stats.get",
    "metrics.*",
    "metrics.get",
    "dumps.*",
    "dumps.create",
    "snapshots.*",
    "snapshots.create",
    "version",
    "keys.create",
    "keys.get",
    "keys.update",
    "keys.delete",
    "experimental.get",
    "experimental.update",
    "export",
    "network.get",
    "network.update",
    "chatCompletions",
    "chats.*",
    "chats.get",
    "chats.delete",
    "chatsSettings.*",
    "chatsSettings.get",
    "chatsSettings.update",
    "*.get",
    "webhooks.get",
    "webhooks.update",
    "webhooks.delete",
    "webhooks.create",
    "webhooks.*",
    "indexes.compact",
    "fields.post",
    "tasks.compact",
    "dynamicSearchRules.get",
    "dynamicSearchRules.create",
    "dynamicSearchRules.update",
    "dynamicSearchRules.delete",
    "dynamicSearchRules.*",
});

// `*.get` is not "whatever ends in .get": export is in, the keys are out.
constexpr std::array kReads = std::to_array<std::string_view>({
    "search",
    "documents.get",
    "export",
    "indexes.get",
    "tasks.get",
    "settings.get",
    "stats.get",
    "metrics.get",
    "version",
    "experimental.get",
    "network.get",
    "chats.get",
    "chatsSettings.get",
    "webhooks.get",
    "fields.post",
    "dynamicSearchRules.get",
});

constexpr std::array kGlobalFamilies = std::to_array<std::string_view>({
    "metrics",
    "dumps",
    "snapshots",
    "version",
    "keys",
    "experimental",
    "export",
    "network",
    "chats",
    "chatsSettings",
    "webhooks",
    "dynamicSearchRules",
});

constexpr std::array kCheckedByRoute = std::to_array<std::string_view>({
    "search",
    "documents.get",
    "indexes.create",
    "indexes.get",
    "indexes.swap",
    "tasks.cancel",
    "tasks.delete",
    "tasks.get",
    "settings.get",
    "stats.get",
    "chatCompletions",
});

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

std::span<const std::string_view> action_names() { return kNames; }

bool action_covers(std::string_view granted, std::string_view asked) {
    if (granted == "*") return true;
    if (granted == asked) return true;
    if (granted == "*.get") return is_one_of(kReads, asked);
    if (!granted.ends_with(".*") || asked == kEditDocuments) return false;
    return asked.starts_with(granted.substr(0, granted.size() - 1));
}

bool is_global_action(std::string_view action) {
    return action == "tasks.compact" || is_one_of(kGlobalFamilies, action.substr(0, action.find('.')));
}

bool is_checked_by_route(std::string_view action) { return is_one_of(kCheckedByRoute, action); }

}  // namespace miroir::protocol

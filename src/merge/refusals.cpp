#include "merge/refusals.h"

#include <set>

#include "json/parse.h"
#include "json/write.h"
#include "merge/hit_bytes.h"
#include "protocol/settings/settings.h"

namespace miroir::merge {
namespace {

constexpr std::string_view kCode = "invalid_search_attributes_to_search_on";
constexpr std::string_view kList = "Available searchable attributes are: `";

// The names between the quotes of a list.
void read_names(std::string_view list, std::set<std::string>& names) {
    const std::size_t close = list.find('`');
    if (close == std::string_view::npos) return;
    list = list.substr(0, close);
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(", "), list.size());
        names.emplace(list.substr(0, end));
        list.remove_prefix(std::min(end + 2, list.size()));
    }
}

}  // namespace

std::optional<std::string> joined_search_on_refusal(std::span<const std::string> bodies,
                                                    const std::optional<std::vector<std::string>>& displayed) {
    std::set<std::string> names;
    std::optional<json::Value> joined;
    std::string head;
    for (const std::string& body : bodies) {
        auto parsed = json::parse(body);
        const json::Value* code = parsed ? parsed->find("code") : nullptr;
        const json::Value* message = parsed ? parsed->find("message") : nullptr;
        if (code == nullptr || !(*code == json::Value(kCode)) || message == nullptr || !message->is_string())
            return std::nullopt;
        const std::size_t list = message->string().find(kList);
        if (list == std::string::npos) return std::nullopt;
        head = message->string().substr(0, list);
        read_names(std::string_view(message->string()).substr(list + kList.size()), names);
        joined = std::move(*parsed);
    }
    if (!joined) return std::nullopt;
    std::erase_if(names, [](const std::string& name) { return name.starts_with(kReservedPrefix); });
    const std::size_t hidden = std::erase_if(names, [&](const std::string& name) {
        return displayed && protocol::match_any_field(*displayed, name) != protocol::PatternMatch::Match;
    });
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "`" : ", ") + name;
    joined->object().set("message", head + std::string(kList.substr(0, kList.size() - 1)) + text + "`" +
                                        (hidden > 0 ? ", <..hidden-attributes>." : "."));
    return json::to_text(*joined);
}

bool is_error(std::string_view body) {
    const auto parsed = json::parse(body);
    const auto says = [&](const char* name) {
        const json::Value* found = parsed ? parsed->find(name) : nullptr;
        return found != nullptr && found->is_string();
    };
    return says("message") && says("code") && says("type");
}

}  // namespace miroir::merge

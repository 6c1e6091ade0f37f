#include "plan/edit_guard.h"

#include <algorithm>
#include <charconv>

#include "cluster/reserved.h"

namespace miroir::plan {
namespace {

const std::string kShard(cluster::kShardField);
const std::string kStamp(cluster::kStampField);

// Before it our members are taken away, behind it they come back, unless the document is gone or no document any more.
const std::string kBefore =
    "let _miroir_s = doc.remove(\"" + kShard + "\"); let _miroir_o = doc.remove(\"" + kStamp + "\"); ";
const std::string kAfter =
    "\n; if type_of(doc) == \"map\" { doc." + kShard + " = _miroir_s; doc." + kStamp + " = _miroir_o; }";

constexpr std::string_view kFirstLine = "(line 1, position ";

bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !is_name(text[at - 1])) && (end == text.size() || !is_name(text[end]))) return true;
    }
    return false;
}

std::string without_blanks(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') out += c;
    }
    return out;
}

// A text alone, not one put together.
bool is_literal(std::string_view rest, char close) {
    if (!rest.starts_with('"')) return false;
    const std::size_t end = rest.find_first_of("\"\\", 1);
    return end != std::string_view::npos && rest[end] == '"' && end + 1 < rest.size() &&
           (rest[end + 1] == close || rest[end + 1] == ',');
}

// What stands right behind `doc` may be a member by its name, a comparison, `= ()`, or something that only reads.
bool is_harmless(std::string_view rest) {
    if (rest.starts_with('[')) return is_literal(rest.substr(1), ']');
    for (const std::string_view method : {".clear(", ".retain(", ".drain(", ".fill_with(", ".split(", ".mixin("}) {
        if (rest.starts_with(method)) return false;
    }
    for (const std::string_view method : {".remove(", ".set(", ".get("}) {
        if (rest.starts_with(method)) return is_literal(rest.substr(method.size()), ')');
    }
    if (!rest.starts_with('=') || rest.starts_with("==")) return true;
    return rest.starts_with("=()");
}

bool spares_our_members(std::string_view text) {
    for (std::size_t at = text.find("doc"); at != std::string_view::npos; at = text.find("doc", at + 1)) {
        const bool whole = (at == 0 || (!is_name(text[at - 1]) && text[at - 1] != '.')) &&
                           (at + 3 == text.size() || !is_name(text[at + 3]));
        if (whole && !is_harmless(text.substr(at + 3))) return false;
    }
    return true;
}

// Would what stands behind it be run?
bool runs_to_its_end(std::string_view function, std::string_view text) {
    return !has_word(function, "return") && !has_word(function, "exit") && text.find("fnremove(") == std::string::npos;
}

}  // namespace

std::optional<std::string> guarded_function(std::string_view function) {
    const std::string text = without_blanks(function);
    if (text.find("_miroir_") != std::string::npos || has_word(function, "eval")) return std::nullopt;
    if (runs_to_its_end(function, text)) return kBefore + std::string(function) + kAfter;
    return spares_our_members(text) ? std::optional(std::string(function)) : std::nullopt;
}

std::string told_of_function(std::string message, std::string_view function) {
    const auto guarded = guarded_function(function);
    if (!guarded || guarded->size() == function.size()) return message;
    const std::size_t begin = message.rfind(kFirstLine);
    if (begin == std::string::npos) return message;
    const std::size_t digits = begin + kFirstLine.size();
    std::size_t position = 0;
    const auto read = std::from_chars(message.data() + digits, message.data() + message.size(), position);
    if (read.ec != std::errc() || position <= kBefore.size()) return message;
    const auto count = static_cast<std::size_t>(read.ptr - (message.data() + digits));
    return message.replace(digits, count, std::to_string(position - kBefore.size()));
}

}  // namespace miroir::plan

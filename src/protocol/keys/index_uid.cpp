#include "protocol/keys/index_uid.h"

#include <algorithm>

namespace miroir::protocol {

bool is_index_uid(std::string_view text) {
    constexpr std::size_t kBytesMax = 400;  // the message speaks of 512
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= kBytesMax && std::ranges::all_of(text, allowed);
}

bool is_index_pattern(std::string_view text) {
    if (text.ends_with('*')) text.remove_suffix(1);
    return text.empty() || is_index_uid(text);
}

bool index_matches(std::string_view pattern, std::string_view uid) {
    if (pattern.ends_with('*')) return uid.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == uid;
}

std::string invalid_index_uid_text(std::string_view text) {
    return "`" + std::string(text) +
           "` is not a valid index uid. Index uid can be an integer or a string containing only alphanumeric "
           "characters, hyphens (-) and underscores (_), and can not be more than 512 bytes.";
}

std::string invalid_index_pattern_text(std::string_view text) {
    return "`" + std::string(text) +
           "` is not a valid index uid pattern. Index uid patterns can be an integer or a string containing only "
           "alphanumeric characters, hyphens (-), underscores (_), and optionally end with a star (*).";
}

Result<void> check_index_uid(std::string_view text) {
    if (!is_index_uid(text)) return fail(ErrorCode::InvalidIndexUid, invalid_index_uid_text(text));
    return {};
}

}  // namespace miroir::protocol

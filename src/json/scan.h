// Walks over one JSON object without building anything, for bytes that are looked at and passed on. Takes only what
// parse_front() takes, and is free to refuse more (it does not read very long numbers): who is refused asks
// parse_front(), which knows the words. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace miroir::json {

// One member of the scanned object, as it stands there.
struct MemberText {
    std::string_view name;   // between the quotes, escapes and all
    std::string_view value;  // without the white space around it
    bool escaped = false;    // the name has escapes: its letters are not its name
};

// `text` begins with '{' and is sound UTF-8 (is_sound_utf8). Drops the object from there and says its members in their
// order, a repeated one again. False: nothing was dropped, and `members` means nothing.
bool scan_object(std::string_view& text, std::vector<MemberText>& members);

// The same of what stands between the braces, all of it.
bool scan_members(std::string_view text, std::vector<MemberText>& members);

bool is_sound_utf8(std::string_view text);

}  // namespace miroir::json

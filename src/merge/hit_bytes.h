// A hit as the client may see it: the node's bytes without what is ours and without what was asked only for the merge.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace miroir::merge {

struct HitShape {
    bool score = false;    // keep _rankingScore
    bool details = false;  // keep _rankingScoreDetails, without our rule
    // Fetched only for the merge (the distinct field), or empty: a whole member, or with dots a part of one.
    std::string drop_field;
    std::string drop_formatted{};  // the same of _formatted, always by its whole name
    // What the client's settings display; none: everything. Sort values of other fields are masked in the details, and
    // matches in them are not told.
    std::optional<std::vector<std::string>> displayed{};
    bool add_formatted = false;  // where a node leaves _formatted out, for it has never seen the fields to be marked
    std::string_view scores{};   // the hit whose score and details are shown in the place of its own, if another's
    std::string insert{};        // a member as JSON text, put behind the document's own fields
};

// Appends the JSON object. `bytes` is a hit of a NodeAnswer that is still alive. False: the bytes are no object.
bool append_hit(std::string& out, std::string_view bytes, const HitShape& shape);

// The same of a hit's members, without braces and scores, where all there is to do is to leave some out. False: it is
// not, and nothing was appended.
bool append_document(std::string& out, std::string_view members, const HitShape& shape);

// Every name that begins so belongs to Miroir.
inline constexpr std::string_view kReservedPrefix = "_miroir_";

// Is it a whole JSON object, and nothing else?
bool is_sound(std::string_view bytes);

}  // namespace miroir::merge

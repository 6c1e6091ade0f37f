#include "protocol/indexes/requests.h"

#include <algorithm>
#include <set>

#include "json/write.h"
#include "protocol/fields/fields.h"
#include "protocol/keys/index_uid.h"

namespace miroir::protocol {
namespace {

Result<void> read_uid(IndexCreation& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, out.uid));
    if (!is_index_uid(out.uid)) return place.unexpected(invalid_index_uid_text(out.uid));
    return {};
}

Result<void> refuse_immutable(std::string_view key, std::span<const std::string_view> known, const Place& place) {
    const bool created = key == "createdAt";
    if (!created && key != "updatedAt") return place.unknown_key(key, known);
    return fail(created ? ErrorCode::ImmutableIndexCreatedAt : ErrorCode::ImmutableIndexUpdatedAt,
                "Immutable field `" + std::string(key) + "`: expected one of " + quoted_list(known));
}

struct SwapBody {
    std::vector<std::string> indexes;
    bool rename = false;
};

Result<void> read_pair(SwapBody& out, const json::Value& value, const Place& place) {
    MIROIR_CHECK(read(value, place, out.indexes));
    for (std::size_t i = 0; i < out.indexes.size(); ++i) {
        if (!is_index_uid(out.indexes[i])) return place.at(i).unexpected(invalid_index_uid_text(out.indexes[i]));
    }
    return {};
}

const FieldTable<SwapBody>& swap_fields() {
    static const auto table = FieldTable<SwapBody>()
                                  .field("indexes", ErrorCode::InvalidSwapIndexes, read_pair)
                                  .required(ErrorCode::MissingSwapIndexes)
                                  .field("rename", ErrorCode::InvalidSwapRename, &SwapBody::rename);
    return table;
}

Error wrong_number(const SwapBody& swap) {
    std::string names;
    for (const std::string& uid : swap.indexes) names += (names.empty() ? "" : ", ") + json::to_text(json::Value(uid));
    return {.code = ErrorCode::InvalidSwapIndexes,
            .message = "Two indexes must be given for each swap. The list `[" + names + "]` contains " +
                       std::to_string(swap.indexes.size()) + " indexes."};
}

}  // namespace

Result<IndexCreation> parse_index_creation(const json::Value& body) {
    static const auto table = FieldTable<IndexCreation>()
                                  .field("uid", ErrorCode::InvalidIndexUid, read_uid)
                                  .required(ErrorCode::MissingIndexUid)
                                  .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &IndexCreation::primary_key);
    return table.parse(body);
}

Result<IndexChange> parse_index_change(const json::Value& body) {
    static const auto table = FieldTable<IndexChange>()
                                  .field("primaryKey", ErrorCode::InvalidIndexPrimaryKey, &IndexChange::primary_key)
                                  .field("uid", ErrorCode::InvalidIndexUid, &IndexChange::uid)
                                  .unknown(refuse_immutable);
    MIROIR_TRY(IndexChange change, table.parse(body));
    if (change.uid) MIROIR_CHECK(check_index_uid(*change.uid));
    return change;
}

Result<std::vector<IndexSwap>> parse_index_swaps(const json::Value& body,
                                                 const std::function<bool(std::string_view)>& allowed) {
    const Place root;
    if (!body.is_array()) return root.wrong_kind(body, {Kind::Sequence});
    std::vector<SwapBody> bodies(body.array().size());
    for (std::size_t i = 0; i < bodies.size(); ++i)
        MIROIR_CHECK(swap_fields().read(body.array()[i], root.at(i), bodies[i]));
    std::vector<IndexSwap> out;
    std::set<std::string> seen;
    std::set<std::string> twice;
    for (const SwapBody& swap : bodies) {
        if (swap.indexes.size() != 2) return fail(wrong_number(swap));
        for (const std::string& uid : swap.indexes) {
            if (!allowed(uid)) return fail(ErrorCode::InvalidApiKey, "The provided API key is invalid.");
            if (!seen.insert(uid).second) twice.insert(uid);
        }
        out.push_back({.indexes = {swap.indexes[0], swap.indexes[1]}, .rename = swap.rename});
    }
    if (twice.empty()) return out;
    std::string names;
    for (const std::string& uid : twice) names += (names.empty() ? "`" : ", `") + uid + "`";
    return fail(ErrorCode::InvalidSwapDuplicateIndexFound, "Indexes must be declared only once during a swap. " +
                                                               names + (twice.size() == 1 ? " was" : " were") +
                                                               " specified several times.");
}

Result<Window> parse_window(std::string_view raw_query, ErrorCode offset_code, ErrorCode limit_code) {
    const auto table =
        FieldTable<Window>().field("offset", offset_code, &Window::offset).field("limit", limit_code, &Window::limit);
    return table.parse_query(raw_query);
}

json::Value paged(std::vector<json::Value> all, Window window) {
    json::Array page;
    for (std::uint64_t i = window.offset; i < all.size() && i - window.offset < window.limit; ++i)
        page.push_back(std::move(all[i]));
    return json::Object{{"results", std::move(page)},
                        {"offset", window.offset},
                        {"limit", window.limit},
                        {"total", static_cast<std::uint64_t>(all.size())}};
}

}  // namespace miroir::protocol

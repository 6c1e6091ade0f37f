#include "api/settings_floor.h"

#include <algorithm>
#include <charconv>

namespace miroir::api {
namespace {

constexpr std::string_view kFloor = "X-Miroir-Min-Settings-Version";
constexpr std::string_view kVersion = "X-Miroir-Settings-Version";

bool reads(std::string_view action) {
    return action == "search" || action == "documents.get" || action == "settings.get";
}

Error stale(const IndexUid& index, std::uint64_t least, std::uint64_t committed) {
    return {.code = ErrorCode::MiroirSettingsVersionStale,
            .message = "No complete set of nodes has version " + std::to_string(least) + " of the settings of index `" +
                       index.value + "`; the committed version is " + std::to_string(committed) +
                       ". Try again when the change has reached the nodes."};
}

bool is_partial(const Result<http::Reply>& reply) {
    if (!reply) return reply.error().code == ErrorCode::MiroirShardUnavailable;
    return reply->headers.has("X-Miroir-Degraded");
}

}  // namespace

Result<SettingsFloor> settings_floor(const Visit& visit, const Route& route) {
    const bool relevant = reads(route.action);
    std::vector<IndexUid> indexes = relevant ? indexes_read(visit, route) : std::vector<IndexUid>();
    const bool stamps = relevant && indexes.size() == 1;
    if (!relevant || !visit.in.headers.has(kFloor)) return SettingsFloor(std::nullopt, std::move(indexes), stamps);
    const std::string_view text = visit.in.headers.get(kFloor);
    std::uint64_t least = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), least);
    if (trouble != std::errc() || end != text.data() + text.size()) {
        return fail(ErrorCode::MiroirInvalidRequest, "The header `" + std::string(kFloor) +
                                                         "` must be a whole number, as in `" + std::string(kVersion) +
                                                         "` of an earlier reply.");
    }
    const plan::CatalogPtr catalog = visit.desk.catalog();
    for (const IndexUid& uid : indexes) {
        const plan::IndexPtr index = catalog->find(uid);
        if (index && index->settings_version < least) return fail(stale(uid, least, index->settings_version));
    }
    return SettingsFloor(least, std::move(indexes), stamps);
}

Result<void> SettingsFloor::check(const Desk& desk, const Result<http::Reply>& reply) const {
    if (!least_ || !is_partial(reply)) return {};
    const plan::CatalogPtr catalog = desk.catalog();
    for (const IndexUid& uid : indexes_) {
        const plan::IndexPtr index = catalog->find(uid);
        if (!index) continue;
        const bool left_out =
            std::ranges::any_of(index->node_versions, [&](const auto& version) { return version.second < *least_; });
        if (left_out) return fail(stale(uid, *least_, index->settings_version));
    }
    return {};
}

void SettingsFloor::stamp(const Desk& desk, http::Reply& reply) const {
    if (!stamps_ || reply.headers.has(kVersion)) return;
    const plan::IndexPtr index = desk.catalog()->find(indexes_.front());
    if (index) reply.headers.add(std::string(kVersion), std::to_string(index->settings_version));
}

}  // namespace miroir::api

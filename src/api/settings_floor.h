// The settings version that a read may not fall below (X-Miroir-Min-Settings-Version), and the one it was answered
// with (X-Miroir-Settings-Version). Nodes that lag behind the committed version answer no reads anyway, so the floor
// decides whether there is an answer, and the code when there is none.
#pragma once

#include <optional>
#include <vector>

#include "api/routes.h"

namespace miroir::api {

class SettingsFloor {
public:
    SettingsFloor(std::optional<std::uint64_t> least, std::vector<IndexUid> indexes, bool stamps)
        : least_(least), indexes_(std::move(indexes)), stamps_(stamps) {}

    // MiroirSettingsVersionStale: the reply is not whole because nodes of too old a version were left out.
    Result<void> check(const Desk& desk, const Result<http::Reply>& reply) const;
    void stamp(const Desk& desk, http::Reply& reply) const;

private:
    std::optional<std::uint64_t> least_;
    std::vector<IndexUid> indexes_;
    bool stamps_ = false;
};

// What the request asks of the indexes that it reads. Refused at once where no node can have the version.
Result<SettingsFloor> settings_floor(const Visit& visit, const Route& route);

}  // namespace miroir::api

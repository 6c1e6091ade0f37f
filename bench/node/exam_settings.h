// The settings of an exam or a bench from a client's JSON.
#pragma once

#include <stdexcept>
#include <string>

#include "json/parse.h"
#include "node/index/index.h"
#include "protocol/settings/settings.h"

inline miroir::protocol::Settings settings_of(const std::string& text) {
    namespace protocol = miroir::protocol;
    const auto patch = protocol::parse_settings(*miroir::json::parse(text), {});
    if (!patch) throw std::runtime_error(patch.error().message);
    auto settings = protocol::apply_patch({}, *patch);
    if (!settings) throw std::runtime_error(settings.error().message);
    return std::move(*settings);
}

inline std::string key_text(const miroir::json::Value& id) {
    return id.is_string() ? id.string() : std::to_string(id.unsigned_integer());
}

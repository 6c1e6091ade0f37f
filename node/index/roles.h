// What the settings make of each field: searched or not and with which weight, exact, faceted, in which language.
// One entry per field id, kept in step with the field names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/index/types.h"
#include "protocol/settings/attribute_pattern.h"

namespace miroir::protocol {
struct Settings;
}

namespace miroir::node {

struct FieldRole {
    std::optional<std::uint16_t> weight;  // place in searchableAttributes (0 for "*"); none: not searched
    bool exact = false;                   // no typos here, nested fields of an exact one included
    protocol::PatternMatch facet = protocol::PatternMatch::None;  // Parent: look into it
    const std::vector<std::string>* locales = nullptr;            // of the first localized rule that matches
};

// The pointer inside lives as long as `settings`.
FieldRole role_of(const protocol::Settings& settings, std::string_view field);

// "_geo", "_geojson", "_vectors" and what is inside are neither searched nor faceted as ordinary fields.
bool is_reserved_field(std::string_view top_level_name);

}  // namespace miroir::node

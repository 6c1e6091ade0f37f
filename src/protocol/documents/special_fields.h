// The members of documents that are more than text and facets: `_geo`, `_geojson`, `_vectors`. Whatever is wrong with
// one of them fails the whole batch, so it is found before any of it is stored or split. Pure; the engine's sentences.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "json/value.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

// `ids` stand beside the documents. Only what the settings give a meaning is looked at.
Result<void> judge_special_fields(const Settings& settings, std::span<const json::Object> documents,
                                  std::span<const std::string> ids);

// Whether `_geojson` is a geometry, a feature or a collection of them, down to its positions.
Result<void> check_geojson(const json::Value& geojson);

}  // namespace miroir::protocol

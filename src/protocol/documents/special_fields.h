// The members of documents that are more than text and facets: `_geo`, `_geojson`, `_vectors`. Whatever is wrong with
// one of them fails the whole batch, so it is found before any of it is stored or split. Pure; the engine's sentences.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "json/value.h"
#include "protocol/documents/payload.h"
#include "protocol/settings/settings.h"

namespace miroir::protocol {

// `ids` stand beside the documents. Only what the settings give a meaning is looked at.
Result<void> judge_special_fields(const Settings& settings, const Payload& payload, std::span<const std::string> ids);

// Whether all values can be read, which the engine finds out when it looks at them.
Result<void> judge_values(const Payload& payload);

// Documents of the batch that bring no vectors for an embedder that wants them from the user. They are good only where
// they are there already, with vectors. `update`: what an earlier one of the same id brings counts too.
struct LackingVectors {
    std::string embedder;
    std::vector<std::string> ids;  // in the order of the batch, each once
};
std::vector<LackingVectors> lacking_vectors(const Settings& settings, const Payload& payload,
                                            std::span<const std::string> ids, bool update);
// The refusal for the first of them. `more`: how many others.
Error missing_vectors(const std::string& embedder, const std::string& external_id, std::size_t more);

// Whether `_geojson` is a geometry, a feature or a collection of them, down to its positions.
Result<void> check_geojson(const json::Value& geojson);

// The pieces, for one who also keeps what they say. `external_id` names the document in refusals.
struct GivenPoint {
    double lat = 0;
    double lng = 0;
};
Result<std::optional<GivenPoint>> read_geo(const std::string& external_id, const json::Value& geo);  // nullopt: null

struct GivenVectors {
    std::optional<std::vector<std::vector<float>>> vectors{};  // nullopt: none said, those that are kept stay
    bool regenerate = false;
};
Result<void> check_vectors_member(const json::Value& member);  // `_vectors` as a whole
Result<GivenVectors> read_vectors(const std::string& external_id, const std::string& embedder,
                                  const json::Value& value);
Result<void> check_vectors(const std::string& external_id, const std::string& embedder,
                           const EmbedderSettings& settings, const std::vector<std::vector<float>>& vectors);

}  // namespace miroir::protocol

#include "protocol/documents/special_fields.h"

#include <charconv>
#include <cmath>
#include <unordered_map>

#include "json/write.h"
#include "protocol/filter/filter.h"

namespace miroir::protocol {

namespace {

using Vectors = std::vector<std::vector<float>>;

constexpr std::size_t kMostVectors = 256;

std::unexpected<Error> bad_geo(std::string message) {
    return fail(ErrorCode::InvalidDocumentGeoField, std::move(message));
}

std::optional<double> finite_number(const json::Value& value) {
    if (value.is_number()) return value.number();
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.string();
    double number = 0;
    const char* from = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(from, text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::string in_document(const std::string& external_id) {
    return "in the document with the id: `" + json::to_text(json::Value(external_id)) + "`";
}

const char* kind_name(const json::Value& value) {
    if (value.is_bool()) return "boolean";
    if (value.is_integer()) return "integer";
    if (value.is_float()) return "number";
    return "string";
}

std::unexpected<Error> bad_vectors(const std::string& external_id, const std::string& reason) {
    return fail(ErrorCode::InvalidVectorsType,
                "Bad embedder configuration in the document with id: `" + external_id + "`. " + reason);
}

Result<std::vector<float>> read_vector(const std::string& external_id, const std::string& place,
                                       const json::Value& value) {
    if (!value.is_array()) {
        return bad_vectors(external_id, "Could not parse `" + place + "`: Expected an array of numbers");
    }
    std::vector<float> vector;
    for (const json::Value& item : value.array()) {
        if (!item.is_number()) {
            return bad_vectors(external_id, "Could not parse `" + place + "`: Expected a number");
        }
        vector.push_back(static_cast<float>(item.number()));
    }
    return vector;
}

// One vector or a list of them.
Result<Vectors> read_list(const std::string& external_id, const std::string& place, const json::Value& value) {
    Vectors vectors;
    if (!value.is_array()) {
        return bad_vectors(external_id, "Could not parse `" + place + "`: Expected an array of numbers");
    }
    if (value.array().empty()) return vectors;
    if (value.array().front().is_number()) {
        MIROIR_TRY(auto vector, read_vector(external_id, place, value));
        vectors.push_back(std::move(vector));
        return vectors;
    }
    for (const json::Value& item : value.array()) {
        MIROIR_TRY(auto vector, read_vector(external_id, place, item));
        vectors.push_back(std::move(vector));
    }
    return vectors;
}

Result<GivenVectors> read_object(const std::string& external_id, const std::string& embedder,
                                 const json::Object& object) {
    const std::string place = "._vectors." + embedder;
    std::optional<bool> regenerate;
    const json::Value* embeddings = nullptr;
    for (const json::Member& member : object) {
        if (member.first == "regenerate") {
            if (!member.second.is_bool()) {
                return bad_vectors(external_id, "Could not parse `" + place + ".regenerate`: invalid type");
            }
            regenerate = member.second.boolean();
        } else if (member.first == "embeddings") {
            embeddings = member.second.is_null() ? nullptr : &member.second;
        } else {
            return bad_vectors(external_id, "Unexpected field `" + place + "." + member.first +
                                                "`\n  - note: the allowed fields are `regenerate` and `embeddings`");
        }
    }
    if (!regenerate) {
        return bad_vectors(external_id, "Missing field `" + place + ".regenerate`\n  - note: `" + place +
                                            "` must be an array of floats, an array of arrays of floats, or an object "
                                            "with field `regenerate`");
    }
    GivenVectors given{.regenerate = *regenerate};
    if (embeddings != nullptr) {
        MIROIR_TRY(given.vectors, read_list(external_id, place + ".embeddings", *embeddings));
    }
    return given;
}

}  // namespace

Result<GivenVectors> read_vectors(const std::string& external_id, const std::string& embedder,
                                  const json::Value& value) {
    if (value.is_null()) return GivenVectors{.vectors = Vectors()};
    if (value.is_object()) return read_object(external_id, embedder, value.object());
    const std::string place = "._vectors." + embedder;
    if (!value.is_array()) {
        return bad_vectors(external_id, "Expected `" + place +
                                            "` to be an array of floats, an array of arrays of floats, or an object "
                                            "with at least the field `regenerate`, but got the " +
                                            kind_name(value) + " `" +
                                            (value.is_string() ? value.string() : json::to_text(value)) + "`");
    }
    MIROIR_TRY(Vectors vectors, read_list(external_id, place, value));
    return GivenVectors{.vectors = std::move(vectors)};
}

Result<void> check_vectors(const std::string& external_id, const std::string& embedder,
                           const EmbedderSettings& settings, const Vectors& vectors) {
    if (vectors.size() > kMostVectors) {
        return fail(ErrorCode::TooManyVectors, "Too many vectors for document with id " + external_id + ": found " +
                                                   std::to_string(vectors.size()) + ", but limited to 256.");
    }
    if (!settings.dimensions) return {};
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        if (vectors[i].size() == *settings.dimensions) continue;
        return fail(ErrorCode::InvalidVectorDimensions,
                    "Invalid vector dimensions in document with id `" + external_id + "` in `._vectors." + embedder +
                        "`.\n  - note: embedding #" + std::to_string(i) + " has dimensions " +
                        std::to_string(vectors[i].size()) + "\n  - note: embedder `" + embedder + "` requires " +
                        std::to_string(*settings.dimensions));
    }
    return {};
}

Result<std::optional<GivenPoint>> read_geo(const std::string& external_id, const json::Value& geo) {
    if (geo.is_null()) return std::optional<GivenPoint>();
    if (!geo.is_object()) {
        return bad_geo("The `_geo` field " + in_document(external_id) +
                       " is not an object. Was expecting an object with the `_geo.lat` and `_geo.lng` fields but "
                       "instead got `" +
                       json::to_text(geo) + "`.");
    }
    json::Object rest = geo.object();
    const json::Value* lat = geo.find("lat");
    const json::Value* lng = geo.find("lng");
    rest.erase("lat");
    rest.erase("lng");
    if (lat == nullptr && lng == nullptr) {
        return bad_geo("Could not find latitude nor longitude " + in_document(external_id) +
                       ". Was expecting `_geo.lat` and `_geo.lng` fields.");
    }
    if (lat == nullptr) {
        return bad_geo("Could not find latitude " + in_document(external_id) + ". Was expecting a `_geo.lat` field.");
    }
    if (lng == nullptr) {
        return bad_geo("Could not find longitude " + in_document(external_id) + ". Was expecting a `_geo.lng` field.");
    }
    if (!rest.empty()) {
        return bad_geo("The `_geo` field " + in_document(external_id) + " contains the following unexpected fields: `" +
                       json::to_text(json::Value(rest)) + "`.");
    }
    const auto latitude = finite_number(*lat);
    const auto longitude = finite_number(*lng);
    if (latitude && longitude) return GivenPoint{.lat = *latitude, .lng = *longitude};
    if (!latitude && !longitude) {
        return bad_geo("Could not parse latitude nor longitude " + in_document(external_id) +
                       ". Was expecting finite numbers but instead got `" + json::to_text(*lat) + "` and `" +
                       json::to_text(*lng) + "`.");
    }
    return bad_geo(std::string("Could not parse ") + (latitude ? "longitude " : "latitude ") +
                   in_document(external_id) + ". Was expecting a finite number but instead got `" +
                   json::to_text(latitude ? *lng : *lat) + "`.");
}

// The engine's own words here are those of its reader of JSON.
Result<void> check_vectors_member(const json::Value& member) {
    if (member.is_object()) return {};
    const std::string text = json::to_text(member);
    std::string found = "null";
    if (member.is_array()) found = "sequence";
    if (member.is_string()) found = "string " + text;
    if (member.is_bool()) found = "boolean `" + text + "`";
    if (member.is_number()) found = (member.is_integer() ? "integer `" : "floating point `") + text + "`";
    return fail(ErrorCode::Internal, "invalid type: " + found + ", expected a map at line 1 column " +
                                         std::to_string(member.is_array() ? 0 : text.size()));
}

namespace {

Result<void> judge_vectors(const std::string& external_id, const Settings& settings, const json::Value& member) {
    MIROIR_CHECK(check_vectors_member(member));
    for (const auto& [name, embedder] : settings.embedders) {
        const json::Value* value = member.find(name);
        if (value == nullptr) continue;
        MIROIR_TRY(const GivenVectors given, read_vectors(external_id, name, *value));
        if (given.vectors) MIROIR_CHECK(check_vectors(external_id, name, embedder, *given.vectors));
    }
    return {};
}

bool brings_vectors(const DocumentText& document, const std::string& embedder) {
    if (!document.special && !document.odd) return false;
    const auto member = member_of(document, "_vectors");
    return member && member->is_object() && member->find(embedder) != nullptr;
}

}  // namespace

Result<void> judge_values(const Payload& payload) {
    if (payload.unreadable.empty()) return {};
    return fail(ErrorCode::Internal, "internal: " + payload.unreadable + ".");
}

Result<void> judge_special_fields(const Settings& settings, const Payload& payload, std::span<const std::string> ids) {
    const bool points = settings.sortable_attributes.contains("_geo") || has_geo(settings.filterable_attributes);
    const bool shapes = has_geojson(settings.filterable_attributes);
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const DocumentText& document = payload.documents[i];
        if (!document.special && !document.odd) continue;
        const auto point = points ? member_of(document, "_geo") : std::nullopt;
        if (point) MIROIR_CHECK(read_geo(ids[i], *point));
        const auto shape = shapes ? member_of(document, "_geojson") : std::nullopt;
        if (shape && !shape->is_null()) MIROIR_CHECK(check_geojson(*shape));
        const auto given = member_of(document, "_vectors");
        if (given) MIROIR_CHECK(judge_vectors(ids[i], settings, *given));
    }
    return {};
}

std::vector<LackingVectors> lacking_vectors(const Settings& settings, const Payload& payload,
                                            std::span<const std::string> ids, bool update) {
    std::vector<LackingVectors> out;
    for (const auto& [name, embedder] : settings.embedders) {
        if (embedder.source != EmbedderSource::UserProvided) continue;
        std::unordered_map<std::string_view, bool> brings;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const bool given = brings_vectors(payload.documents[i], name);
            bool& known = brings[ids[i]];
            known = given || (update && known);
        }
        LackingVectors lacking{.embedder = name, .ids = {}};
        for (const std::string& id : ids) {
            bool& known = brings[id];
            if (!known) lacking.ids.push_back(id);
            known = true;  // once
        }
        if (!lacking.ids.empty()) out.push_back(std::move(lacking));
    }
    return out;
}

Error missing_vectors(const std::string& embedder, const std::string& external_id, std::size_t more) {
    const std::string others = more == 0 ? "" : " and at least " + std::to_string(more) + " other document(s)";
    return {.code = ErrorCode::VectorEmbeddingError,
            .message = "While embedding documents for embedder `" + embedder + "`: no vectors provided for document `" +
                       external_id + "`" + others + "\n- Note: `" + embedder +
                       "` has `source: userProvided`, so documents must provide embeddings as an array in "
                       "`_vectors." +
                       embedder + "`.\n- Hint: opt-out for a document with `_vectors." + embedder + ": null`"};
}

}  // namespace miroir::protocol

#include "protocol/query/search_fields.h"

#include <array>

#include "json/parse.h"

namespace miroir::protocol {

namespace {

constexpr std::array<std::string_view, 3> kStrategies = {"last", "all", "frequency"};

// Written so that NaN passes, as in the engine.
bool outside_unit(double number) { return number > 1.0 || number < 0.0; }

Result<void> read_unit(const json::Value& value, const Place& place, std::string_view name, double& out) {
    const std::string text =
        "the value of `" + std::string(name) + "` is invalid, expected a float between `0.0` and `1.0`.";
    if (place.format() == Format::Query && value.is_string()) {
        const auto number = parse_float(value.string());
        if (!number || outside_unit(*number)) return place.unexpected(text);
        out = *number;
        return {};
    }
    MIROIR_CHECK(read(value, place, out));
    if (outside_unit(out)) return place.unexpected(text);
    return {};
}

struct Personalize {
    std::string user_context;
};

}  // namespace

std::string_view matching_strategy_name(MatchingStrategy strategy) {
    return kStrategies[static_cast<std::size_t>(strategy)];
}

Result<void> read(const json::Value& value, const Place& place, MatchingStrategy& out) {
    MIROIR_TRY(const std::size_t found, read_word(value, place, kStrategies));
    out = static_cast<MatchingStrategy>(found);
    return {};
}

Result<void> read(const json::Value& value, const Place& place, HybridQuery& out) {
    static const auto table = FieldTable<HybridQuery>()
                                  .code(ErrorCode::InvalidSearchHybridQuery)
                                  .field("semanticRatio", ErrorCode::InvalidSearchSemanticRatio,
                                         [](HybridQuery& q, const json::Value& v, const Place& p) -> Result<void> {
                                             double ratio = 0;
                                             MIROIR_CHECK(read_unit(v, p, "semanticRatio", ratio));
                                             q.semantic_ratio = static_cast<float>(ratio);
                                             return {};
                                         })
                                  .field("embedder", ErrorCode::InvalidSearchEmbedder, &HybridQuery::embedder)
                                  .required();
    return table.read(value, place, out);
}

Result<void> read_threshold(const json::Value& value, const Place& place, std::optional<double>& out) {
    if (value.is_null()) return {};
    double number = 0;
    MIROIR_CHECK(read_unit(value, place, "rankingScoreThreshold", number));
    out = number;
    return {};
}

Result<void> read_locales(const json::Value& value, const Place& place, std::optional<std::vector<std::string>>& out) {
    if (value.is_null()) return {};
    MIROIR_TRY(const json::Array items, read_list(value, place));
    std::vector<std::string> codes(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        MIROIR_CHECK(read_locale(items[i], place.format() == Format::Json ? place.at(i) : place, codes[i]));
    }
    out = std::move(codes);
    return {};
}

Result<void> read_personalize(const json::Value& value, const Place& place, std::optional<std::string>& out) {
    if (value.is_null()) return {};
    static const auto table =
        FieldTable<Personalize>()
            .code(ErrorCode::InvalidSearchPersonalize)
            .field("userContext", ErrorCode::InvalidSearchPersonalizeUserContext, &Personalize::user_context)
            .required();
    Personalize given;
    MIROIR_CHECK(table.read(value, place, given));
    out = std::move(given.user_context);
    return {};
}

Result<void> read_anything(const json::Value& value, const Place& /*place*/, std::optional<json::Value>& out) {
    if (!value.is_null()) out = value;
    return {};
}

json::Value filter_of_parameter(const std::string& text) {
    if (auto parsed = json::parse(text)) return std::move(*parsed);
    return text;
}

}  // namespace miroir::protocol

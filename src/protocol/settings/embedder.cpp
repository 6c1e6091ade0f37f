#include "protocol/settings/embedder.h"

#include <algorithm>
#include <array>

#include "protocol/features.h"
#include "protocol/settings/template_check.h"
#include "protocol/text_normal.h"
#include "protocol/url_fault.h"

namespace miroir::protocol {

namespace {

constexpr ErrorCode kCode = ErrorCode::InvalidSettingsEmbedders;
constexpr std::uint64_t kDefaultTemplateBytes = 400;

constexpr std::array<std::string_view, 6> kSources = {"openAi",       "huggingFace", "ollama",
                                                      "userProvided", "rest",        "composite"};

// Which sources take a member, one letter each in the order of kSources: y may, m must, - must not.
struct MemberRow {
    std::string_view name;
    std::string_view by_source;
};
// In the order of refusals.
constexpr MemberRow kMembers[] = {
    {"source", "yyyyyy"},
    {"model", "yym---"},
    {"revision", "-y----"},
    {"pooling", "-y----"},
    {"apiKey", "y-y-y-"},
    {"dimensions", "y-ymy-"},
    {"documentTemplate", "yyy-y-"},
    {"documentTemplateMaxBytes", "yyy-y-"},
    {"url", "y-y-m-"},
    {"indexingFragments", "----y-"},
    {"searchFragments", "----y-"},
    {"request", "----m-"},
    {"response", "----m-"},
    {"headers", "----y-"},
    {"searchEmbedder", "-----m"},
    {"indexingEmbedder", "-----m"},
    {"distribution", "yyyyyy"},
    {"binaryQuantized", "yyyyyy"},
};
// The order in which the members are checked, and the one in which they are written.
constexpr std::array<std::string_view, 17> kCheckOrder = {"model",
                                                          "revision",
                                                          "pooling",
                                                          "dimensions",
                                                          "apiKey",
                                                          "url",
                                                          "indexingFragments",
                                                          "searchFragments",
                                                          "request",
                                                          "response",
                                                          "documentTemplate",
                                                          "documentTemplateMaxBytes",
                                                          "headers",
                                                          "searchEmbedder",
                                                          "indexingEmbedder",
                                                          "binaryQuantized",
                                                          "distribution"};
constexpr std::array<std::string_view, 18> kWriteOrder = {"source",
                                                          "model",
                                                          "revision",
                                                          "pooling",
                                                          "apiKey",
                                                          "dimensions",
                                                          "binaryQuantized",
                                                          "documentTemplate",
                                                          "documentTemplateMaxBytes",
                                                          "url",
                                                          "indexingFragments",
                                                          "searchFragments",
                                                          "request",
                                                          "response",
                                                          "headers",
                                                          "searchEmbedder",
                                                          "indexingEmbedder",
                                                          "distribution"};

struct OpenAiModel {
    std::string_view name;
    std::uint64_t dimensions;
    bool overridable;
};
constexpr OpenAiModel kOpenAiModels[] = {{"text-embedding-ada-002", 1536, false},
                                         {"text-embedding-3-small", 1536, true},
                                         {"text-embedding-3-large", 3072, true}};

std::string prefix(const std::string& name) { return "`.embedders." + name; }

const json::Value* set_member(const json::Object& members, std::string_view name) {
    const json::Value* found = members.find(name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

std::size_t source_index(std::string_view source) {
    return static_cast<std::size_t>(std::ranges::find(kSources, source) - kSources.begin());
}

std::string named_list(const std::vector<std::string_view>& names) { return quoted_list(names); }

std::string unavailable(const std::string& name, const MemberRow& row, std::size_t source) {
    std::vector<std::string_view> sources;
    for (std::size_t i = 0; i < kSources.size(); ++i) {
        if (row.by_source[i] != '-') sources.push_back(kSources[i]);
    }
    std::vector<std::string_view> members;
    for (const MemberRow& other : kMembers) {
        if (other.by_source[source] != '-') members.push_back(other.name);
    }
    const std::string told(kSources[source]);
    const std::string member(row.name);
    std::string text = prefix(name) + "`: Field `" + member + "` unavailable for source `" + told + "`.";
    if (!sources.empty()) text += "\n  - note: `" + member + "` is available for sources: " + named_list(sources);
    return text + "\n  - note: available fields for source `" + told + "`: " + named_list(members);
}

Result<void> check_members(const std::string& name, const json::Object& given, std::string_view source) {
    const std::size_t index = source_index(source);
    for (const std::string_view member : kCheckOrder) {
        const auto* row = std::ranges::find(kMembers, member, &MemberRow::name);
        const char status = row->by_source[index];
        if (status == '-' && given.contains(member)) return fail(kCode, unavailable(name, *row, index));
        if (status == 'm' && set_member(given, member) == nullptr) {
            return fail(kCode, prefix(name) + "`: Missing field `" + std::string(member) +
                                   "` (note: this field is mandatory for source `" + std::string(source) + "`)");
        }
    }
    return {};
}

Result<void> check_open_ai(const std::string& name, const json::Object& given) {
    const json::Value* model = set_member(given, "model");
    if (model == nullptr) return {};
    const auto* known = std::ranges::find(kOpenAiModels, std::string_view(model->string()), &OpenAiModel::name);
    if (known == std::end(kOpenAiModels)) {
        return fail(kCode, prefix(name) + ".model`: Invalid model `" + model->string() +
                               "` for OpenAI. Supported models: [\"text-embedding-ada-002\", "
                               "\"text-embedding-3-small\", \"text-embedding-3-large\"]");
    }
    const json::Value* dimensions = set_member(given, "dimensions");
    if (dimensions == nullptr || dimensions->unsigned_integer() == known->dimensions) return {};
    const std::string found = std::to_string(dimensions->unsigned_integer());
    const std::string told = prefix(name) + ".dimensions`: Model `" + std::string(known->name);
    if (!known->overridable) {
        return fail(kCode, told + "` does not support overriding its native dimensions of " +
                               std::to_string(known->dimensions) + ". Found " + found);
    }
    if (dimensions->unsigned_integer() < known->dimensions) return {};
    return fail(kCode, told + "` does not support overriding its dimensions to a value higher than " +
                           std::to_string(known->dimensions) + ". Found " + found);
}

Result<void> check_nested(const std::string& name, const json::Object& given, std::string_view member) {
    const json::Value* nested = set_member(given, member);
    if (nested == nullptr) return {};
    const std::string where = prefix(name) + "." + std::string(member);
    const json::Value* source = set_member(nested->object(), "source");
    if (source == nullptr) {
        return fail(kCode,
                    where + "`: Missing field `source`.\n  - note: this field is mandatory for nested embedders");
    }
    if (source->string() == "userProvided" || source->string() == "composite") {
        return fail(kCode, where + ".source`: Source `" + source->string() + "` is not available in a nested embedder");
    }
    return {};
}

Result<void> check_url(const std::string& name, const json::Object& given) {
    const json::Value* url = set_member(given, "url");
    if (url == nullptr) return {};
    const std::string& text = url->string();
    const std::optional<std::string_view> fault = url_fault(text);
    if (!fault) return {};
    return fail(kCode, prefix(name) + ".url`: could not parse `" + text + "`: " + std::string(*fault));
}

Result<void> check_numbers(const std::string& name, const json::Object& given) {
    const json::Value* bytes = set_member(given, "documentTemplateMaxBytes");
    const bool has_template = set_member(given, "documentTemplate") != nullptr;
    if (has_template && bytes != nullptr && bytes->unsigned_integer() == 0) {
        return fail(kCode, prefix(name) + ".documentTemplateMaxBytes`: `documentTemplateMaxBytes` cannot be zero");
    }
    if (const json::Value* text = set_member(given, "documentTemplate")) {
        if (const auto fault = template_fault(text->string()))
            return fail(kCode, prefix(name) + ".documentTemplate`: Invalid template: " + *fault);
    }
    const json::Value* dimensions = set_member(given, "dimensions");
    if (dimensions != nullptr && dimensions->unsigned_integer() == 0) {
        return fail(kCode, prefix(name) + ".dimensions`: `dimensions` cannot be zero");
    }
    return {};
}

Result<json::Value> normal_number(const json::Value& value, const Place& place) {
    double number = 0;
    MIROIR_CHECK(read(value, place, number));
    return value;
}

Result<json::Value> normal_distribution(const json::Value& value, const Place& place) {
    static const Shape shape = Shape(kCode).required("mean", normal_number).required("sigma", normal_number);
    MIROIR_TRY(json::Value normal, shape(value, place));
    const double mean = normal.find("mean")->number();
    const double sigma = normal.find("sigma")->number();
    if (mean < 0 || mean > 1) {
        return place.unexpected("the distribution mean must be in the range [0, 1], got " + plain_number(mean));
    }
    if (sigma <= 0 || sigma > 1) {
        return place.unexpected("the distribution sigma must be in the range ]0, 1], got " + plain_number(sigma));
    }
    return normal;
}

Result<json::Value> normal_object(const json::Value& value, const Place& place) {
    if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
    return value;
}

bool is_nested(std::string_view member) { return member == "searchEmbedder" || member == "indexingEmbedder"; }

enum class Of : std::uint8_t { Documents, Queries };

void apply_source_defaults(json::Object& members, std::string_view source, Of of) {
    const auto fill = [&members](std::string_view name, json::Value value) {
        if (!members.contains(name)) members.set(name, std::move(value));
    };
    if (source == "openAi") fill("model", "text-embedding-3-small");
    if (source == "huggingFace") {
        if (!members.contains("model")) {
            fill("model", "BAAI/bge-base-en-v1.5");
            fill("revision", "617ca489d9e86b49b8167676d8220688b99db36e");
        }
        fill("pooling", "useModel");
    }
    if (source == "rest") fill("headers", json::Object());
    const bool with_fragments = members.contains("indexingFragments") || members.contains("searchFragments");
    if (source == "userProvided" || source == "composite" || with_fragments || of == Of::Queries) return;
    fill("documentTemplate", default_document_template());
    fill("documentTemplateMaxBytes", kDefaultTemplateBytes);
}

json::Object in_order(const json::Object& members) {
    json::Object out;
    for (const std::string_view name : kWriteOrder) {
        if (const json::Value* found = members.find(name)) out.append(std::string(name), *found);
    }
    return out;
}

// What stays when an embedder changes its source.
json::Object kept_members(const json::Object& standing, std::string_view source) {
    json::Object kept;
    for (const std::string_view name :
         {"apiKey", "documentTemplate", "documentTemplateMaxBytes", "binaryQuantized", "distribution"}) {
        const auto* row = std::ranges::find(kMembers, name, &MemberRow::name);
        const json::Value* found = standing.find(name);
        if (found != nullptr && row->by_source[source_index(source)] != '-') kept.set(name, *found);
    }
    return kept;
}

// One of the two embedders that a composite one consists of.
json::Value merged_nested(const json::Value* standing, const json::Object& given, Of of) {
    const bool stands = standing != nullptr && standing->is_object();
    json::Object members = stands ? standing->object() : json::Object();
    const json::Value* before = set_member(members, "source");
    const json::Value* asked = set_member(given, "source");
    if (before != nullptr && asked != nullptr && before->string() != asked->string())
        members = kept_members(members, asked->string());
    for (const json::Member& member : given) {
        if (member.second.is_null()) members.erase(member.first);
        else members.set(member.first, member.second);
    }
    if (const json::Value* source = set_member(members, "source")) apply_source_defaults(members, source->string(), of);
    return in_order(members);
}

Shape members_with(const Normal& nested) {
    const Normal fragment = nullable(Shape(kCode).required("value", normal_anything));
    Shape shape(kCode);
    shape.member("source", nullable(normal_word({kSources.begin(), kSources.end()})))
        .member("model", nullable(normal_text))
        .member("revision", nullable(normal_text))
        .member("pooling", nullable(normal_word({"useModel", "forceCls", "forceMean"})))
        .member("apiKey", nullable(normal_text))
        .member("dimensions", nullable(normal_unsigned))
        .member("binaryQuantized", nullable(normal_bool))
        .member("documentTemplate", nullable(normal_text))
        .member("documentTemplateMaxBytes", nullable(normal_unsigned))
        .member("url", nullable(normal_text))
        .member("indexingFragments", nullable(normal_map(fragment)))
        .member("searchFragments", nullable(normal_map(fragment)))
        .member("request", nullable(normal_anything))
        .member("response", nullable(normal_anything))
        .member("headers", nullable(normal_map(normal_text)))
        .member("searchEmbedder", nullable(nested))
        .member("indexingEmbedder", nullable(nested))
        .member("distribution", nullable(normal_distribution));
    return shape;
}

}  // namespace

std::string_view default_document_template() {
    return "{% for field in fields %}{% if field.is_searchable and field.value != nil %}{{ field.name }}: "
           "{{ field.value }}\n{% endif %}{% endfor %}";
}

Normal embedder_shape() { return members_with(members_with(normal_object)); }

Result<void> check_embedder_gates(const json::Object& given, const SettingsGates& gates) {
    const auto composite = [&gates](std::string_view action) {
        return check_feature(gates.composite_embedders, action, Feature::CompositeEmbedders);
    };
    const json::Value* source = set_member(given, "source");
    if (source != nullptr && source->string() == "composite")
        MIROIR_CHECK(composite("using `\"composite\"` as source"));
    if (set_member(given, "searchEmbedder") != nullptr) MIROIR_CHECK(composite("setting `searchEmbedder`"));
    if (set_member(given, "indexingEmbedder") != nullptr) MIROIR_CHECK(composite("setting `indexingEmbedder`"));
    if (set_member(given, "indexingFragments") != nullptr) {
        MIROIR_CHECK(check_feature(gates.multimodal, "setting `indexingFragments`", Feature::Multimodal));
    }
    if (set_member(given, "searchFragments") == nullptr) return {};
    return check_feature(gates.multimodal, "setting `searchFragments`", Feature::Multimodal);
}

Result<void> check_embedder_change(const std::string& name, const json::Object& given) {
    MIROIR_CHECK(check_numbers(name, given));
    MIROIR_CHECK(check_url(name, given));
    const json::Value* source = set_member(given, "source");
    if (source == nullptr) return {};
    MIROIR_CHECK(check_members(name, given, source->string()));
    if (source->string() == "openAi") return check_open_ai(name, given);
    if (source->string() != "composite") return {};
    MIROIR_CHECK(check_nested(name, given, "searchEmbedder"));
    return check_nested(name, given, "indexingEmbedder");
}

Result<EmbedderSettings> merged_embedder(const std::string& name, const EmbedderSettings* standing,
                                         const json::Object& given) {
    MIROIR_CHECK(check_nested(name, given, "searchEmbedder"));  // one that embeds documents may leave its source out
    const json::Value* asked = set_member(given, "source");
    std::string source = standing != nullptr ? standing->members.find("source")->string() : "openAi";
    json::Object members = standing != nullptr ? standing->members : json::Object();
    if (given.contains("source")) {
        const std::string wanted = asked != nullptr ? asked->string() : "openAi";
        if (standing != nullptr && wanted != source) members = kept_members(members, wanted);
        source = wanted;
    }
    for (const json::Member& member : given) {
        if (member.second.is_null()) members.erase(member.first);
        else if (is_nested(member.first) && member.second.is_object())
            members.set(member.first, merged_nested(members.find(member.first), member.second.object(),
                                                    member.first == "searchEmbedder" ? Of::Queries : Of::Documents));
        else members.set(member.first, member.second);
    }
    members.set("source", source);
    apply_source_defaults(members, source, Of::Documents);
    const json::Value* quantized = members.find("binaryQuantized");
    if (standing != nullptr && standing->binary_quantized && (quantized == nullptr || !quantized->boolean())) {
        return fail(kCode, prefix(name) +
                               ".binaryQuantized`: Cannot disable the binary quantization.\n - Note: Binary "
                               "quantization is a lossy operation that cannot be reverted.\n - Hint: Add a new "
                               "embedder that is non-quantized and regenerate the vectors.");
    }
    MIROIR_CHECK(check_embedder_change(name, members));
    return embedder_from_members(in_order(members));
}

Result<EmbedderSettings> embedder_from_members(const json::Object& members) {
    MIROIR_TRY(const json::Value checked, embedder_shape()(members, Place(Format::Json, kCode)));
    EmbedderSettings out{.members = members};
    const json::Value* source = set_member(members, "source");
    if (source == nullptr) return fail(kCode, "an embedder has no source");
    out.source = static_cast<EmbedderSource>(source_index(source->string()));
    if (const json::Value* dimensions = set_member(members, "dimensions")) {
        out.dimensions = dimensions->unsigned_integer();
    }
    if (const json::Value* quantized = set_member(members, "binaryQuantized")) {
        out.binary_quantized = quantized->boolean();
    }
    if (const json::Value* distribution = set_member(members, "distribution")) {
        out.distribution = {.mean = static_cast<float>(distribution->find("mean")->number()),
                            .sigma = static_cast<float>(distribution->find("sigma")->number())};
    }
    return out;
}

}  // namespace miroir::protocol

// Rendering a template over one document.
#include "node/api/routes.h"
#include "protocol/fields/fields.h"
#include "protocol/liquid/template.h"

namespace miroir::node {
namespace {

using protocol::FieldTable;
using protocol::Place;

struct Part {
    std::string kind;
    std::optional<json::Value> inline_value;
    std::optional<std::string> index_uid;
    std::optional<json::Value> id;
    std::optional<std::string> embedder;
};

constexpr std::string_view kTemplates[] = {"documentTemplate", "chatDocumentTemplate",   "indexingFragment",
                                           "searchFragment",   "inlineDocumentTemplate", "inlineFragment"};
constexpr std::string_view kInputs[] = {"indexDocument", "inlineDocument", "inlineSearch"};

Result<void> read_part(const json::Value& value, const Place& place, Part& out, std::span<const std::string_view> kinds,
                       ErrorCode code) {
    const auto kind = [kinds](Part& part, const json::Value& given, const Place& at) -> Result<void> {
        MIROIR_TRY(const std::size_t which, protocol::read_word(given, at, kinds));
        part.kind = std::string(kinds[which]);
        return {};
    };
    const auto table = FieldTable<Part>()
                           .code(code)
                           .field("kind", code, kind)
                           .required()
                           .field("inline", code, &Part::inline_value)
                           .field("indexUid", code, &Part::index_uid)
                           .field("id", code, &Part::id)
                           .field("embedder", code, &Part::embedder);
    return table.read(value, place, out);
}

struct RenderBody {
    Part pattern;
    std::optional<Part> input;
};

Result<void> read_template(RenderBody& out, const json::Value& value, const Place& place) {
    return read_part(value, place, out.pattern, kTemplates, ErrorCode::InvalidRenderTemplate);
}
Result<void> read_input(RenderBody& out, const json::Value& value, const Place& place) {
    if (value.is_null()) return {};
    return read_part(value, place, out.input.emplace(), kInputs, ErrorCode::InvalidRenderInput);
}

Result<std::string> render_text(std::string_view text, const json::Value& document) {
    const auto pattern = protocol::liquid::Template::parse(text);
    if (!pattern)
        return fail(
            ErrorCode::TemplateParsingError,
            "error while parsing template: user error: cannot parse template: liquid: " + pattern.error() + "\n");
    auto out = pattern->render(json::Object{{"doc", document}});
    if (!out)
        return fail(
            ErrorCode::TemplateRenderingError,
            "error while rendering template: user error: missing field in document: liquid: " + out.error() + "\n");
    return *std::move(out);
}

Result<http::Reply> render(Visit& visit) {
    static const auto table = FieldTable<RenderBody>()
                                  .field("template", ErrorCode::InvalidRenderTemplate, read_template)
                                  .required()
                                  .field("input", ErrorCode::InvalidRenderInput, read_input);
    MIROIR_TRY(const RenderBody body, table.parse(visit.body));
    MIROIR_CHECK(visit.desk.require_feature("renderRoute", "Using the /render-template route"));
    const auto& pattern = body.pattern.inline_value;
    if (body.pattern.kind != "inlineDocumentTemplate" || !pattern || !pattern->is_string()) {
        return fail(ErrorCode::InvalidRenderTemplate, "Only an inline document template can be rendered by this node.");
    }
    json::Object out{{"template", *pattern}, {"rendered", nullptr}};
    if (body.input && body.input->inline_value) {
        MIROIR_TRY(std::string text, render_text(pattern->string(), *body.input->inline_value));
        out.set("rendered", std::move(text));
    }
    return ok(out);
}

constexpr Route kRoutes[] = {{"POST", "/render-template", "settings.get", BodyKind::Json, render}};

}  // namespace

std::span<const Route> render_routes() { return kRoutes; }

}  // namespace miroir::node

// Rendering a template over one document: `{{doc.field}}` is replaced; other template commands are refused.
#include "json/write.h"
#include "node/api/routes.h"
#include "protocol/fields/fields.h"

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

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

const json::Value* look_up(const json::Value& document, std::string_view path) {
    const json::Value* at = &document;
    while (!path.empty() && at != nullptr) {
        const std::size_t dot = path.find('.');
        at = at->find(path.substr(0, dot));
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return at;
}

Result<std::string> render_text(std::string_view pattern, const json::Value& document) {
    std::string out;
    while (!pattern.empty()) {
        const std::size_t open = pattern.find("{{");
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        const std::size_t close = pattern.find("}}", open);
        if (close == std::string_view::npos) return fail(ErrorCode::TemplateParsingError, "cannot parse template");
        const std::string_view name = trimmed(pattern.substr(open + 2, close - open - 2));
        const json::Value* value = name.starts_with("doc.") ? look_up(document, name.substr(4)) : nullptr;
        if (value == nullptr) {
            return fail(ErrorCode::TemplateRenderingError, "missing field in document: `" + std::string(name) + "`");
        }
        out += value->is_string() ? value->string() : json::to_text(*value);
        pattern = pattern.substr(close + 2);
    }
    return out;
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

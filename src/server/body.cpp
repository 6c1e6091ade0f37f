#include "server/body.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "json/parse.h"

namespace miroir::server {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trim(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string quoted_list(std::initializer_list<std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        out.append(out.empty() ? "`" : ", `").append(word).append("`");
    }
    return out;
}

// 100000000 is "100 MB", 104857600 is "100 MiB": binary units where the number divides by 1024.
std::string size_text(std::size_t bytes) {
    constexpr std::array<std::string_view, 5> kDecimal{"B", "KB", "MB", "GB", "TB"};
    constexpr std::array<std::string_view, 5> kBinary{"B", "KiB", "MiB", "GiB", "TiB"};
    const bool binary = bytes % 1024 == 0;
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= (binary ? 1024.0 : 1000.0) && unit + 1 < kDecimal.size(); ++unit) value /= binary ? 1024.0 : 1000.0;
    std::string number = fmt::format("{:.2f}", value);
    while (number.ends_with('0')) number.pop_back();
    if (number.ends_with('.')) number.pop_back();
    return fmt::format("{} {}", number, binary ? kBinary[unit] : kDecimal[unit]);
}

// The engine's JSON routes name the decoder's complaint.
std::string broken_json_text(const http::Headers& headers) {
    const std::string encoding = lower(trim(headers.get("content-encoding")));
    std::string_view reason = "InvalidData, error: \"Invalid Data\"";
    if (encoding == "gzip") reason = "InvalidInput, error: \"corrupt gzip stream does not have a matching checksum\"";
    if (encoding == "deflate") reason = "InvalidInput, error: \"corrupt deflate stream\"";
    return fmt::format(
        "Error that occur during reading payload: payload reached EOF before completing: Some(Custom {{ "
        "kind: {} }})",
        reason);
}

// What came over the limit of a JSON route. A length that was announced gives 500 `internal`: the engine's quirk.
Error json_too_large(const Incoming& in, std::size_t limit) {
    if (in.content_length && *in.content_length > limit) {
        return {.code = ErrorCode::Internal,
                .message = fmt::format("JSON payload ({} bytes) is larger than allowed (limit: {} bytes).",
                                       *in.content_length, limit)};
    }
    return {.code = ErrorCode::PayloadTooLarge,
            .message = fmt::format("JSON payload has exceeded limit ({} bytes).", limit)};
}

env::Task<Result<std::string>> read_text_of_json(Incoming& in, std::size_t limit) {
    Result<std::string> type = check_content_type(in.headers, {"application/json"});
    // The engine also takes every media type whose suffix or subtype is json.
    const std::string given = lower(in.headers.get("content-type"));
    const std::string_view essence = trim(std::string_view(given).substr(0, given.find(';')));
    if (!type && !essence.ends_with("/json") && !essence.ends_with("+json")) co_return fail(std::move(type).error());
    if (in.content_length && *in.content_length > limit) co_return fail(json_too_large(in, limit));

    Result<std::string> text = co_await http::read_all(*in.body, limit);
    if (!text) {
        Error error = std::move(text).error();
        if (error.code == ErrorCode::PayloadTooLarge) error = json_too_large(in, limit);
        if (error.code == ErrorCode::BadRequest) error.message = broken_json_text(in.headers);
        co_return fail(std::move(error));
    }
    co_return text;
}

Result<json::Value> parsed_body(std::string_view text) {
    std::expected<json::Value, json::ParseError> value = json::parse(text);
    if (value) return std::move(*value);
    const json::ParseError& error = value.error();
    if (error.end_of_input && error.line == 1 && error.column == 0) {
        return fail(ErrorCode::MissingPayload, "A json payload is missing.");
    }
    return fail(ErrorCode::MalformedPayload,
                fmt::format("The json payload provided is malformed. `{}`.", error.message));
}

}  // namespace

Result<std::string> check_content_type(const http::Headers& headers, std::initializer_list<std::string_view> accepted) {
    if (!headers.has("content-type")) {
        return fail(ErrorCode::MissingContentType,
                    fmt::format("A Content-Type header is missing. Accepted values for the Content-Type header are: {}",
                                quoted_list(accepted)));
    }
    const std::string_view given = headers.get("content-type");
    const std::string_view essence = trim(given.substr(0, given.find(';')));
    std::string media_type = lower(essence);
    if (std::ranges::find(accepted, std::string_view(media_type)) != accepted.end()) return media_type;
    return fail(ErrorCode::InvalidContentType,
                fmt::format("The Content-Type `{}` is invalid. Accepted values for the Content-Type header are: {}",
                            essence.contains('/') ? essence : given, quoted_list(accepted)));
}

env::Task<Result<std::string>> read_body(Incoming& in, std::size_t limit) {
    Result<std::string> body = co_await http::read_all(*in.body, limit);
    if (!body && body.error().code == ErrorCode::PayloadTooLarge) {
        body.error().message = fmt::format(
            "The provided payload reached the size limit. The maximum accepted payload size is {}.", size_text(limit));
    }
    co_return body;
}

env::Task<Result<json::Value>> read_json_body(Incoming& in, std::size_t limit) {
    const Result<std::string> text = co_await read_text_of_json(in, limit);
    if (!text) co_return fail(text.error());
    co_return parsed_body(*text);
}

env::Task<Result<std::string>> read_json_text(Incoming& in, std::size_t limit) {
    Result<std::string> text = co_await read_text_of_json(in, limit);
    if (!text) co_return text;
    const Result<json::Value> sound = parsed_body(*text);
    if (!sound) co_return fail(sound.error());
    co_return text;
}

}  // namespace miroir::server

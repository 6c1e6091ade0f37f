#include "protocol/documents/payload.h"

#include <algorithm>
#include <cstdio>

#include "json/parse.h"
#include "json/write.h"
#include "protocol/documents/csv.h"

namespace miroir::protocol {
namespace {

constexpr std::size_t kMessagePrefix = 50;  // a long message keeps its beginning and its end
constexpr std::size_t kMessageSuffix = 85;

std::unexpected<Error> malformed_json(PayloadFormat format, std::string message) {
    constexpr std::string_view kEllipsis = "...";
    if (message.size() > kMessagePrefix + kMessageSuffix + kEllipsis.size()) {
        message.replace(kMessagePrefix, message.size() - kMessageSuffix - kMessagePrefix, kEllipsis);
    }
    return fail(ErrorCode::MalformedPayload,
                "The `" + std::string(payload_format_name(format)) +
                    "` payload provided is malformed. `Couldn't serialize document value: " + message + "`.");
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Where the byte at `offset` stands when it has just been read: lines from 1, columns count bytes of the line.
std::string place_of(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto lines = std::ranges::count(before, '\n');
    const std::size_t last = before.rfind('\n');
    const std::size_t column = last == std::string_view::npos ? before.size() : before.size() - last - 1;
    return " at line " + std::to_string(lines + 1) + " column " + std::to_string(column);
}

// Elements are skipped before they are read, and the skipper words the end of the text behind a comma in its own way.
std::string skipper_words(std::string words, std::string_view element) {
    if (!words.starts_with("EOF while parsing a value")) return words;
    std::string open;  // the brackets around the end
    bool quoted = false;
    for (std::size_t i = 0; i < element.size(); ++i) {
        const char c = element[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            open += c;
        } else if ((c == '}' || c == ']') && !open.empty()) {
            open.pop_back();
        }
    }
    while (!element.empty() && is_blank(element.back())) element.remove_suffix(1);
    const bool key = !open.empty() && open.back() == '{' && element.ends_with(',');
    return key ? "EOF while parsing an object" : words;
}

// The parser's message with its place moved: it counted from `start`, the client counts from the beginning.
std::string moved(std::string_view text, std::size_t start, const json::ParseError& error) {
    const std::size_t at = error.message.rfind(" at line ");
    std::string words = at == std::string::npos ? error.message : error.message.substr(0, at);
    std::size_t line = error.line;
    std::size_t column = error.column;
    const std::string_view before = text.substr(0, start);
    if (line == 1) {
        const std::size_t last = before.rfind('\n');
        column += last == std::string_view::npos ? before.size() : before.size() - last - 1;
    }
    line += static_cast<std::size_t>(std::ranges::count(before, '\n'));
    return skipper_words(std::move(words), text.substr(start)) + " at line " + std::to_string(line) + " column " +
           std::to_string(column);
}

// An element that is JSON but no object: the engine calls it its own failure. `raw` is its text.
Error not_an_object(const json::Value& value, std::string_view raw) {
    std::string kind;
    std::size_t column = raw.size();
    if (value.is_array()) {
        kind = "sequence";
        column = 0;
    } else if (value.is_null()) {
        kind = "null";
    } else if (value.is_bool()) {
        kind = "boolean `" + std::string(value.boolean() ? "true" : "false") + "`";
    } else if (value.is_string()) {
        kind = "string ";
        json::append_string(kind, value.string());
    } else if (value.is_integer()) {
        kind = "integer `" + json::to_text(value) + "`";
    } else {
        kind = "floating point `" + json::to_text(value) + "`";
    }
    return {.code = ErrorCode::Internal,
            .message = "invalid type: " + kind + ", expected a map at line 1 column " + std::to_string(column)};
}

class ListReader {
public:
    explicit ListReader(std::string_view text) : text_(text), rest_(text) {}

    Result<std::vector<json::Object>> read() {
        skip_blanks();
        rest_.remove_prefix(1);  // '['
        for (;;) {
            skip_blanks();
            if (rest_.empty()) return refuse_ahead("EOF while parsing a list");
            if (rest_.front() == ']') return std::move(out_);  // whatever follows is not looked at
            if (!out_.empty()) {
                if (rest_.front() != ',') return refuse_ahead("expected `,` or `]`");
                rest_.remove_prefix(1);
                skip_blanks();
                if (!rest_.empty() && rest_.front() == ']') return refuse_ahead("trailing comma");
                if (rest_.empty()) return refuse_ahead("EOF while parsing a value");
            }
            MIROIR_CHECK(read_element());
        }
    }

private:
    void skip_blanks() {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }
    std::size_t offset() const { return text_.size() - rest_.size(); }

    std::unexpected<Error> refuse_ahead(std::string words) {
        const std::size_t place = rest_.empty() ? offset() : offset() + 1;
        return malformed_json(PayloadFormat::Json, words + place_of(text_, place));
    }

    Result<void> read_element() {
        const std::size_t start = offset();
        auto value = json::parse_front(rest_);
        if (!value) return malformed_json(PayloadFormat::Json, moved(text_, start, value.error()));
        if (value->is_object()) {
            out_.push_back(std::move(value->object()));
            return {};
        }
        // The list is left in the middle; the engine then stumbles over the next element, if there is one.
        const std::string_view raw = text_.substr(start, offset() - start);
        skip_blanks();
        if (!rest_.empty() && rest_.front() == ']') return fail(not_an_object(*value, raw));
        if (rest_.empty()) return refuse_ahead("EOF while parsing a list");
        if (rest_.front() != ',') return refuse_ahead("trailing characters");
        rest_.remove_prefix(1);
        skip_blanks();
        return refuse_ahead(!rest_.empty() && rest_.front() == ']' ? "trailing comma" : "trailing characters");
    }

    std::string_view text_;
    std::string_view rest_;
    std::vector<json::Object> out_;
};

Result<std::vector<json::Object>> parse_json(std::string_view payload) {
    const auto first = std::ranges::find_if_not(payload, is_blank);
    if (first != payload.end() && *first == '[') return ListReader(payload).read();
    auto value = json::parse(payload);
    if (!value) {
        // A scalar is refused for its kind before anything behind it is read.
        const bool object = first != payload.end() && *first == '{';
        std::string_view front = payload;
        if (object || !json::parse_front(front)) return malformed_json(PayloadFormat::Json, value.error().message);
    }
    if (!value || !value->is_object()) {
        return malformed_json(PayloadFormat::Json, "data are neither an object nor a list of objects");
    }
    std::vector<json::Object> out;
    out.push_back(std::move(value->object()));
    return out;
}

Result<std::vector<json::Object>> parse_ndjson(std::string_view payload) {
    std::vector<json::Object> out;
    std::string_view rest = payload;
    for (;;) {
        while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
        if (rest.empty()) return out;
        const std::size_t start = payload.size() - rest.size();
        auto value = json::parse_front(rest);
        if (!value) return malformed_json(PayloadFormat::Ndjson, moved(payload, start, value.error()));
        if (!value->is_object()) {
            const std::size_t end = payload.size() - rest.size();
            return fail(not_an_object(*value, payload.substr(start, end - start)));
        }
        out.push_back(std::move(value->object()));
    }
}

}  // namespace

std::string_view payload_format_name(PayloadFormat format) {
    switch (format) {
        case PayloadFormat::Json: return "json";
        case PayloadFormat::Ndjson: return "ndjson";
        case PayloadFormat::Csv: return "csv";
    }
    return "json";
}

PayloadFormat payload_format_of(std::string_view media_type) {
    if (media_type == kDocumentMediaTypes[1]) return PayloadFormat::Ndjson;
    return media_type == kDocumentMediaTypes[2] ? PayloadFormat::Csv : PayloadFormat::Json;
}

Result<std::vector<json::Object>> parse_documents(std::string_view payload, PayloadOptions options) {
    if (payload.empty()) {
        return fail(ErrorCode::MissingPayload,
                    "A " + std::string(payload_format_name(options.format)) + " payload is missing.");
    }
    switch (options.format) {
        case PayloadFormat::Json: return parse_json(payload);
        case PayloadFormat::Ndjson: return parse_ndjson(payload);
        case PayloadFormat::Csv: return parse_csv(payload, options.csv_delimiter);
    }
    return parse_json(payload);
}

Result<char> csv_delimiter_of(std::string_view character) {
    if (character.size() == 1 && static_cast<unsigned char>(character.front()) < 0x80) return character.front();
    return fail(ErrorCode::InvalidDocumentCsvDelimiter,
                "csv delimiter must be an ascii character. Found: `" + std::string(character) + "`");
}

}  // namespace miroir::protocol

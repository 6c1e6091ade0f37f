#include "protocol/documents/payload.h"

#include <algorithm>
#include <cstdio>

#include "base/assert.h"
#include "json/parse.h"
#include "json/scan.h"
#include "json/write.h"
#include "protocol/documents/csv.h"
#include "protocol/documents/lone_surrogates.h"
#include "protocol/documents/primary_key.h"

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

// Escapes are looked at when an element that has been skipped is read by itself: their places are counted from its
// start.
bool is_half_a_character(const json::ParseError& error) { return error.message.contains("hex escape"); }

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

bool is_special(std::string_view name) { return name == "_geo" || name == "_geojson" || name == "_vectors"; }

// Objects one after the other, as pieces of the payload. Scanned; what the scanner does not take is parsed, which finds
// the words for a refusal.
class ObjectReader {
public:
    ObjectReader(std::string_view bytes, std::optional<std::string> key)
        : sound_(json::is_sound_utf8(bytes)), key_(std::move(key)) {}

    // The value at the front of `rest`. Nothing: it is JSON but no object, and is then in `stranger`.
    std::expected<bool, json::ParseError> read(std::string_view& rest, std::optional<json::Value>& stranger) {
        const std::string_view start = rest;
        if (sound_ && rest.starts_with('{') && json::scan_object(rest, members_)) {
            add(start.substr(0, start.size() - rest.size()));
            return true;
        }
        auto value = json::parse_front(rest);
        if (!value) return std::unexpected(std::move(value.error()));
        if (!value->is_object()) {
            stranger = std::move(*value);
            return false;
        }
        documents_.push_back({.text = start.substr(0, start.size() - rest.size()), .key_text = {}, .odd = true});
        return true;
    }

    bool empty() const { return documents_.empty(); }
    Payload done() { return {.documents = std::move(documents_), .key = key_.value_or("")}; }

private:
    void add(std::string_view text) {
        if (!key_) guess_key(text);
        DocumentText& document = documents_.emplace_back(DocumentText{.text = text, .key_text = {}});
        for (const json::MemberText& member : members_) {
            if (member.escaped) document.odd = true;
            else if (member.name == *key_) {
                document.doubled = document.doubled || !document.key_text.empty();
                document.key_text = member.value;
            } else if (!member.name.starts_with('_')) continue;
            else if (is_special(member.name)) document.special = true;
            else document.underscored = true;
        }
        if (document.odd) document.key_text = {};
    }

    void guess_key(std::string_view text) {
        const auto tree = json::parse(text);
        key_ = tree ? infer_primary_key(tree->object()).value_or("") : "";
    }

    bool sound_;
    std::optional<std::string> key_;
    std::vector<json::MemberText> members_;
    std::vector<DocumentText> documents_;
};

class ListReader {
public:
    ListReader(std::string_view text, ObjectReader& objects) : text_(text), rest_(text), objects_(objects) {}

    Result<void> read() {
        skip_blanks();
        rest_.remove_prefix(1);  // '['
        for (;;) {
            skip_blanks();
            if (rest_.empty()) return refuse_ahead("EOF while parsing a list");
            if (rest_.front() == ']') return {};  // whatever follows is not looked at
            if (!objects_.empty()) {
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
        std::optional<json::Value> stranger;
        const auto read = objects_.read(rest_, stranger);
        if (!read && is_half_a_character(read.error()))
            return malformed_json(PayloadFormat::Json, read.error().message);
        if (!read) return malformed_json(PayloadFormat::Json, moved(text_, start, read.error()));
        if (*read) return {};
        // The list is left in the middle; the engine then stumbles over the next element, if there is one.
        const std::string_view raw = text_.substr(start, offset() - start);
        skip_blanks();
        if (!rest_.empty() && rest_.front() == ']') return fail(not_an_object(*stranger, raw));
        if (rest_.empty()) return refuse_ahead("EOF while parsing a list");
        if (rest_.front() != ',') return refuse_ahead("trailing characters");
        rest_.remove_prefix(1);
        skip_blanks();
        return refuse_ahead(!rest_.empty() && rest_.front() == ']' ? "trailing comma" : "trailing characters");
    }

    std::string_view text_;
    std::string_view rest_;
    ObjectReader& objects_;
};

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}

Result<void> read_json(std::string_view payload, ObjectReader& objects) {
    std::string_view rest = without_blanks(payload);
    if (rest.starts_with('[')) return ListReader(payload, objects).read();
    if (rest.starts_with('{')) {
        std::optional<json::Value> stranger;
        if (objects.read(rest, stranger) && without_blanks(rest).empty()) return {};
        return malformed_json(PayloadFormat::Json, json::parse(payload).error().message);
    }
    // A scalar is refused for its kind before anything behind it is read.
    if (const auto scalar = json::parse_front(rest); !scalar) {
        return malformed_json(PayloadFormat::Json, json::parse(payload).error().message);
    }
    return malformed_json(PayloadFormat::Json, "data are neither an object nor a list of objects");
}

Result<void> read_ndjson(std::string_view payload, ObjectReader& objects) {
    for (std::string_view rest = without_blanks(payload); !rest.empty(); rest = without_blanks(rest)) {
        const std::size_t start = payload.size() - rest.size();
        std::optional<json::Value> stranger;
        const auto read = objects.read(rest, stranger);
        if (!read) return malformed_json(PayloadFormat::Ndjson, moved(payload, start, read.error()));
        if (!*read) {
            const std::size_t end = payload.size() - rest.size();
            return fail(not_an_object(*stranger, payload.substr(start, end - start)));
        }
    }
    return {};
}

Result<Payload> read_csv(std::string_view bytes, char delimiter, const std::optional<std::string>& likely_key) {
    MIROIR_TRY(std::string lines, ndjson_of_csv(bytes, delimiter));
    auto rewritten = std::make_shared<const std::string>(std::move(lines));
    ObjectReader objects(*rewritten, likely_key);
    MIROIR_CHECK(read_ndjson(*rewritten, objects));
    Payload payload = objects.done();
    payload.rewritten = std::move(rewritten);
    return payload;
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

Result<Payload> read_payload(std::string_view bytes, PayloadOptions options,
                             const std::optional<std::string>& likely_key) {
    if (bytes.empty()) {
        return fail(ErrorCode::MissingPayload,
                    "A " + std::string(payload_format_name(options.format)) + " payload is missing.");
    }
    if (options.format == PayloadFormat::Csv) return read_csv(bytes, options.csv_delimiter, likely_key);
    const auto read = [&](std::string_view text) -> Result<Payload> {
        ObjectReader objects(text, likely_key);
        MIROIR_CHECK(options.format == PayloadFormat::Json ? read_json(text, objects) : read_ndjson(text, objects));
        Payload payload = objects.done();
        payload.lines = options.format == PayloadFormat::Ndjson;
        return payload;
    };
    Result<Payload> payload = read(bytes);
    if (payload || payload.error().code != ErrorCode::MalformedPayload) return payload;
    auto mended = mend_lone_surrogates(bytes, options.format == PayloadFormat::Ndjson);
    if (!mended) return payload;
    const auto kept = std::make_shared<const std::string>(std::move(mended->bytes));
    payload = read(*kept);
    if (!payload) return payload;
    payload->rewritten = kept;
    payload->unreadable = std::move(mended->unreadable);
    return payload;
}

json::Object tree_of(const DocumentText& document) {
    auto tree = json::parse(document.text);
    MIROIR_ASSERT(tree && tree->is_object());
    return std::move(tree->object());
}

std::vector<json::Object> trees_of(const Payload& payload) {
    std::vector<json::Object> out;
    out.reserve(payload.documents.size());
    for (const DocumentText& document : payload.documents) out.push_back(tree_of(document));
    return out;
}

std::optional<json::Value> member_of(const DocumentText& document, std::string_view name) {
    std::vector<json::MemberText> members;
    std::string_view rest = document.text;
    if (document.odd || !json::scan_object(rest, members)) {
        const json::Object tree = tree_of(document);
        const json::Value* found = tree.find(name);
        return found == nullptr ? std::nullopt : std::optional(*found);
    }
    const auto last = std::ranges::find(members.rbegin(), members.rend(), name, &json::MemberText::name);
    if (last == members.rend()) return std::nullopt;
    return json::parse(last->value).value();
}

Result<char> csv_delimiter_of(std::string_view character) {
    if (character.size() == 1 && static_cast<unsigned char>(character.front()) < 0x80) return character.front();
    return fail(ErrorCode::InvalidDocumentCsvDelimiter,
                "csv delimiter must be an ascii character. Found: `" + std::string(character) + "`");
}

}  // namespace miroir::protocol

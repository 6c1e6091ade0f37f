#include "protocol/documents/csv.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "json/value.h"
#include "json/write.h"

namespace miroir::protocol {
namespace {

enum class Kind { Text, Number, Boolean };

struct Column {
    std::string name;
    Kind kind = Kind::Text;
};

struct Record {
    std::vector<std::string> cells;
    std::size_t line = 1;  // where it begins
    std::size_t byte = 0;
};

// Records as the usual CSV readers see them: quotes double inside quotes, empty lines are skipped, CR, LF or both end
// a record.
class Records {
public:
    Records(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    std::optional<Record> next() {
        while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) step();
        if (at_ >= text_.size()) return std::nullopt;
        Record record;
        record.line = line_;
        record.byte = at_;
        while (read_cell(record)) {
        }
        return record;
    }

private:
    void step() {
        if (text_[at_++] == '\n') ++line_;
    }

    // False at the end of the record.
    bool read_cell(Record& record) {
        std::string cell;
        bool quoted = at_ < text_.size() && text_[at_] == '"';
        if (quoted) step();
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (quoted) {
                if (c != '"') {
                    cell += c;
                } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
                    cell += c;
                    step();
                } else {
                    quoted = false;
                }
                step();
                continue;
            }
            if (c == delimiter_) {
                step();
                record.cells.push_back(std::move(cell));
                return true;
            }
            if (c == '\n' || c == '\r') break;
            cell += c;
            step();
        }
        record.cells.push_back(std::move(cell));
        if (at_ < text_.size() && text_[at_] == '\r') step();
        if (at_ < text_.size() && text_[at_] == '\n') step();
        return false;
    }

    std::string_view text_;
    char delimiter_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

Column column_of(std::string header) {
    const std::size_t colon = header.rfind(':');
    if (colon == std::string::npos) return {.name = std::move(header)};
    const std::string_view type = std::string_view(header).substr(colon + 1);
    if (type == "number") return {.name = header.substr(0, colon), .kind = Kind::Number};
    if (type == "boolean") return {.name = header.substr(0, colon), .kind = Kind::Boolean};
    if (type == "string") return {.name = header.substr(0, colon)};
    return {.name = std::move(header)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\n\r\f\v";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

std::unexpected<Error> refuse(std::string why) {
    return fail(ErrorCode::MalformedPayload, "The `csv` payload provided is malformed: `" + why + "`.");
}

// How many bytes from the front are sound UTF-8.
std::size_t valid_up_to(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xC2 ? 0
                                   : lead < 0xE0 ? 2
                                   : lead < 0xF0 ? 3
                                   : lead < 0xF5 ? 4
                                                 : 0;
        if (length == 0 || at + length > text.size()) return at;
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[at + i]);
            // The second byte alone tells overlong forms, surrogates and what lies beyond the last code point.
            const bool first = i == 1;
            const unsigned char low = first && lead == 0xE0 ? 0xA0 : first && lead == 0xF0 ? 0x90 : 0x80;
            const unsigned char high = first && lead == 0xED ? 0x9F : first && lead == 0xF4 ? 0x8F : 0xBF;
            if (next < low || next > high) return at;
        }
        at += length;
    }
    return at;
}

// A cell that is no UTF-8 would become a document nobody could read back.
Result<void> check_text(const Record& record, std::size_t number) {
    for (std::size_t i = 0; i < record.cells.size(); ++i) {
        const std::size_t sound = valid_up_to(record.cells[i]);
        if (sound == record.cells[i].size()) continue;
        const std::string field = std::to_string(i);
        return refuse("CSV parse error: record " + std::to_string(number) + " (line " + std::to_string(record.line) +
                      ", field: " + field + ", byte: " + std::to_string(record.byte) +
                      "): invalid utf-8: invalid UTF-8 in field " + field + " near byte index " +
                      std::to_string(sound));
    }
    return {};
}

Result<json::Value> number_of(std::string_view cell, std::size_t line) {
    std::string_view text = trimmed(cell);
    if (text.empty()) return json::Value();
    const bool plus = text.size() > 1 && text.front() == '+' && text[1] != '-';
    const std::string_view digits = plus ? text.substr(1) : text;
    const char* const end = digits.data() + digits.size();
    std::int64_t integer = 0;
    if (const auto [stop, error] = std::from_chars(digits.data(), end, integer); error == std::errc() && stop == end) {
        return json::Value(integer);
    }
    double number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (stop != end || digits.empty() || error == std::errc::invalid_argument) {
        return refuse("Error parsing number \"" + std::string(cell) + "\" at line " + std::to_string(line) +
                      ": invalid float literal");
    }
    if (error == std::errc::result_out_of_range || !std::isfinite(number)) return json::Value();
    return json::Value(number);
}

Result<json::Value> value_of(const std::string& cell, Kind kind, std::size_t line) {
    switch (kind) {
        case Kind::Text: return cell.empty() ? json::Value() : json::Value(cell);
        case Kind::Number: return number_of(cell, line);
        case Kind::Boolean: break;
    }
    const std::string_view text = trimmed(cell);
    if (text.empty()) return json::Value();
    if (text == "true" || text == "false") return json::Value(text == "true");
    return refuse("Error parsing boolean \"" + cell + "\" at line " + std::to_string(line) +
                  ": provided string was not `true` or `false`");
}

}  // namespace

Result<std::string> ndjson_of_csv(std::string_view payload, char delimiter) {
    Records records(payload, delimiter);
    std::vector<Column> columns;
    std::vector<std::string> starts;  // what stands before the value of each column
    if (auto header = records.next()) {
        if (auto sound = check_text(*header, 0); !sound) return std::unexpected(std::move(sound.error()));
        for (std::string& cell : header->cells) {
            columns.push_back(column_of(std::move(cell)));
            std::string& start = starts.emplace_back(starts.empty() ? "{" : ",");
            json::append_string(start, columns.back().name);
            start += ':';
        }
    }
    std::string out;
    std::size_t number = 0;
    while (auto record = records.next()) {
        ++number;
        if (auto sound = check_text(*record, number); !sound) return std::unexpected(std::move(sound.error()));
        if (record->cells.size() != columns.size()) {
            return refuse("CSV error: record " + std::to_string(number) + " (line: " + std::to_string(record->line) +
                          ", byte: " + std::to_string(record->byte) + "): found record with " +
                          std::to_string(record->cells.size()) + " fields, but the previous record has " +
                          std::to_string(columns.size()) + " fields");
        }
        for (std::size_t i = 0; i < columns.size(); ++i) {
            MIROIR_TRY(const json::Value value, value_of(record->cells[i], columns[i].kind, number));
            out += starts[i];
            json::append_text(out, value);
        }
        out += "}\n";
    }
    return out;
}

}  // namespace miroir::protocol

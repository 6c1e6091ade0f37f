#include <algorithm>

#include "json/write.h"
#include "node/index/state.h"
#include "node/index/walk.h"
#include "node/text/utf8.h"
#include "protocol/text_normal.h"

#include <unicode/uchar.h>

// From a document to words with their positions, and to facet values. Positions count words; a hard separator and the
// next value of a list put eight places between words, so that they are never near each other.

namespace miroir::node {

namespace {

constexpr std::uint32_t kGap = 8;
constexpr std::uint32_t kMostPositions = 65536;

bool is_number_like(std::string_view word) {
    for (std::size_t at = 0; at < word.size();) {
        const CodePoint point = code_point_at(word, at);
        at += point.bytes;
        const bool punctuation = point.value < 0x80 && std::ispunct(static_cast<int>(point.value)) != 0;
        if (!punctuation && (U_GET_GC_MASK(static_cast<UChar32>(point.value)) & U_GC_N_MASK) == 0) return false;
    }
    return true;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\n\r\v\f";
    const auto from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

class WordReader {
public:
    WordReader(const Tokenizer& tokenizer, Postings& postings, bool numbers_are_exact, std::vector<Occurrence>& found)
        : tokenizer_(tokenizer), postings_(postings), numbers_are_exact_(numbers_are_exact), found_(found) {}

    void read(FieldId field, const FieldRole& role, const json::Value& value) {
        std::uint32_t& position = next_position(field);
        if (position >= kMostPositions) return;
        if (value.is_string()) {
            static const std::vector<std::string> kAny;
            read_text(field, role, value.string(), role.locales != nullptr ? *role.locales : kAny, position);
        } else if (value.is_number() || value.is_bool()) {
            read_text(field, role, json::to_text(value), {}, position);
        }
    }

private:
    std::uint32_t& next_position(FieldId field) {
        for (auto& [known, position] : positions_) {
            if (known != field) continue;
            position += kGap;
            return position;
        }
        return positions_.emplace_back(field, 0).second;
    }

    void read_text(FieldId field, const FieldRole& role, std::string_view text, const std::vector<std::string>& locales,
                   std::uint32_t& position) {
        std::uint32_t at = position;
        enum class Before { Nothing, Word, Soft, Hard } before = Before::Nothing;
        bool started = false;
        for (const Token& token : tokenizer_.tokenize(text, locales)) {
            if (token.is_separator()) {
                if (!started) continue;
                if (token.kind == TokenKind::HardSeparator) before = Before::Hard;
                else if (before != Before::Hard) before = Before::Soft;
                continue;
            }
            started = true;
            if (token.lemma.empty()) continue;
            if (before != Before::Nothing) at += before == Before::Hard ? kGap : 1;
            before = Before::Word;
            if (!token.is_word()) continue;
            if (at >= kMostPositions) return;
            add(field, role, trimmed(token.lemma), at, position);
        }
    }

    void add(FieldId field, const FieldRole& role, std::string_view word, std::uint32_t at, std::uint32_t& position) {
        if (word.empty() || word.size() > kLongestWord) return;
        position = at;
        found_.push_back({.word = postings_.intern(word),
                          .field = field,
                          .position = static_cast<std::uint16_t>(at),
                          .exact = role.exact || (numbers_are_exact_ && is_number_like(word))});
    }

    const Tokenizer& tokenizer_;
    Postings& postings_;
    bool numbers_are_exact_;
    std::vector<Occurrence>& found_;
    std::vector<std::pair<FieldId, std::uint32_t>> positions_;
};

std::string facet_key(const std::string& text) {
    const bool plain = std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    if (!plain) return std::string(protocol::cut_facet_value(protocol::normalize_facet(text)));
    std::string key(trimmed(text));
    for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return std::string(protocol::cut_facet_value(key));
}

void add_facet_value(FacetField& field, DocId id, bool in_list, const json::Value& value) {
    field.exists.add(id);
    if (value.is_number()) {
        field.add(id, value.number());
    } else if (value.is_bool()) {
        const std::string_view text = value.boolean() ? "true" : "false";
        field.add(id, text, text);
    } else if (value.is_string() && !value.string().empty()) {
        field.add(id, facet_key(value.string()), value.string());
    } else if (!in_list) {
        if (value.is_null()) field.null.add(id);
        const bool empty = (value.is_array() && value.array().empty()) || value.is_string() ||
                           (value.is_object() && value.object().empty());
        if (empty) field.empty.add(id);
    }
}

}  // namespace

void Index::State::change_words(DocId id, const json::Object& document, bool add) {
    static thread_local std::vector<Occurrence> found;
    found.clear();
    WordReader reader(tokenizer, postings, settings.typo_tolerance.disable_on_numbers, found);
    const auto visit = [&](std::string_view path, bool, const json::Value& value) {
        const FieldId field = field_of(path);
        if (roles[field].weight) reader.read(field, roles[field], value);
        return true;
    };
    std::string path;
    for (const json::Member& member : document) {
        if (!is_reserved_field(member.first)) walk_member(member.first, member.second, path, visit);
    }
    if (add) postings.add(id, found);
    else postings.remove(id, found);
}

void Index::State::add_facets(DocId id, const json::Object& document) {
    using protocol::PatternMatch;
    std::vector<FacetField*> touched;
    const auto store = [&](std::string_view name, bool in_list, const json::Value& value) {
        auto found = facets.find(name);
        if (found == facets.end()) found = facets.emplace(std::string(name), FacetField()).first;
        add_facet_value(found->second, id, in_list, value);
        if (std::ranges::find(touched, &found->second) == touched.end()) touched.push_back(&found->second);
    };
    const auto visit = [&](std::string_view name, bool in_list, const json::Value& value) {
        const PatternMatch match = roles[field_of(name)].facet;
        if (match == PatternMatch::Match) store(name, in_list, value);
        return match != PatternMatch::None;
    };
    std::string path;
    for (const json::Member& member : document) {
        if (is_reserved_field(member.first)) continue;
        const PatternMatch match = roles[field_of(member.first)].facet;
        if (match == PatternMatch::None) continue;
        walk_member(member.first, member.second, path, visit);
        const bool container = member.second.is_array() || member.second.is_object();
        if (container && match == PatternMatch::Match) store(member.first, false, member.second);
    }
    for (FacetField* field : touched) field->finish(id);
}

void Index::State::remove_facets(DocId id) {
    for (auto& [name, field] : facets) field.remove(id);
}

void Index::State::add_places(DocId id, const json::Object& document) {
    if (geo_enabled()) {
        if (const json::Value* geo = document.find("_geo")) {
            const auto point = protocol::read_geo(rows[id].external_id, *geo);  // has been checked
            if (point && *point) {
                points[id] = {.lat = (*point)->lat, .lng = (*point)->lng};
                geo_documents.add(id);
            }
        }
    }
    if (geojson_enabled()) {
        const json::Value* shape = document.find("_geojson");
        if (shape != nullptr && !shape->is_null()) geojson[id] = *shape;
    }
}

void Index::State::count_fields(const json::Object& document, int by) {
    for (const json::Member& member : document) {
        if (member.first != "_vectors") distribution[field_of(member.first)] += static_cast<std::uint64_t>(by);
    }
}

}  // namespace miroir::node

#include "merge/hit_bytes.h"

#include <algorithm>

#include "json/lazy.h"
#include "json/parse.h"
#include "json/scan.h"
#include "json/write.h"

namespace miroir::merge {

namespace od = json::lazy::od;

namespace {

std::string_view raw_of(od::value value) { return std::string_view(simdjson::to_json_string(value)); }

void append_member(std::string& out, std::string_view key, std::string_view raw) {
    if (out.back() != '{') out += ',';
    json::append_string(out, key);
    out.append(":").append(raw);
}

bool is_displayed(std::string_view field, const HitShape& shape) {
    return !shape.displayed || std::ranges::any_of(*shape.displayed, [&](const std::string& shown) {
        return field == shown ||
               (field.size() > shown.size() && field.starts_with(shown) && field[shown.size()] == '.') ||
               (shown.size() > field.size() && shown.starts_with(field) && shown[field.size()] == '.');
    });
}

// Takes the part that a dotted name means out of objects and lists of objects; what is left empty goes, too.
void remove_part(json::Value& value, std::string_view part) {
    if (value.is_array()) {
        for (json::Value& item : value.array()) remove_part(item, part);
        std::erase_if(value.array(), [](const json::Value& v) { return v.is_object() && v.object().empty(); });
        return;
    }
    if (!value.is_object()) return;
    value.object().erase(part);
    const std::size_t dot = part.find('.');
    if (dot == std::string_view::npos) return;
    json::Value* inner = value.object().find(part.substr(0, dot));
    if (inner == nullptr) return;
    remove_part(*inner, part.substr(dot + 1));
    if (inner->is_object() && inner->object().empty()) value.object().erase(part.substr(0, dot));
}

// The rest of a member of which a part is to be dropped; empty when nothing is left.
std::string rest_of(std::string_view raw, std::string_view part) {
    auto parsed = json::parse(raw);
    if (!parsed) return std::string(raw);
    remove_part(*parsed, part);
    const bool empty =
        (parsed->is_object() && parsed->object().empty()) || (parsed->is_array() && parsed->array().empty());
    return empty ? std::string() : json::to_text(*parsed);
}

// Does the name of the dropped field lie in this member? The part of it then, behind the dot.
std::string_view dropped_part(std::string_view key, std::string_view name) {
    const bool inside = name.size() > key.size() && name.starts_with(key) && name[key.size()] == '.';
    return inside ? name.substr(key.size() + 1) : std::string_view();
}

void append_document_member(std::string& out, std::string_view key, std::string_view raw, std::string_view dropped) {
    const std::string_view part = dropped_part(key, dropped);
    if (part.empty()) return append_member(out, key, raw);
    const std::string rest = rest_of(raw, part);
    if (!rest.empty()) append_member(out, key, rest);
}

// The field that a rule of the details sorts by; empty for all other rules.
std::string_view sorted_field(std::string_view rule) {
    if (rule.starts_with("_geoPoint(")) return {};
    for (const std::string_view way : {":asc", ":desc"}) {
        if (rule.ends_with(way)) return rule.substr(0, rule.size() - way.size());
    }
    return {};
}

// An object whose members are kept unless their name is ours or hidden: _formatted, _matchesPosition,
// _rankingScoreDetails.
void append_checked(std::string& out, std::string_view key, od::object object, const HitShape& shape) {
    const std::size_t begin = out.size();
    if (out.back() != '{') out += ',';
    json::append_string(out, key);
    out += ":{";
    const bool details = key == "_rankingScoreDetails";
    for (auto field : object) {
        const std::string_view name = field.unescaped_key();
        if (name.starts_with(kReservedPrefix)) continue;
        const bool formatted = key == "_formatted" && !shape.drop_formatted.empty();
        if (formatted && name == shape.drop_formatted) continue;
        const std::string_view sorted = details ? sorted_field(name) : std::string_view();
        if (!sorted.empty() && !is_displayed(sorted, shape)) {
            const std::string number(raw_of(field.value()["order"].value()));
            append_member(out, "<hidden-rule-" + number + ">", "{\"order\":" + number + ",\"value\":\"<hidden>\"}");
        } else if (formatted) {
            append_document_member(out, name, raw_of(field.value()), shape.drop_formatted);
        } else if (key != "_matchesPosition" || is_displayed(name, shape)) {
            append_member(out, name, raw_of(field.value()));
        }
    }
    if (key == "_formatted" && out.back() == '{') return out.resize(begin);  // as the engine leaves it out
    out += '}';
}

bool holds_names(std::string_view key) {
    return key == "_formatted" || key == "_matchesPosition" || key == "_rankingScoreDetails";
}

bool comes_after_document(std::string_view key) { return holds_names(key) || key == "_rankingScore"; }

void append_text_member(std::string& out, std::string_view member) {
    if (out.back() != '{') out += ',';
    out += member;
}

// Numbers become texts, as everywhere in _formatted.
void turn_numbers(json::Value& value) {
    if (value.is_number()) value = json::to_text(value);
    else if (value.is_array())
        for (json::Value& item : value.array()) turn_numbers(item);
    else if (value.is_object())
        for (json::Member& member : value.object()) turn_numbers(member.second);
}

bool is_beside_document(std::string_view key) {
    return comes_after_document(key) || key == "_vectors" || key == "_geoDistance" || key.starts_with(kReservedPrefix);
}

// `_formatted` of a document in which nothing is to be marked; empty when it shows nothing.
std::string plain_formatted(std::string_view bytes, const HitShape& shape) {
    auto parsed = json::parse(bytes);
    if (!parsed || !parsed->is_object()) return {};
    json::Object out;
    for (json::Member& member : parsed->object()) {
        if (is_beside_document(member.first) || member.first == shape.drop_field) continue;
        if (const std::string_view part = dropped_part(member.first, shape.drop_field); !part.empty())
            remove_part(member.second, part);
        turn_numbers(member.second);
        out.append(member.first, std::move(member.second));
    }
    return out.empty() ? std::string() : "\"_formatted\":" + json::to_text(json::Value(std::move(out)));
}

bool is_kept(std::string_view key, const HitShape& shape) {
    if (key.starts_with(kReservedPrefix)) return false;
    if (key == "_rankingScore") return shape.score;
    if (key == "_rankingScoreDetails") return shape.details;
    return shape.drop_field.empty() || key != shape.drop_field;
}

bool is_score(std::string_view key) { return key == "_rankingScore" || key == "_rankingScoreDetails"; }

// Score and details of a hit, as far as they are shown.
void append_scores(std::string& out, std::string_view bytes, const HitShape& shape) {
    thread_local od::parser parser;
    const simdjson::padded_string_view padded(bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING);
    od::document document = parser.iterate(padded);
    for (auto field : document.get_object()) {
        const std::string_view key = field.unescaped_key();
        if (!is_score(key) || !is_kept(key, shape)) continue;
        if (holds_names(key)) append_checked(out, key, field.value().get_object(), shape);
        else append_member(out, key, raw_of(field.value()));
    }
}

// The members of a hit of which some are passed on as they are and the others left out; nothing where more is to be
// done. Until the next call.
const std::vector<json::MemberText>* simple_members(std::string_view members, const HitShape& shape) {
    thread_local std::vector<json::MemberText> scanned;
    const bool plain = !shape.score && !shape.details && !shape.add_formatted && shape.insert.empty();
    if (!plain || !json::scan_members(members, scanned)) return nullptr;
    const auto is_simple = [&](const json::MemberText& member) {
        return !member.escaped && !holds_names(member.name) && dropped_part(member.name, shape.drop_field).empty();
    };
    return std::ranges::all_of(scanned, is_simple) ? &scanned : nullptr;
}

}  // namespace

bool is_sound(std::string_view bytes) {
    thread_local std::vector<json::MemberText> members;
    members.clear();
    std::string_view rest = bytes;
    if (bytes.starts_with('{') && json::scan_object(rest, members) && rest.empty()) return true;
    const auto parsed = json::parse(bytes);
    return parsed && parsed->is_object();
}

bool append_document(std::string& out, std::string_view members, const HitShape& shape) {
    const std::vector<json::MemberText>* const scanned = simple_members(members, shape);
    if (scanned == nullptr) return false;
    out += '{';
    for (const json::MemberText& member : *scanned) {
        if (!is_kept(member.name, shape)) continue;
        if (out.back() != '{') out += ',';
        out.append("\"").append(member.name).append("\":").append(member.value);
    }
    out += '}';
    return true;
}

bool append_hit(std::string& out, std::string_view bytes, const HitShape& shape) {
    thread_local od::parser parser;  // its buffers are reused; nothing of it outlives this call
    const std::size_t begin = out.size();
    try {
        const simdjson::padded_string_view padded(bytes.data(), bytes.size(),
                                                  bytes.size() + simdjson::SIMDJSON_PADDING);
        od::document document = parser.iterate(padded);
        out += '{';
        const std::string formatted = shape.add_formatted ? plain_formatted(bytes, shape) : std::string();
        const std::string& insert =
            formatted.empty() || shape.insert.empty() ? shape.insert + formatted : shape.insert + "," + formatted;
        bool inserted = insert.empty();
        for (auto field : document.get_object()) {
            const std::string_view key = field.unescaped_key();
            if (!inserted && comes_after_document(key)) {
                append_text_member(out, insert);
                inserted = true;
            }
            if (!is_kept(key, shape) || (!shape.scores.empty() && is_score(key))) continue;
            if (!holds_names(key)) {
                append_document_member(out, key, raw_of(field.value()), shape.drop_field);
                continue;
            }
            od::value value = field.value();
            if (value.type() == od::json_type::object) append_checked(out, key, value.get_object(), shape);
            else append_member(out, key, raw_of(value));
        }
        if (!inserted) append_text_member(out, insert);
        if (!shape.scores.empty() && (shape.score || shape.details)) append_scores(out, shape.scores, shape);
        out += '}';
        return true;
    } catch (const simdjson::simdjson_error&) {
        out.resize(begin);
        return false;
    }
}

}  // namespace miroir::merge

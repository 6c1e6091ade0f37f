#include "protocol/chat/shape.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::protocol::chat {
namespace {

using Read = std::expected<json::Value, std::string>;
using Kind = Shape::Kind;

struct Wrong {
    std::string text;
    std::optional<std::size_t> end{};  // bytes read when it was found; none: the place is that of what holds it
};
using Taken = std::expected<json::Value, Wrong>;

std::string unexpected_kind(const json::Value& value) {
    if (value.is_null()) return "null";
    if (value.is_bool()) return value.boolean() ? "boolean `true`" : "boolean `false`";
    if (value.is_integer()) return "integer `" + json::to_text(value) + "`";
    if (value.is_float()) return "floating point `" + json::to_text(value) + "`";
    if (value.is_string()) return "string " + json::to_text(value);
    return value.is_array() ? "sequence" : "map";
}

std::string expected_of(const Shape& shape) {
    switch (shape.kind) {
        case Kind::Text: return "a string";
        case Kind::Bool: return "a boolean";
        case Kind::U8: return "u8";
        case Kind::U32: return "u32";
        case Kind::I64: return "i64";
        case Kind::F32: return "f32";
        case Kind::List: return "a sequence";
        case Kind::Map: return "a map";
        case Kind::Struct: return "struct " + std::string(shape.name);
        case Kind::Tagged: return "internally tagged enum " + std::string(shape.name);
        default: return "string or map";
    }
}

Wrong mistyped(const Shape& shape, const json::Value& value) {
    return {"invalid type: " + unexpected_kind(value) + ", expected " + expected_of(shape)};
}

// The nearest 32-bit number, so that it is written as short as the engine writes it.
json::Value single(double number) {
    char digits[64];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), static_cast<float>(number));
    double out = 0;
    std::from_chars(std::begin(digits), end.ptr, out);
    return out;
}

std::string listed(std::span<const std::string_view> words) {
    const std::string_view between = words.size() == 2 ? " or " : ", ";
    std::string out = words.size() > 2 ? "expected one of " : "expected ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += between;
        out.append("`").append(words[i]).append("`");
    }
    return out;
}

Taken integer(const Shape& shape, const json::Value& value, std::int64_t least, std::int64_t most) {
    if (!value.is_integer()) return std::unexpected(mistyped(shape, value));
    const bool fits = value.is_unsigned() ? value.unsigned_integer() <= static_cast<std::uint64_t>(most)
                                          : value.negative_integer() >= least;
    if (fits) return value;
    return std::unexpected(Wrong{"invalid value: " + unexpected_kind(value) + ", expected " + expected_of(shape)});
}

Taken scalar(const Shape& shape, const json::Value& value) {
    switch (shape.kind) {
        case Kind::Anything: return value;
        case Kind::Text: break;
        case Kind::Bool:
            if (value.is_bool()) return value;
            return std::unexpected(mistyped(shape, value));
        case Kind::U8: return integer(shape, value, 0, UINT8_MAX);
        case Kind::U32: return integer(shape, value, 0, UINT32_MAX);
        case Kind::I64: return integer(shape, value, INT64_MIN, INT64_MAX);
        case Kind::F32:
            if (value.is_number()) return single(value.number());
            return std::unexpected(mistyped(shape, value));
        case Kind::Words:
            if (value.is_string() && std::ranges::find(shape.words, value.string()) != shape.words.end()) return value;
            if (value.is_string())
                return std::unexpected(Wrong{"unknown variant `" + value.string() + "`, " + listed(shape.words)});
            return std::unexpected(mistyped(shape, value));
        default: break;
    }
    if (value.is_string()) return value;
    return std::unexpected(mistyped(shape, value));
}

json::Value joined_parts(const json::Value& value) {
    if (value.is_string()) return value;
    std::string out;
    if (!value.is_array()) return nullptr;
    for (const json::Value& part : value.array()) {
        const json::Value* type = part.find("type");
        const json::Value* text = part.find("text");
        const bool shown = type != nullptr && type->is_string() && type->string() == "text";
        if (shown && text != nullptr && text->is_string()) out += text->string();
    }
    return out.empty() ? json::Value() : json::Value(std::move(out));
}

// Values that are there already, without places: what the engine keeps aside until it knows the kind of it.
class Kept {
public:
    static Taken read(const Shape& shape, const json::Value& value);

private:
    static Taken read_struct(const Shape& shape, const json::Value& value);
};

// One member after another is put where the shape has it.
class Filled {
public:
    explicit Filled(const Shape& shape) : shape_(shape), values_(shape.slots.size()) {}

    const Slot* slot(std::string_view name) const {
        const auto found = std::ranges::find(shape_.slots, name, &Slot::name);
        return found == shape_.slots.end() ? nullptr : &*found;
    }
    bool has(const Slot& slot) const { return values_[index(slot)].has_value(); }
    void put(const Slot& slot, json::Value value) { values_[index(slot)] = std::move(value); }

    Taken done(json::Object out = {}) {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            const Slot& slot = shape_.slots[i];
            if (!values_[i] && slot.required)
                return std::unexpected(Wrong{"missing field `" + std::string(slot.name) + "`"});
            json::Value value = values_[i] ? *std::move(values_[i]) : json::Value();
            if (value.is_null() && !slot.required && !slot.shows_null) continue;
            out.append(std::string(slot.name), std::move(value));
        }
        return out;
    }

private:
    std::size_t index(const Slot& slot) const { return static_cast<std::size_t>(&slot - shape_.slots.data()); }

    const Shape& shape_;
    std::vector<std::optional<json::Value>> values_;
};

bool may_be_null(const Slot& slot) { return !slot.required; }

Taken Kept::read_struct(const Shape& shape, const json::Value& value) {
    if (!value.is_object()) return std::unexpected(mistyped(shape, value));
    Filled filled(shape);
    for (const json::Member& member : value.object()) {
        const Slot* slot = filled.slot(member.first);
        if (slot == nullptr) continue;
        if (member.second.is_null() && may_be_null(*slot)) continue;
        Taken taken = read(*slot->shape, member.second);
        if (!taken) return taken;
        filled.put(*slot, *std::move(taken));
    }
    return filled.done();
}

Taken tagged(const Shape& shape, const json::Value& value) {
    const json::Value* tag = value.find(shape.tag);
    if (tag == nullptr) return std::unexpected(Wrong{"missing field `" + std::string(shape.tag) + "`"});
    const auto found = tag->is_string() ? std::ranges::find(shape.words, tag->string()) : shape.words.end();
    if (found == shape.words.end()) {
        const std::string shown = tag->is_string() ? tag->string() : json::to_text(*tag);
        return std::unexpected(Wrong{"unknown variant `" + shown + "`, " + listed(shape.words)});
    }
    const Shape* variant = shape.variants[static_cast<std::size_t>(found - shape.words.begin())];
    json::Object out{{std::string(shape.tag), *tag}};
    if (variant == nullptr) return out;
    Taken taken = Kept::read(*variant, value);
    if (!taken) return taken;
    for (json::Member& member : taken->object()) out.append(member.first, std::move(member.second));
    return out;
}

Taken Kept::read(const Shape& shape, const json::Value& value) {
    switch (shape.kind) {
        case Kind::List: {
            if (!value.is_array()) return std::unexpected(mistyped(shape, value));
            json::Array out;
            for (const json::Value& item : value.array()) {
                Taken taken = read(*shape.item, item);
                if (!taken) return taken;
                out.push_back(*std::move(taken));
            }
            return out;
        }
        case Kind::Map: {
            if (!value.is_object()) return std::unexpected(mistyped(shape, value));
            return value;
        }
        case Kind::Struct: return read_struct(shape, value);
        case Kind::Tagged: {
            if (!value.is_object()) return std::unexpected(mistyped(shape, value));
            return tagged(shape, value);
        }
        case Kind::Either: {
            for (const Shape* variant : shape.variants) {
                Taken taken = read(*variant, value);
                if (taken) return taken;
            }
            return std::unexpected(Wrong{"data did not match any variant of untagged enum " + std::string(shape.name)});
        }
        case Kind::Content: return joined_parts(value);
        default: return scalar(shape, value);
    }
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The text itself, so that it is known where something went wrong.
class Walk {
public:
    explicit Walk(std::string_view text) : text_(text) {}

    Read all(const Shape& shape) {
        Taken taken = read(shape);
        if (taken) return *std::move(taken);
        const std::string_view before = text_.substr(0, taken.error().end.value_or(at_));
        const auto line = std::ranges::count(before, '\n') + 1;
        const std::size_t column =
            before.size() - (before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1);
        return std::unexpected(taken.error().text + " at line " + std::to_string(line) + " column " +
                               std::to_string(column));
    }

private:
    Taken read(const Shape& shape);
    Taken read_struct(const Shape& shape);
    Taken read_list(const Shape& shape);

    void blanks() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    char peek() {
        blanks();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    json::Value value();
    // What went wrong is known here, with this many bytes read.
    std::unexpected<Wrong> placed(Wrong wrong, std::size_t at) {
        if (!wrong.end) wrong.end = at;
        return std::unexpected(std::move(wrong));
    }

    // What was kept aside and then not taken is told where its owner goes on, behind its end if it ends there.
    std::unexpected<Wrong> closed(Wrong wrong, char end) {
        if (!wrong.end && peek() == end) ++at_;
        return placed(std::move(wrong), at_);
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

json::Value Walk::value() {
    blanks();
    std::string_view rest = text_.substr(at_);
    const std::size_t before = rest.size();
    auto parsed = json::parse_front(rest);
    at_ += before - rest.size();
    return parsed ? *std::move(parsed) : json::Value();
}

Taken Walk::read_list(const Shape& shape) {
    json::Array out;
    ++at_;
    while (peek() != ']') {
        Taken taken = read(*shape.item);
        if (!taken) return closed(std::move(taken.error()), ']');
        out.push_back(*std::move(taken));
        if (peek() == ',') ++at_;
        else if (peek() != ']') break;
    }
    ++at_;
    return out;
}

Taken Walk::read_struct(const Shape& shape) {
    Filled filled(shape);
    ++at_;
    while (peek() != '}') {
        const json::Value name = value();
        if (!name.is_string()) break;
        const Slot* slot = filled.slot(name.string());
        if (slot != nullptr && filled.has(*slot)) return placed({"duplicate field `" + name.string() + "`"}, at_);
        if (peek() == ':') ++at_;
        if (slot == nullptr) {
            value();
        } else if (peek() == 'n' && may_be_null(*slot)) {
            filled.put(*slot, value());
        } else {
            Taken taken = read(*slot->shape);
            if (!taken) return closed(std::move(taken.error()), '}');
            filled.put(*slot, *std::move(taken));
        }
        if (peek() == ',') ++at_;
        else if (peek() != '}') break;
    }
    ++at_;
    Taken out = filled.done();
    if (!out) return placed(std::move(out.error()), at_);
    return out;
}

// The end of the value of an object's member in the text that begins at `from`.
std::size_t end_of_member(std::string_view text, std::string_view name) {
    std::size_t at = 1;
    for (;;) {
        while (at < text.size() && (is_space(text[at]) || text[at] == ',')) ++at;
        std::string_view rest = text.substr(at);
        const auto key = json::parse_front(rest);
        if (!key || !key->is_string()) return text.size();
        rest.remove_prefix(std::min(rest.find(':'), rest.size() - 1) + 1);
        const auto skipped = json::parse_front(rest);
        at = text.size() - rest.size();
        if (!skipped || key->string() == name) return at;
    }
}

Taken Walk::read(const Shape& shape) {
    const char first = peek();
    const std::size_t begin = at_;
    if (shape.kind == Kind::Struct && first == '{') return read_struct(shape);
    if (shape.kind == Kind::List && first == '[') return read_list(shape);
    const json::Value kept = value();
    Taken taken = Kept::read(shape, kept);
    if (taken) return taken;
    if (shape.kind == Kind::Struct && kept.is_array())
        return placed({"invalid length 0, expected struct " + std::string(shape.name) + " with " +
                       std::to_string(shape.slots.size()) + " elements"},
                      at_);
    std::string& why = taken.error().text;
    const std::string missing = "missing field `" + std::string(shape.tag) + "`";
    if (shape.kind == Kind::Tagged && kept.is_object() && why != missing) {
        if (!why.starts_with("unknown variant") || kept.find(shape.tag) == nullptr) return taken;
        return placed(std::move(taken.error()), begin + end_of_member(text_.substr(begin, at_ - begin), shape.tag));
    }
    if (shape.kind == Kind::Either) return taken;
    // A list or a map in the place of something else is refused as soon as it begins.
    const bool unread = shape.kind != Kind::Tagged && (kept.is_array() || kept.is_object());
    return placed(std::move(taken.error()), unread ? begin : at_);
}

}  // namespace

std::expected<json::Value, std::string> read_as(const Shape& shape, std::string_view text) {
    return Walk(text).all(shape);
}

}  // namespace miroir::protocol::chat

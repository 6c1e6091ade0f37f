#include "protocol/settings/setting_shapes.h"

#include <limits>

namespace miroir::protocol {

namespace {

template <class T>
Result<json::Value> through(const json::Value& value, const Place& place) {
    T out{};
    MIROIR_CHECK(read_into(value, place, out));
    return json::Value(std::move(out));
}

template <class Range>
json::Array array_of(const Range& range) {
    json::Array out;
    for (const auto& item : range) out.emplace_back(item);
    return out;
}

}  // namespace

Result<json::Value> normal_text(const json::Value& value, const Place& place) {
    return through<std::string>(value, place);
}
Result<json::Value> normal_bool(const json::Value& value, const Place& place) { return through<bool>(value, place); }
Result<json::Value> normal_unsigned(const json::Value& value, const Place& place) {
    return through<std::uint64_t>(value, place);
}
Result<json::Value> normal_byte(const json::Value& value, const Place& place) {
    return through<std::uint8_t>(value, place);
}

Result<json::Value> normal_positive(const json::Value& value, const Place& place) {
    if (value.is_unsigned() && value.unsigned_integer() == 0) {
        return place.unexpected("a non-zero integer value lower than `" +
                                std::to_string(std::numeric_limits<std::uint64_t>::max()) +
                                "` was expected, but found a zero");
    }
    return normal_unsigned(value, place);
}

Result<json::Value> normal_text_list(const json::Value& value, const Place& place) {
    std::vector<std::string> items;
    MIROIR_CHECK(read(value, place, items));
    return array_of(items);
}

Result<json::Value> normal_text_set(const json::Value& value, const Place& place) {
    std::set<std::string> items;
    MIROIR_CHECK(read(value, place, items));
    return array_of(items);
}

Result<json::Value> normal_anything(const json::Value& value, const Place& /*place*/) { return value; }

Normal normal_word(std::vector<std::string_view> words) {
    return [words = std::move(words)](const json::Value& value, const Place& place) -> Result<json::Value> {
        MIROIR_TRY(const std::size_t found, read_word(value, place, words));
        return json::Value(words[found]);
    };
}

Normal normal_list(Normal item) {
    return [item = std::move(item)](const json::Value& value, const Place& place) -> Result<json::Value> {
        if (!value.is_array()) return place.wrong_kind(value, {Kind::Sequence});
        json::Array out;
        for (std::size_t i = 0; i < value.array().size(); ++i) {
            MIROIR_TRY(json::Value normal, item(value.array()[i], place.at(i)));
            out.push_back(std::move(normal));
        }
        return json::Value(std::move(out));
    };
}

Normal normal_map(Normal item) {
    return [item = std::move(item)](const json::Value& value, const Place& place) -> Result<json::Value> {
        if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
        json::Object out;
        for (const json::Member& member : value.object()) {
            MIROIR_TRY(json::Value normal, item(member.second, place.key(member.first)));
            out.set(member.first, std::move(normal));
        }
        out.sort_keys();
        return json::Value(std::move(out));
    };
}

Normal nullable(Normal inner) {
    return [inner = std::move(inner)](const json::Value& value, const Place& place) -> Result<json::Value> {
        if (value.is_null()) return json::Value();
        return inner(value, place);
    };
}

Shape::Shape(ErrorCode code)
    : code_(code), table_(std::make_shared<FieldTable<json::Object>>(FieldTable<json::Object>().code(code))) {}

void Shape::add(std::string_view name, Normal normal) {
    order_.push_back(name);
    const auto reader = [name, normal = std::move(normal)](json::Object& out, const json::Value& value,
                                                           const Place& place) -> Result<void> {
        MIROIR_TRY(json::Value kept, normal(value, place));
        out.set(name, std::move(kept));
        return {};
    };
    *table_ = std::move(*table_).field(name, code_, FieldTable<json::Object>::Reader(reader));
}

Shape& Shape::member(std::string_view name, Normal normal) {
    add(name, std::move(normal));
    return *this;
}

Shape& Shape::required(std::string_view name, Normal normal) {
    add(name, std::move(normal));
    *table_ = std::move(*table_).required();
    return *this;
}

Shape& Shape::with_default(std::string_view name, Normal normal, json::Value value) {
    add(name, std::move(normal));
    defaults_.set(name, std::move(value));
    return *this;
}

Result<json::Value> Shape::operator()(const json::Value& value, const Place& place) const {
    json::Object given;
    MIROIR_CHECK(table_->read(value, place, given));
    json::Object out;
    for (const std::string_view name : order_) {
        if (json::Value* found = given.find(name)) out.append(std::string(name), std::move(*found));
        else if (const json::Value* fallback = defaults_.find(name)) out.append(std::string(name), *fallback);
    }
    return json::Value(std::move(out));
}

}  // namespace miroir::protocol

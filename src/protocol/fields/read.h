// read(value, place, out): one JSON value (or, in Format::Query, one text parameter) into one C++ value, or the
// engine's refusal. Overload it for a type of your own in the type's namespace; fields.h finds it by argument.
// In Format::Query every value is a text: numbers and booleans are parsed from it, lists are split at commas.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/fields/place.h"

namespace miroir::protocol {

Result<void> read(const json::Value& value, const Place& place, bool& out);
Result<void> read(const json::Value& value, const Place& place, std::uint64_t& out);
Result<void> read(const json::Value& value, const Place& place, std::uint32_t& out);
Result<void> read(const json::Value& value, const Place& place, std::uint8_t& out);
Result<void> read(const json::Value& value, const Place& place, double& out);
Result<void> read(const json::Value& value, const Place& place, float& out);
Result<void> read(const json::Value& value, const Place& place, std::string& out);
Result<void> read(const json::Value& value, const Place& place, json::Value& out);  // anything

// A member of a settings PATCH: absent, null (reset to the default) or a value.
template <class T>
struct Setting {
    enum class State : std::uint8_t { NotSet, Reset, Set };
    State state = State::NotSet;
    T value{};

    static Setting set(T given) { return {State::Set, std::move(given)}; }
    static Setting reset() { return {State::Reset, T{}}; }
    bool is_set() const { return state == State::Set; }
    bool is_reset() const { return state == State::Reset; }
    bool is_given() const { return state != State::NotSet; }
    bool operator==(const Setting&) const = default;
};

template <class T>
Result<void> read(const json::Value& value, const Place& place, std::optional<T>& out) {
    if (value.is_null()) {
        out.reset();
        return {};
    }
    return read(value, place, out.emplace());
}

template <class T>
Result<void> read(const json::Value& value, const Place& place, Setting<T>& out) {
    if (value.is_null()) {
        out = Setting<T>::reset();
        return {};
    }
    out.state = Setting<T>::State::Set;
    return read(value, place, out.value);
}

// The elements of a list: of the JSON array, or of the text between commas (empty pieces left out).
Result<json::Array> read_list(const json::Value& value, const Place& place);

template <class T>
Result<void> read(const json::Value& value, const Place& place, std::vector<T>& out) {
    MIROIR_TRY(const json::Array items, read_list(value, place));
    out.clear();
    for (std::size_t i = 0; i < items.size(); ++i) {
        T item{};
        MIROIR_CHECK(read(items[i], place.format() == Format::Json ? place.at(i) : place, item));
        out.push_back(std::move(item));
    }
    return {};
}

template <class T>
Result<void> read(const json::Value& value, const Place& place, std::set<T>& out) {
    std::vector<T> items;
    MIROIR_CHECK(read(value, place, items));
    out = std::set<T>(std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
    return {};
}

template <class T>
Result<void> read(const json::Value& value, const Place& place, std::map<std::string, T>& out) {
    if (!value.is_object()) return place.wrong_kind(value, {Kind::Map});
    out.clear();
    for (const json::Member& member : value.object()) {
        T item{};
        MIROIR_CHECK(read(member.second, place.key(member.first), item));
        out[member.first] = std::move(item);
    }
    return {};
}

// Calls the read() that fits the type, from inside classes with a member of that name.
template <class T>
Result<void> read_into(const json::Value& value, const Place& place, T& out) {
    return read(value, place, out);
}

// One of a few words; the refusal is "Unknown value `x` at `.y`: expected one of …".
Result<std::size_t> read_word(const json::Value& value, const Place& place, std::span<const std::string_view> words);

// A float as the engine's parser reads one from text: "3", ".5", "1e3", "inf", "NaN"; none when it is something else.
std::optional<double> parse_float(std::string_view text);

// A query string as an object of texts; a repeated parameter keeps its last value, broken UTF-8 is replaced.
json::Object query_parameters(std::string_view raw_query);

}  // namespace miroir::protocol

// Normal forms: functions that check a JSON value as the engine does and give it back as the engine keeps it (sets
// sorted, members in the engine's order, defaults written out where it writes them). Private to this folder.
#pragma once

#include <functional>
#include <memory>

#include "protocol/fields/fields.h"

namespace miroir::protocol {

using Normal = std::function<Result<json::Value>(const json::Value& value, const Place& place)>;

// Reads the value as a T and writes it back.
Result<json::Value> normal_text(const json::Value& value, const Place& place);
Result<json::Value> normal_bool(const json::Value& value, const Place& place);
Result<json::Value> normal_unsigned(const json::Value& value, const Place& place);
Result<json::Value> normal_byte(const json::Value& value, const Place& place);
Result<json::Value> normal_positive(const json::Value& value, const Place& place);  // not zero
Result<json::Value> normal_text_list(const json::Value& value, const Place& place);
Result<json::Value> normal_text_set(const json::Value& value, const Place& place);  // sorted, each once
Result<json::Value> normal_anything(const json::Value& value, const Place& place);
Normal normal_word(std::vector<std::string_view> words);
Normal normal_list(Normal item);
Normal normal_map(Normal item);  // keys sorted
Normal nullable(Normal inner);   // null stays null

// An object of known members, written back in this order.
class Shape {
public:
    explicit Shape(ErrorCode code);
    Shape& member(std::string_view name, Normal normal);
    Shape& required(std::string_view name, Normal normal);
    // Members that are not given are written with this value.
    Shape& with_default(std::string_view name, Normal normal, json::Value value);
    Result<json::Value> operator()(const json::Value& value, const Place& place) const;

private:
    void add(std::string_view name, Normal normal);

    ErrorCode code_;
    std::shared_ptr<FieldTable<json::Object>> table_;
    std::vector<std::string_view> order_;
    json::Object defaults_;
};

}  // namespace miroir::protocol

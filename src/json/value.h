// Value: a JSON tree that keeps what the engine keeps: the order of object keys and the kind of each number
// (unsigned, signed, float). Integers never pass through a double. Copyable, movable, not shared.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace miroir::json {

class Value;
using Array = std::vector<Value>;
struct Member;  // first: the key, second: its value

// Keys in the order in which they came; setting an existing key replaces its value in place.
class Object {
public:
    Object();
    Object(std::initializer_list<Member> members);
    Object(const Object&);
    Object(Object&&) noexcept;
    Object& operator=(const Object&);
    Object& operator=(Object&&) noexcept;
    ~Object();

    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    bool contains(std::string_view key) const { return find(key) != nullptr; }
    Value& operator[](std::string_view key);      // inserts null when absent
    void set(std::string_view key, Value value);  // replaces or appends
    void append(std::string key, Value value);    // the caller knows that the key is new
    bool erase(std::string_view key);
    void sort_keys();

    std::size_t size() const;
    bool empty() const { return size() == 0; }
    const Member* begin() const;
    const Member* end() const;
    Member* begin();
    Member* end();
    bool operator==(const Object& other) const;  // order of keys does not matter

private:
    std::vector<Member> members_;
};

class Value {
public:
    Value() = default;                   // null
    Value(std::nullptr_t) {}             // NOLINT(google-explicit-constructor): literals read as JSON
    Value(bool value) : data_(value) {}  // NOLINT
    template <class T>
        requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
    Value(T value) {  // NOLINT
        if constexpr (std::is_signed_v<T>) {
            if (value < 0) data_ = static_cast<std::int64_t>(value);
            else data_ = static_cast<std::uint64_t>(value);
        } else {
            data_ = static_cast<std::uint64_t>(value);
        }
    }
    Value(double value) : data_(value) {}                         // NOLINT
    Value(std::string value) : data_(std::move(value)) {}         // NOLINT
    Value(std::string_view value) : data_(std::string(value)) {}  // NOLINT
    Value(const char* value) : data_(std::string(value)) {}       // NOLINT
    Value(Array value) : data_(std::move(value)) {}               // NOLINT
    Value(Object value) : data_(std::move(value)) {}              // NOLINT

    bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
    bool is_bool() const { return std::holds_alternative<bool>(data_); }
    bool is_unsigned() const { return std::holds_alternative<std::uint64_t>(data_); }  // an integer >= 0
    bool is_negative() const { return std::holds_alternative<std::int64_t>(data_); }   // an integer < 0
    bool is_integer() const { return is_unsigned() || is_negative(); }
    bool is_float() const { return std::holds_alternative<double>(data_); }
    bool is_number() const { return is_integer() || is_float(); }
    bool is_string() const { return std::holds_alternative<std::string>(data_); }
    bool is_array() const { return std::holds_alternative<Array>(data_); }
    bool is_object() const { return std::holds_alternative<Object>(data_); }

    // The caller has asked is_…() first; anything else is a broken invariant (throws std::bad_variant_access).
    bool boolean() const { return std::get<bool>(data_); }
    std::uint64_t unsigned_integer() const { return std::get<std::uint64_t>(data_); }
    std::int64_t negative_integer() const { return std::get<std::int64_t>(data_); }
    double number() const;  // any number as a double
    const std::string& string() const { return std::get<std::string>(data_); }
    std::string& string() { return std::get<std::string>(data_); }
    const Array& array() const { return std::get<Array>(data_); }
    Array& array() { return std::get<Array>(data_); }
    const Object& object() const { return std::get<Object>(data_); }
    Object& object() { return std::get<Object>(data_); }

    // The member of an object, or nullptr (also when this is no object).
    const Value* find(std::string_view key) const { return is_object() ? object().find(key) : nullptr; }
    // Turns null into an object first: value["a"]["b"] = 1.
    Value& operator[](std::string_view key);

    bool operator==(const Value& other) const;  // 1 and 1.0 differ, as in the engine

private:
    std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string, Array, Object> data_;
};

struct Member {
    std::string first;
    Value second;
};

inline std::size_t Object::size() const { return members_.size(); }
inline const Member* Object::begin() const { return members_.data(); }
inline const Member* Object::end() const { return members_.data() + members_.size(); }
inline Member* Object::begin() { return members_.data(); }
inline Member* Object::end() { return members_.data() + members_.size(); }

}  // namespace miroir::json

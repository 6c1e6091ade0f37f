#include "json/value.h"

#include <algorithm>

namespace miroir::json {

Object::Object() = default;
Object::Object(const Object&) = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(const Object&) = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

Object::Object(std::initializer_list<Member> members) {
    members_.reserve(members.size());
    for (const Member& member : members) set(member.first, member.second);
}

const Value* Object::find(std::string_view key) const {
    for (const Member& member : members_) {
        if (member.first == key) return &member.second;
    }
    return nullptr;
}

Value* Object::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

Value& Object::operator[](std::string_view key) {
    if (Value* found = find(key)) return *found;
    return members_.emplace_back(Member{std::string(key), Value()}).second;
}

void Object::set(std::string_view key, Value value) { (*this)[key] = std::move(value); }

void Object::append(std::string key, Value value) { members_.push_back(Member{std::move(key), std::move(value)}); }

bool Object::erase(std::string_view key) {
    return std::erase_if(members_, [&](const Member& member) { return member.first == key; }) > 0;
}

void Object::sort_keys() {
    std::ranges::sort(members_, {}, [](const Member& member) -> const std::string& { return member.first; });
}

bool Object::operator==(const Object& other) const {
    if (size() != other.size()) return false;
    return std::ranges::all_of(members_, [&](const Member& member) {
        const Value* twin = other.find(member.first);
        return twin != nullptr && *twin == member.second;
    });
}

double Value::number() const {
    if (is_unsigned()) return static_cast<double>(unsigned_integer());
    if (is_negative()) return static_cast<double>(negative_integer());
    return std::get<double>(data_);
}

Value& Value::operator[](std::string_view key) {
    if (is_null()) data_ = Object();
    return object()[key];
}

bool Value::operator==(const Value& other) const { return data_ == other.data_; }

}  // namespace miroir::json

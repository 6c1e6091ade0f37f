// The shape in which a chat's requests and a model's words are taken: read member by member as the engine's reader
// does, with its words of refusal and their place in the text. What no shape names is dropped. Pure.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "json/value.h"

namespace miroir::protocol::chat {

struct Shape;

struct Slot {
    std::string_view name;
    const Shape* shape;
    bool required = false;
    bool shows_null = false;  // what is absent is written as null; else it is left out
};

struct Shape {
    enum class Kind : std::uint8_t {
        Anything,
        Text,
        Bool,
        U8,
        U32,
        I64,
        F32,
        Words,    // one of `words`, as a text
        List,     // of `item`
        Map,      // any names, of `item`
        Struct,   // `slots`, in the order in which they are written
        Tagged,   // a Struct chosen by the member `tag` among `words` and `variants`
        Either,   // the first of `variants` that fits
        Content,  // a text, or the texts among typed parts
    };
    Kind kind = Kind::Anything;
    std::string_view name{};  // of the type, in refusals
    std::span<const std::string_view> words{};
    const Shape* item = nullptr;
    std::span<const Slot> slots{};
    std::span<const Shape* const> variants{};
    std::string_view tag{};
};

// The whole text as that shape, every member in the shape's order, or the engine's sentence with line and column.
// The text is sound JSON.
std::expected<json::Value, std::string> read_as(const Shape& shape, std::string_view text);

}  // namespace miroir::protocol::chat

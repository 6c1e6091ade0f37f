// The tree of a script.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"

namespace miroir::node {

struct Expression {
    enum class Kind : std::uint8_t { Literal, Nothing, Name, Member, Element, Text, Unary, Binary, Remove, TypeOf };
    Kind kind = Kind::Literal;
    json::Value literal{};               // Literal
    std::string word{};                  // Name, Member, Remove: the name; Unary, Binary: the operator
    std::vector<Expression> operands{};  // Member, Remove: the object; Text: the pieces
};

struct Statement {
    enum class Kind : std::uint8_t { Assign, Let, If };
    Kind kind = Kind::Assign;
    Expression target{};   // Assign; Let: a Name
    std::string op = "=";  // "=", "+=", …
    Expression value{};    // Assign, Let; If: the condition
    std::vector<Statement> body{};
    std::vector<Statement> otherwise{};
};

}  // namespace miroir::node

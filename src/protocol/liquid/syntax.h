// A parsed template. Private to this folder, but for its size.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace miroir::protocol::liquid {

using Wrong = std::unexpected<std::string>;  // what is wrong with a template

// A value: a literal, or a variable with its path.
struct Operand {
    enum class Kind : std::uint8_t { Literal, Variable, Empty, Blank };
    Kind kind = Kind::Literal;
    json::Value literal;        // of a variable: its name
    std::vector<Operand> path;  // names are literals
};

struct Filter {
    std::string name;
    std::vector<Operand> arguments;
};
struct Chain {
    Operand value;
    std::vector<Filter> filters;
};

// `left op right`, or the existence of `left`; joined by and and or.
struct Condition {
    enum class Kind : std::uint8_t { Exists, Compares, And, Or };
    Kind kind = Kind::Exists;
    Operand left, right;
    std::string op;  // == != < > <= >= contains
    std::vector<Condition> parts;
};

struct Node;
using Block = std::vector<Node>;

struct Branch;  // of if, unless and case
struct Node {
    enum class Kind : std::uint8_t { Text, Output, Choose, Switch, Loop, Assign, Capture, Break, Continue };
    Kind kind = Kind::Text;
    std::string text;  // Text; the variable of Loop, Assign and Capture
    Chain chain;       // Output, Assign; what Switch looks at
    std::vector<Branch> branches;
    Block body;                    // Loop, Capture
    Block otherwise;               // Choose, Switch, Loop
    Operand from, to;              // Loop: the list, or the first and the last number
    bool counts = false;           // Loop over numbers
    bool reversed = false;         // Loop
    std::vector<Operand> limit{};  // Loop: none or one
    std::vector<Operand> offset{};
};
struct Branch {
    Condition condition;          // if
    bool negated = false;         // unless
    std::vector<Operand> values;  // case
    Block body;
};

std::expected<Block, std::string> parse_block(std::string_view text);
std::expected<std::string, std::string> render_block(const Block& block, const json::Object& names);
bool knows_filter(std::string_view name);
std::expected<json::Value, std::string> apply_filter(std::string_view name, json::Value value,
                                                     const std::vector<json::Value>& arguments);

std::string shown(const json::Value& value);  // as text
bool equal(const json::Value& a, const json::Value& b);
// Less, equal, greater as -1, 0, 1; nothing: they do not compare.
std::optional<int> compared(const json::Value& a, const json::Value& b);

}  // namespace miroir::protocol::liquid

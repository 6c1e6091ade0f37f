#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "json/write.h"
#include "protocol/liquid/template.h"

namespace miroir::protocol::liquid {
namespace {

constexpr std::size_t kBytesMax = 4u << 20;
constexpr std::size_t kStepsMax = 100'000;

using Found = std::expected<json::Value, std::string>;
using Done = std::expected<void, std::string>;

std::string joined_names(const json::Object& object) {
    std::string out;
    for (const json::Member& member : object) out += (out.empty() ? "" : ", ") + member.first;
    return out;
}

// The member, item or measure of a value; nullptr: it has none of this name. What is counted is put into `made`.
const json::Value* looked_up(const json::Value& value, const json::Value& key, json::Value& made) {
    const std::string name = shown(key);
    const auto measure = [&](std::size_t size) {
        made = size;
        return &made;
    };
    if (value.is_array()) {
        const json::Array& items = value.array();
        const auto size = static_cast<std::int64_t>(items.size());
        if (key.is_integer()) {
            std::int64_t at =
                key.is_unsigned() ? static_cast<std::int64_t>(key.unsigned_integer()) : key.negative_integer();
            if (at < 0) at += size;
            return at < 0 || at >= size ? nullptr : &items[static_cast<std::size_t>(at)];
        }
        if (name == "size") return measure(items.size());
        if (items.empty()) return nullptr;
        if (name == "first") return &items.front();
        return name == "last" ? &items.back() : nullptr;
    }
    if (value.is_object()) {
        if (const json::Value* member = value.find(name)) return member;
        return name == "size" ? measure(value.object().size()) : nullptr;
    }
    return !value.is_null() && name == "size" ? measure(shown(value).size()) : nullptr;
}

bool is_empty(const json::Value& value) {
    if (value.is_string()) return value.string().empty();
    if (value.is_array()) return value.array().empty();
    return value.is_object() && value.object().empty();
}
bool is_blank(const json::Value& value) {
    if (value.is_string()) return value.string().find_first_not_of(" \t\n\r") == std::string::npos;
    return value.is_null() || (value.is_bool() && !value.boolean()) || is_empty(value);
}

class Rendering {
public:
    explicit Rendering(const json::Object& names) : globals_(names) {}

    Done block(const Block& block);
    std::string take() { return std::move(out_); }

private:
    enum class Interrupt : std::uint8_t { None, Break, Continue };

    Done node(const Node& node);
    Done choose(const Node& node);
    Done pick(const Node& node);
    Done loop(const Node& node);
    std::expected<json::Array, std::string> items_of(const Node& node);
    std::expected<std::optional<std::int64_t>, std::string> number_of(const std::vector<Operand>& operand);
    Found value_of(const Operand& operand);
    Found value_of(const Chain& chain);
    const json::Value* variable(const std::string& name) const;
    std::expected<bool, std::string> holds(const Condition& condition);
    std::expected<bool, std::string> compares(const Condition& condition);
    Done step() {
        if (++steps_ > kStepsMax) return Wrong("The template takes too long.");
        if (out_.size() > kBytesMax) return Wrong("The template makes too long a text.");
        return {};
    }

    const json::Object& globals_;
    std::map<std::string, json::Value> set_;                       // by assign and capture
    std::vector<std::pair<std::string, json::Value>> loops_ = {};  // innermost last
    std::string out_;
    std::size_t steps_ = 0;
    Interrupt interrupt_ = Interrupt::None;
};

const json::Value* Rendering::variable(const std::string& name) const {
    for (auto at = loops_.rbegin(); at != loops_.rend(); ++at) {
        if (at->first == name) return &at->second;
    }
    const auto found = set_.find(name);
    return found != set_.end() ? &found->second : globals_.find(name);
}

Found Rendering::value_of(const Operand& operand) {
    if (operand.kind != Operand::Kind::Variable) return operand.literal;
    const std::string& name = operand.literal.string();
    const json::Value* root = variable(name);
    if (root == nullptr) return Wrong("Unknown variable\n  with:\n    requested variable=" + name);
    const json::Value* at = root;
    json::Value made;
    std::string path = name;
    for (const Operand& part : operand.path) {
        auto key = value_of(part);
        if (!key) return key;
        const json::Value* next = looked_up(*at, *key, made);
        if (next == nullptr) {
            const std::string known = at->is_object() ? joined_names(at->object()) : std::string();
            return Wrong("Unknown index\n  with:\n    variable=" + path + "\n    requested index=" + shown(*key) +
                         "\n    available indexes=" + known);
        }
        path += "." + shown(*key);
        at = next;
    }
    return *at;
}

Found Rendering::value_of(const Chain& chain) {
    Found value = value_of(chain.value);
    for (const Filter& filter : chain.filters) {
        if (!value) return value;
        std::vector<json::Value> arguments;
        for (const Operand& operand : filter.arguments) {
            auto argument = value_of(operand);
            if (!argument) return argument;
            arguments.push_back(*std::move(argument));
        }
        value = apply_filter(filter.name, *std::move(value), arguments);
    }
    return value;
}

std::expected<bool, std::string> Rendering::compares(const Condition& condition) {
    const auto left = value_of(condition.left);
    if (!left) return Wrong(left.error());
    const auto right = value_of(condition.right);
    if (!right) return Wrong(right.error());
    const auto state = [](const Operand& operand, const json::Value& other) -> std::optional<bool> {
        if (operand.kind == Operand::Kind::Empty) return is_empty(other);
        if (operand.kind == Operand::Kind::Blank) return is_blank(other);
        return std::nullopt;
    };
    std::optional<bool> same = state(condition.right, *left);
    if (!same) same = state(condition.left, *right);
    if (condition.op == "==") return same.value_or(equal(*left, *right));
    if (condition.op == "!=") return !same.value_or(equal(*left, *right));
    if (condition.op == "contains") {
        if (left->is_array())
            return std::ranges::any_of(left->array(), [&](const json::Value& item) { return equal(item, *right); });
        if (left->is_object()) return left->find(shown(*right)) != nullptr;
        if (left->is_null()) return Wrong("Unexpected value, found `nil`");
        return shown(*left).find(shown(*right)) != std::string::npos;
    }
    const std::optional<int> order = compared(*left, *right);
    if (!order) return false;
    if (condition.op == "<") return *order < 0;
    if (condition.op == ">") return *order > 0;
    return condition.op == "<=" ? *order <= 0 : *order >= 0;
}

std::expected<bool, std::string> Rendering::holds(const Condition& condition) {
    if (condition.kind == Condition::Kind::Exists) {
        const auto value = value_of(condition.left);  // what is not there is false
        return value && !value->is_null() && !(value->is_bool() && !value->boolean());
    }
    if (condition.kind == Condition::Kind::Compares) return compares(condition);
    const bool all = condition.kind == Condition::Kind::And;
    for (const Condition& part : condition.parts) {
        const auto held = holds(part);
        if (!held || *held != all) return held;
    }
    return all;
}

Done Rendering::choose(const Node& node) {
    for (const Branch& branch : node.branches) {
        const auto held = holds(branch.condition);
        if (!held) return Wrong(held.error());
        if (*held != branch.negated) return block(branch.body);
    }
    return block(node.otherwise);
}

Done Rendering::pick(const Node& node) {
    const auto value = value_of(node.chain.value);
    if (!value) return Wrong(value.error());
    for (const Branch& branch : node.branches) {
        for (const Operand& operand : branch.values) {
            const auto choice = value_of(operand);
            if (!choice) return Wrong(choice.error());
            if (equal(*value, *choice)) return block(branch.body);
        }
    }
    return block(node.otherwise);
}

std::expected<std::optional<std::int64_t>, std::string> Rendering::number_of(const std::vector<Operand>& operand) {
    if (operand.empty()) return std::nullopt;
    const auto value = value_of(operand[0]);
    if (!value) return Wrong(value.error());
    if (value->is_unsigned()) return static_cast<std::int64_t>(value->unsigned_integer());
    if (value->is_negative()) return value->negative_integer();
    return Wrong("whole number expected.");
}

std::expected<json::Array, std::string> Rendering::items_of(const Node& node) {
    if (node.counts) {
        const auto from = number_of({node.from});
        const auto to = number_of({node.to});
        if (!from || !to) return Wrong((from ? to : from).error());
        json::Array out;
        for (std::int64_t at = **from; at <= **to; ++at) {
            if (out.size() > kStepsMax) return Wrong("The template takes too long.");
            out.emplace_back(at);
        }
        return out;
    }
    const auto value = value_of(node.from);
    if (!value) return Wrong(value.error());
    if (value->is_array()) return value->array();
    json::Array out;
    if (value->is_null()) return out;
    if (!value->is_object()) return Wrong("Unexpected type\n  with:\n    expected=array");
    for (const json::Member& member : value->object())
        out.emplace_back(json::Array{json::Value(member.first), member.second});
    return out;
}

Done Rendering::loop(const Node& node) {
    auto items = items_of(node);
    if (!items) return Wrong(items.error());
    const auto limit = number_of(node.limit);
    const auto offset = number_of(node.offset);
    if (!limit || !offset) return Wrong((limit ? offset : limit).error());
    const auto size = static_cast<std::int64_t>(items->size());
    const std::int64_t first = std::clamp<std::int64_t>(offset->value_or(0), 0, size);
    const std::int64_t count = std::clamp<std::int64_t>(limit->value_or(size), 0, size - first);
    json::Array picked(items->begin() + first, items->begin() + first + count);
    if (node.reversed) std::ranges::reverse(picked);
    if (picked.empty()) return block(node.otherwise);
    const json::Value* outer = variable("forloop");
    const json::Value parent = outer != nullptr ? *outer : json::Value();
    for (std::int64_t i = 0; i < count; ++i) {
        if (Done may = step(); !may) return may;
        loops_.emplace_back("forloop", json::Object{{"length", count},
                                                    {"parentloop", parent},
                                                    {"index0", i},
                                                    {"index", i + 1},
                                                    {"rindex0", count - i - 1},
                                                    {"rindex", count - i},
                                                    {"first", i == 0},
                                                    {"last", i == count - 1}});
        loops_.emplace_back(node.text, std::move(picked[static_cast<std::size_t>(i)]));
        Done done = block(node.body);
        loops_.resize(loops_.size() - 2);
        if (!done) return done;
        if (std::exchange(interrupt_, Interrupt::None) == Interrupt::Break) break;
    }
    return {};
}

Done Rendering::node(const Node& node) {
    switch (node.kind) {
        case Node::Kind::Text: out_ += node.text; return {};
        case Node::Kind::Break: interrupt_ = Interrupt::Break; return {};
        case Node::Kind::Continue: interrupt_ = Interrupt::Continue; return {};
        case Node::Kind::Choose: return choose(node);
        case Node::Kind::Switch: return pick(node);
        case Node::Kind::Loop: return loop(node);
        case Node::Kind::Capture: {
            std::string before = std::exchange(out_, {});
            Done done = block(node.body);
            set_[node.text] = std::exchange(out_, std::move(before));
            return done;
        }
        case Node::Kind::Output:
        case Node::Kind::Assign: break;
    }
    auto value = value_of(node.chain);
    if (!value) return Wrong(value.error());
    if (node.kind == Node::Kind::Output) out_ += shown(*value);
    else set_[node.text] = *std::move(value);
    return {};
}

Done Rendering::block(const Block& block) {
    for (const Node& one : block) {
        if (Done may = step(); !may) return may;
        if (Done done = node(one); !done) return done;
        if (interrupt_ != Interrupt::None) return {};
    }
    return {};
}

std::optional<double> number(const json::Value& value) {
    if (value.is_float()) return value.number();
    if (value.is_unsigned()) return static_cast<double>(value.unsigned_integer());
    if (value.is_negative()) return static_cast<double>(value.negative_integer());
    return std::nullopt;
}

}  // namespace

std::string shown(const json::Value& value) {
    std::string out;
    if (value.is_string()) return value.string();
    if (value.is_array()) {
        for (const json::Value& item : value.array()) out += shown(item);
    } else if (value.is_object()) {
        for (const json::Member& member : value.object()) out += member.first + shown(member.second);
    } else if (value.is_float()) {
        // Without an exponent, and without a fraction that is none.
        char digits[400];
        const auto end = std::to_chars(std::begin(digits), std::end(digits), value.number(), std::chars_format::fixed);
        out.assign(std::begin(digits), end.ptr);
    } else if (!value.is_null()) {
        out = json::to_text(value);
    }
    return out;
}

bool equal(const json::Value& a, const json::Value& b) {
    const auto left = number(a), right = number(b);
    if (left && right) return *left == *right;
    return a == b;
}

std::optional<int> compared(const json::Value& a, const json::Value& b) {
    const auto sign = [](auto order) { return order < 0 ? -1 : order > 0 ? 1 : 0; };
    const auto left = number(a), right = number(b);
    if (left && right) return *left < *right ? -1 : *left > *right ? 1 : 0;
    if (a.is_string() && b.is_string()) return sign(a.string().compare(b.string()));
    return std::nullopt;
}

std::expected<std::string, std::string> render_block(const Block& block, const json::Object& names) {
    Rendering rendering(names);
    if (Done done = rendering.block(block); !done) return Wrong(done.error());
    return rendering.take();
}

std::expected<Template, std::string> Template::parse(std::string_view text) {
    auto block = parse_block(text);
    if (!block) return Wrong(block.error());
    return Template(*std::move(block));
}

std::expected<std::string, std::string> Template::render(const json::Object& names) const {
    return render_block(block_, names);
}

}  // namespace miroir::protocol::liquid

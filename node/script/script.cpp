#include "node/script/script.h"

#include <map>

#include "json/write.h"
#include "node/script/parser.h"
#include "node/script/syntax.h"

namespace miroir::node {
namespace {

using Kind = Expression::Kind;

std::unexpected<Error> fault(std::string why) { return fail(ErrorCode::EditDocumentsByFunctionError, std::move(why)); }

std::optional<std::int64_t> integer_of(const json::Value& value) {
    if (value.is_negative()) return value.negative_integer();
    if (value.is_unsigned() && value.unsigned_integer() <= INT64_MAX) {
        return static_cast<std::int64_t>(value.unsigned_integer());
    }
    return std::nullopt;
}

std::string text_of(const json::Value& value) {
    if (value.is_null()) return "";
    return value.is_string() ? value.string() : json::to_text(value);
}

std::string type_of(const json::Value& value) {
    if (value.is_object()) return "map";
    if (value.is_array()) return "array";
    if (value.is_string()) return "string";
    if (value.is_bool()) return "bool";
    if (value.is_null()) return "()";
    return integer_of(value) ? "i64" : "f64";
}

class Machine {
public:
    Machine(json::Value document, const json::Value& context) {
        names_["doc"] = std::move(document);
        names_["context"] = context;
    }

    Result<void> run(const std::vector<Statement>& statements) {
        for (const Statement& statement : statements) MIROIR_CHECK(run_one(statement));
        return {};
    }
    json::Value take_document() { return std::move(names_["doc"]); }

private:
    Result<void> run_one(const Statement& statement) {
        MIROIR_TRY(json::Value value, evaluate(statement.value));
        if (statement.kind == Statement::Kind::If) {
            if (!value.is_bool()) return fault("Data type incorrect: expecting a boolean condition");
            return run(value.boolean() ? statement.body : statement.otherwise);
        }
        if (statement.kind == Statement::Kind::Let) {
            names_[statement.target.word] = std::move(value);
            return {};
        }
        if (statement.op != "=") {
            MIROIR_TRY(const json::Value before, evaluate(statement.target));
            MIROIR_TRY(value, compute(statement.op.substr(0, 1), before, value));
        }
        MIROIR_TRY(json::Value * place, place_of(statement.target));
        *place = std::move(value);
        return {};
    }

    // Where a target is kept; members are made on the way.
    Result<json::Value*> place_of(const Expression& target) {
        if (target.kind == Kind::Name) {
            const auto found = names_.find(target.word);
            if (found == names_.end()) return fault("Variable not found: " + target.word);
            return &found->second;
        }
        if (target.kind != Kind::Member) return fault("Cannot modify this expression");
        MIROIR_TRY(json::Value * owner, place_of(target.operands[0]));
        if (!owner->is_object() && !owner->is_null()) return fault("Unknown property '" + target.word + "'");
        return &(*owner)[target.word];
    }

    Result<json::Value> evaluate(const Expression& expression) {
        switch (expression.kind) {
            case Kind::Literal: return expression.literal;
            case Kind::Nothing: return json::Value();
            case Kind::Name: {
                const auto found = names_.find(expression.word);
                if (found == names_.end()) return fault("Variable not found: " + expression.word);
                return found->second;
            }
            case Kind::Member: {
                MIROIR_TRY(const json::Value owner, evaluate(expression.operands[0]));
                const json::Value* member = owner.find(expression.word);
                return member == nullptr ? json::Value() : *member;
            }
            case Kind::Element: return element(expression);
            case Kind::Text: {
                std::string out;
                for (const Expression& piece : expression.operands) {
                    MIROIR_TRY(const json::Value value, evaluate(piece));
                    out += text_of(value);
                }
                return json::Value(std::move(out));
            }
            case Kind::Unary: return unary(expression);
            case Kind::Binary: return binary(expression);
            case Kind::Remove: return remove(expression);
            case Kind::TypeOf: {
                MIROIR_TRY(const json::Value value, evaluate(expression.operands[0]));
                return json::Value(type_of(value));
            }
        }
        return json::Value();
    }

    Result<json::Value> element(const Expression& expression) {
        MIROIR_TRY(const json::Value owner, evaluate(expression.operands[0]));
        MIROIR_TRY(const json::Value place, evaluate(expression.operands[1]));
        if (owner.is_object() && place.is_string()) {
            const json::Value* member = owner.find(place.string());
            return member == nullptr ? json::Value() : *member;
        }
        if (owner.is_array() && place.is_unsigned() && place.unsigned_integer() < owner.array().size()) {
            return owner.array()[place.unsigned_integer()];
        }
        return fault("Index out of bounds");
    }

    Result<json::Value> remove(const Expression& expression) {
        MIROIR_TRY(json::Value * owner, place_of(expression.operands[0]));
        if (!owner->is_object()) return fault("Function not found: remove");
        const json::Value* member = owner->find(expression.word);
        json::Value out = member == nullptr ? json::Value() : *member;
        owner->object().erase(expression.word);
        return out;
    }

    Result<json::Value> unary(const Expression& expression) {
        MIROIR_TRY(const json::Value value, evaluate(expression.operands[0]));
        if (expression.word == "!" && value.is_bool()) return json::Value(!value.boolean());
        if (expression.word == "-" && value.is_number()) return compute("-", json::Value(0), value);
        return fault("Function not found: " + expression.word);
    }

    Result<json::Value> binary(const Expression& expression) {
        MIROIR_TRY(const json::Value left, evaluate(expression.operands[0]));
        const std::string& op = expression.word;
        if (op == "&&" || op == "||") {
            if (!left.is_bool()) return fault("Data type incorrect: expecting a boolean");
            if (left.boolean() == (op == "||")) return left;
            MIROIR_TRY(json::Value right, evaluate(expression.operands[1]));
            if (!right.is_bool()) return fault("Data type incorrect: expecting a boolean");
            return right;
        }
        MIROIR_TRY(const json::Value right, evaluate(expression.operands[1]));
        return compute(op, left, right);
    }

    static bool equal(const json::Value& left, const json::Value& right) {
        if (left.is_number() && right.is_number()) return left.number() == right.number();
        return left == right;
    }

    static Result<json::Value> compute(std::string_view op, const json::Value& left, const json::Value& right) {
        if (op == "==") return json::Value(equal(left, right));
        if (op == "!=") return json::Value(!equal(left, right));
        if (op == "+" && (left.is_string() || right.is_string())) return json::Value(text_of(left) + text_of(right));
        if (left.is_string() && right.is_string()) return compare(op, left.string(), right.string());
        if (!left.is_number() || !right.is_number()) return fault("Function not found: " + std::string(op));
        const auto a = integer_of(left);
        const auto b = integer_of(right);
        if (op.find_first_of("<>") != std::string_view::npos) return compare(op, left.number(), right.number());
        return a && b ? whole(op, *a, *b) : real(op, left.number(), right.number());
    }

    template <class T>
    static Result<json::Value> compare(std::string_view op, const T& a, const T& b) {
        if (op == "<") return json::Value(a < b);
        if (op == ">") return json::Value(a > b);
        if (op == "<=") return json::Value(a <= b);
        if (op == ">=") return json::Value(a >= b);
        return fault("Function not found: " + std::string(op));
    }

    static Result<json::Value> whole(std::string_view op, std::int64_t a, std::int64_t b) {
        std::int64_t out = 0;
        bool overflow = false;
        if (op == "+") overflow = __builtin_add_overflow(a, b, &out);
        if (op == "-") overflow = __builtin_sub_overflow(a, b, &out);
        if (op == "*") overflow = __builtin_mul_overflow(a, b, &out);
        if (op == "/" || op == "%") {
            if (b == 0) return fault("Division by zero");
            overflow = a == INT64_MIN && b == -1;
            if (!overflow) out = op == "/" ? a / b : a % b;
        }
        if (overflow) return fault("Arithmetic overflow");
        return json::Value(out);
    }

    static Result<json::Value> real(std::string_view op, double a, double b) {
        if (op == "+") return json::Value(a + b);
        if (op == "-") return json::Value(a - b);
        if (op == "*") return json::Value(a * b);
        if (op == "/") return json::Value(a / b);
        return fault("Function not found: " + std::string(op));
    }

    std::map<std::string, json::Value, std::less<>> names_;
};

}  // namespace

Script::Script(std::vector<Statement> statements) : statements_(std::move(statements)) {}
Script::Script(Script&&) noexcept = default;
Script& Script::operator=(Script&&) noexcept = default;
Script::~Script() = default;

Result<Script> Script::compile(std::string_view text) {
    MIROIR_TRY(std::vector<Statement> statements, parse_script(text));
    return Script(std::move(statements));
}

Result<std::optional<json::Value>> Script::run(json::Value document, const json::Value& context) const {
    Machine machine(std::move(document), context);
    MIROIR_CHECK(machine.run(statements_));
    json::Value after = machine.take_document();
    if (after.is_null()) return std::optional<json::Value>();
    if (!after.is_object()) return fault("The document must stay an object");
    return std::optional(std::move(after));
}

}  // namespace miroir::node

// A small part of the language in which documents are edited: assignments to `doc.path` and `doc`, `let`, `if … else`,
// arithmetic, comparison, logic, texts with `${…}`, `context`, `.remove("name")`, `type_of(…)`. Bounded in size and
// depth; every loop ends because there is none. What the part does not know is a compile error.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "json/value.h"

namespace miroir::node {

struct Statement;

class Script {
public:
    // BadRequest with the place of the fault, in the engine's words where it is known.
    static Result<Script> compile(std::string_view text);
    Script(Script&&) noexcept;
    Script& operator=(Script&&) noexcept;
    ~Script();

    // The document afterwards; nullopt: it was set to nothing and is to be deleted. An error's message is the reason.
    Result<std::optional<json::Value>> run(json::Value document, const json::Value& context) const;

private:
    explicit Script(std::vector<Statement> statements);
    std::vector<Statement> statements_;
};

}  // namespace miroir::node

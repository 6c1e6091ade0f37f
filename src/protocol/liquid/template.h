// Document templates: the language in which embedders and chats are told how a document reads as text. Expressions with
// filters, if, unless, case, for, assign, capture, comment, raw. Pure. What can be rendered is bounded in size and
// steps.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "json/value.h"
#include "protocol/liquid/syntax.h"

namespace miroir::protocol::liquid {

class Template {
public:
    // Or what is wrong with it.
    static std::expected<Template, std::string> parse(std::string_view text);

    // `names` are the variables that the template finds.
    std::expected<std::string, std::string> render(const json::Object& names) const;

private:
    explicit Template(Block block) : block_(std::move(block)) {}
    Block block_;
};

}  // namespace miroir::protocol::liquid

// The query string as the engine reads it: percent and plus decoded, bytes that are no UTF-8 replaced by U+FFFD,
// order and repetition kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace miroir::server {

// %XX becomes its byte; a stray % stays as it is. A plus stays a plus.
std::string percent_decode(std::string_view text);
// Everything but unreserved characters as %XX: one path segment or one value of a query.
std::string percent_encode(std::string_view text);
// Bytes that are no UTF-8 become U+FFFD.
std::string repair_utf8(std::string text);

class Query {
public:
    using Field = std::pair<std::string, std::string>;

    explicit Query(std::string_view raw);

    // The last value of this name: the engine lets the last one win.
    std::optional<std::string_view> get(std::string_view name) const;
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    std::vector<Field> fields_;
};

}  // namespace miroir::server

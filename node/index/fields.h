// The names of an index in the order in which they were first seen: top-level names and nested paths ("a.b").
// A document is rendered in this order. Ids are dense from 0; a name is never forgotten.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node/index/types.h"

namespace miroir::node {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

class Fields {
public:
    std::optional<FieldId> find(std::string_view name) const;
    FieldId insert(std::string_view name);  // the id of the name, new or old
    bool full_for(std::size_t more) const { return names_.size() + more > kMost; }
    const std::string& name(FieldId id) const { return names_[id]; }
    const std::vector<std::string>& names() const { return names_; }  // in order of their ids

    static constexpr std::size_t kMost = 65535;

private:
    std::vector<std::string> names_;
    std::unordered_map<std::string, FieldId, TextHash, std::equal_to<>> ids_;
};

}  // namespace miroir::node

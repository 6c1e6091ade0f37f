#include "node/index/fields.h"

namespace miroir::node {

std::optional<FieldId> Fields::find(std::string_view name) const {
    const auto found = ids_.find(name);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

FieldId Fields::insert(std::string_view name) {
    if (const auto known = find(name)) return *known;
    const auto id = static_cast<FieldId>(names_.size());
    names_.emplace_back(name);
    ids_.emplace(std::string(name), id);
    return id;
}

}  // namespace miroir::node

// Walks the values inside a top-level member the way the engine does: every path ("a.b") is told with its value,
// objects and lists before what is in them; the items of a list have the list's own path.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"

namespace miroir::node {

// visit(path, in_list, value) -> bool: look inside. `path` holds the start of the path and is restored.
template <class Visit>
void walk_list(const json::Array& list, std::string& path, bool in_list, Visit& visit);

template <class Visit>
void walk_object(const json::Object& object, std::string& path, bool in_list, Visit& visit) {
    if (object.empty()) {
        static const json::Value kEmpty = json::Object();
        visit(std::string_view(path), in_list, kEmpty);
    }
    const std::size_t length = path.size();
    for (const json::Member& member : object) {
        path += '.';
        path += member.first;
        if (visit(std::string_view(path), false, member.second)) {
            if (member.second.is_object()) walk_object(member.second.object(), path, false, visit);
            else if (member.second.is_array()) walk_list(member.second.array(), path, false, visit);
        }
        path.resize(length);
    }
}

template <class Visit>
void walk_list(const json::Array& list, std::string& path, bool in_list, Visit& visit) {
    if (list.empty()) {
        static const json::Value kEmpty = json::Array();
        visit(std::string_view(path), in_list, kEmpty);
    }
    for (const json::Value& item : list) {
        if (item.is_object()) walk_object(item.object(), path, true, visit);
        else if (item.is_array()) walk_list(item.array(), path, true, visit);
        else visit(std::string_view(path), true, item);
    }
}

// A top-level member: scalars are visited as they are, containers only by what is inside.
template <class Visit>
void walk_member(std::string_view name, const json::Value& value, std::string& path, Visit& visit) {
    path.assign(name);
    if (value.is_object()) walk_object(value.object(), path, false, visit);
    else if (value.is_array()) walk_list(value.array(), path, false, visit);
    else visit(std::string_view(path), false, value);
}

}  // namespace miroir::node

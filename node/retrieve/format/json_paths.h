// Dotted paths over JSON documents, as permissive as the engine's: a path may cross lists, and a key that itself
// contains dots answers to the path it spells. Pure functions; nothing is kept.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"

namespace miroir::node {

// "a.b" lies in "a"; so does "a" itself; "ab" does not.
bool path_within(std::string_view path, std::string_view parent);

// The members of `document` that one of the paths names or lies under. Objects on the way to a path stay, even when
// nothing of them is left.
json::Object pick_paths(const json::Object& document, const std::vector<std::string>& paths);

// Like pick_paths, but values that are no object or list are dropped where a path wants to go deeper, and objects in
// lists that lose everything disappear.
json::Object select_paths(const json::Object& document, const std::vector<std::string>& paths);

// Calls `change` on every scalar under one of the paths: its path, the places in the lists on the way, the value.
using LeafChange = std::function<void(const std::string& path, std::span<const std::size_t> places, json::Value&)>;
void change_leaves(json::Object& document, const std::vector<std::string>& paths, const LeafChange& change);

// Calls `visit` on every value that the path reaches.
void visit_path(const json::Object& document, std::string_view path,
                const std::function<void(const json::Value&)>& visit);

}  // namespace miroir::node

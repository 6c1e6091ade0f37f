#include "node/retrieve/format/json_paths.h"

#include <algorithm>

namespace miroir::node {
namespace {

std::string joined(std::string_view base, std::string_view key) {
    if (base.empty()) return std::string(key);
    std::string path(base);
    path += '.';
    path += key;
    return path;
}

bool touches(const std::vector<std::string>& paths, std::string_view path) {
    return std::ranges::any_of(
        paths, [&](const std::string& wanted) { return path_within(wanted, path) || path_within(path, wanted); });
}

json::Value picked(const json::Value& value, const std::vector<std::string>& paths, std::string_view base) {
    if (value.is_object()) {
        json::Object kept;
        for (const json::Member& member : value.object()) {
            const std::string path = joined(base, member.first);
            if (touches(paths, path)) kept.append(member.first, picked(member.second, paths, path));
        }
        return kept;
    }
    if (value.is_array()) {
        json::Array kept;
        kept.reserve(value.array().size());
        for (const json::Value& element : value.array()) kept.push_back(picked(element, paths, base));
        return kept;
    }
    return value;
}

// What remains of the paths below `key`.
std::vector<std::string> paths_below(const std::vector<std::string>& paths, std::string_view key) {
    std::vector<std::string> below;
    for (const std::string& path : paths) {
        if (path.size() > key.size() + 1 && path_within(path, key)) below.push_back(path.substr(key.size() + 1));
    }
    return below;
}

json::Array select_in_list(const json::Array& list, const std::vector<std::string>& paths) {
    json::Array kept;
    for (const json::Value& element : list) {
        if (element.is_array()) {
            kept.push_back(select_in_list(element.array(), paths));
        } else if (element.is_object()) {
            json::Object inner = select_paths(element.object(), paths);
            if (!inner.empty()) kept.push_back(std::move(inner));
        }
    }
    return kept;
}

void change_in(json::Value& value, const std::vector<std::string>& paths, const std::string& path,
               std::vector<std::size_t>& places, const LeafChange& change);

void change_members(json::Object& object, const std::vector<std::string>& paths, std::string_view base,
                    std::vector<std::size_t>& places, const LeafChange& change) {
    for (json::Member& member : object) {
        const std::string path = joined(base, member.first);
        if (touches(paths, path)) change_in(member.second, paths, path, places, change);
    }
}

void change_in(json::Value& value, const std::vector<std::string>& paths, const std::string& path,
               std::vector<std::size_t>& places, const LeafChange& change) {
    if (value.is_object()) {
        change_members(value.object(), paths, path, places, change);
    } else if (value.is_array()) {
        places.push_back(0);
        for (std::size_t i = 0; i < value.array().size(); ++i) {
            places.back() = i;
            change_in(value.array()[i], paths, path, places, change);
        }
        places.pop_back();
    } else {
        change(path, places, value);
    }
}

}  // namespace

bool path_within(std::string_view path, std::string_view parent) {
    return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '.');
}

json::Object pick_paths(const json::Object& document, const std::vector<std::string>& paths) {
    json::Object kept;
    for (const json::Member& member : document) {
        const bool wanted =
            std::ranges::any_of(paths, [&](const std::string& path) { return path_within(path, member.first); });
        if (wanted) kept.append(member.first, picked(member.second, paths, member.first));
    }
    return kept;
}

json::Object select_paths(const json::Object& document, const std::vector<std::string>& paths) {
    json::Object kept;
    for (const json::Member& member : document) {
        const bool named = std::ranges::find(paths, member.first) != paths.end();
        if (named && !member.first.contains('.')) {
            kept.append(member.first, member.second);
            continue;
        }
        const std::vector<std::string> below = paths_below(paths, member.first);
        if (below.empty()) {
            if (named) kept.append(member.first, member.second);
        } else if (member.second.is_array()) {
            kept.append(member.first, select_in_list(member.second.array(), below));
        } else if (member.second.is_object()) {
            kept.append(member.first, select_paths(member.second.object(), below));
        }
    }
    return kept;
}

void change_leaves(json::Object& document, const std::vector<std::string>& paths, const LeafChange& change) {
    std::vector<std::size_t> places;
    change_members(document, paths, "", places, change);
}

void visit_path(const json::Object& document, std::string_view path,
                const std::function<void(const json::Value&)>& visit) {
    if (const json::Value* direct = document.find(path)) visit(*direct);
    for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0; dot = path.rfind('.', dot - 1)) {
        const json::Value* inner = document.find(path.substr(0, dot));
        const std::string_view rest = path.substr(dot + 1);
        if (inner == nullptr) continue;
        if (inner->is_object()) visit_path(inner->object(), rest, visit);
        if (!inner->is_array()) continue;
        for (const json::Value& element : inner->array()) {
            if (element.is_object()) visit_path(element.object(), rest, visit);
        }
    }
}

}  // namespace miroir::node

// How attribute names match patterns: "*", "a*", "*a", "*a*", exact names, and nested fields ("a" covers "a.b").
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace miroir::protocol {

enum class PatternMatch : std::uint8_t { None, Parent, Match };  // Parent: a field above one that would match

PatternMatch match_pattern(std::string_view pattern, std::string_view field);
// Plain names in settings: the name itself and everything nested in it match.
PatternMatch match_field(std::string_view name, std::string_view field);
PatternMatch match_any_pattern(std::span<const std::string> patterns, std::string_view field);
PatternMatch match_any_field(std::span<const std::string> names, std::string_view field);
// "a.b" is inside "a" (and "a" is inside itself).
bool is_nested_in(std::string_view field, std::string_view parent);

struct FilterableFeatures {
    bool facet_search = false;
    bool equality = true;
    bool comparison = false;

    bool is_filterable() const { return equality || comparison; }
    // Everything a plain name allows.
    static FilterableFeatures all() { return {.facet_search = true, .equality = true, .comparison = true}; }
    // "OR, AND, NOT, =, …" as listed by the engine; empty when not filterable.
    std::vector<std::string> allowed_operators() const;
    bool operator==(const FilterableFeatures&) const = default;
};

// One entry of filterableAttributes: a plain name, or patterns with features.
struct FilterableRule {
    std::string field;  // a plain name when `patterns` is not used
    std::vector<std::string> patterns;
    bool is_pattern = false;
    FilterableFeatures features = FilterableFeatures::all();

    static FilterableRule plain(std::string name) { return {.field = std::move(name), .patterns = {}}; }
    PatternMatch match(std::string_view field_name) const;
    bool operator==(const FilterableRule&) const = default;
};

// The first rule that matches decides: its position and features.
struct MatchedRule {
    std::size_t position = 0;
    FilterableFeatures features;
};
std::optional<MatchedRule> matching_rule(std::span<const FilterableRule> rules, std::string_view field);
// Names and patterns of the rules whose features pass, sorted, each once.
template <class Wanted>
std::set<std::string> rule_patterns(std::span<const FilterableRule> rules, Wanted wanted) {
    std::set<std::string> found;
    for (const FilterableRule& rule : rules) {
        if (!wanted(rule.features)) continue;
        if (rule.is_pattern) found.insert(rule.patterns.begin(), rule.patterns.end());
        else found.insert(rule.field);
    }
    return found;
}

}  // namespace miroir::protocol

#include "merge/facet_merge.h"

#include <algorithm>
#include <charconv>

#include "json/write.h"
#include "merge/hit_bytes.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

constexpr std::uint64_t kNumbersByTextMax = 3000;

struct Sum {
    std::string value;
    std::uint64_t count = 0;
    std::string normal;            // of a text
    std::optional<double> number;  // of a number
};

// A reply does not say whether "3" was a number or a text. A field with numbers has stats, and its numbers lie between
// them; a text that looks like such a number is taken for one.
std::optional<double> as_number(const std::string& value, const MergedFacet& field) {
    if (!field.minimum) return std::nullopt;
    double number = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size()) return std::nullopt;
    if (number < *field.minimum || number > *field.maximum) return std::nullopt;
    return number;
}

bool alphabetical(const Sum& a, const Sum& b, bool numbers_by_text) {
    if (a.number.has_value() != b.number.has_value()) return a.number.has_value();
    if (a.number) return numbers_by_text ? a.value < b.value : *a.number < *b.number;
    return a.normal != b.normal ? a.normal < b.normal : a.value < b.value;
}

bool by_count(const Sum& a, const Sum& b) {
    if (a.number.has_value() != b.number.has_value()) return a.number.has_value();
    if (a.count != b.count) return a.count > b.count;
    if (a.number) return *a.number > *b.number;
    return a.normal > b.normal;
}

// One value may come in several spellings ("Red", "red"); the node asked first gives the spelling that is shown.
std::vector<Sum> sum_up(std::span<const FacetField* const> parts, const MergedFacet& field) {
    std::map<std::string, std::size_t, std::less<>> places;
    std::vector<Sum> sums;
    for (const FacetField* part : parts) {
        for (const FacetCount& count : part->values) {
            Sum sum{.value = std::string(count.value), .count = count.count};
            sum.number = as_number(sum.value, field);
            if (!sum.number) sum.normal = protocol::normalize_facet(sum.value);
            const std::string key = (sum.number ? "n" : "t") + (sum.number ? sum.value : sum.normal);
            const auto [found, fresh] = places.emplace(key, sums.size());
            if (fresh) sums.push_back(std::move(sum));
            else sums[found->second].count += count.count;
        }
    }
    return sums;
}

bool is_by_count(const FacetRecipe& recipe, std::string_view name) {
    const auto found = recipe.by_count.find(name);
    return found == recipe.by_count.end() ? recipe.by_count_default : found->second;
}

}  // namespace

std::vector<MergedFacet> merge_facets(std::span<const NodeAnswer> answers, const FacetRecipe& recipe,
                                      std::uint64_t candidates) {
    std::map<std::string_view, std::vector<const FacetField*>> fields;
    for (const NodeAnswer& answer : answers) {
        for (const FacetField& field : answer.facets()) {
            if (!field.name.starts_with(kReservedPrefix)) fields[field.name].push_back(&field);  // "*" asks for all
        }
    }
    std::vector<MergedFacet> out;
    for (const auto& [name, parts] : fields) {
        MergedFacet& field = out.emplace_back(MergedFacet{.name = std::string(name)});
        for (const FacetField* part : parts) {
            if (part->minimum) field.minimum = std::min(field.minimum.value_or(*part->minimum), *part->minimum);
            if (part->maximum) field.maximum = std::max(field.maximum.value_or(*part->maximum), *part->maximum);
        }
        std::vector<Sum> sums = sum_up(parts, field);
        const bool count_first = is_by_count(recipe, name);
        std::ranges::sort(sums, [&](const Sum& a, const Sum& b) {
            return count_first ? by_count(a, b) : alphabetical(a, b, candidates <= kNumbersByTextMax);
        });
        if (sums.size() > recipe.values_max) sums.resize(recipe.values_max);
        for (Sum& sum : sums) field.values.push_back({.value = std::move(sum.value), .count = sum.count});
    }
    return out;
}

std::vector<MergedFacet> sum_facets(std::span<const std::vector<MergedFacet>> parts,
                                    const std::map<std::string, bool, std::less<>>& by_count,
                                    std::optional<std::uint64_t> most) {
    std::map<std::string, MergedFacet> sums;
    for (const std::vector<MergedFacet>& part : parts) {
        for (const MergedFacet& facet : part) {
            MergedFacet& sum = sums[facet.name];
            sum.name = facet.name;
            if (facet.minimum) sum.minimum = std::min(sum.minimum.value_or(*facet.minimum), *facet.minimum);
            if (facet.maximum) sum.maximum = std::max(sum.maximum.value_or(*facet.maximum), *facet.maximum);
            for (const MergedFacet::Count& count : facet.values) {
                const auto known = std::ranges::find(sum.values, count.value, &MergedFacet::Count::value);
                if (known == sum.values.end()) sum.values.push_back(count);
                else known->count += count.count;
            }
        }
    }
    std::vector<MergedFacet> out;
    for (auto& [name, sum] : sums) {
        const auto counted = by_count.find(name);
        if (counted != by_count.end() && counted->second)
            std::ranges::sort(sum.values, [](const auto& a, const auto& b) {
                return a.count != b.count ? a.count > b.count : a.value > b.value;
            });
        else std::ranges::sort(sum.values, {}, &MergedFacet::Count::value);
        if (most && sum.values.size() > *most) sum.values.resize(*most);
        out.push_back(std::move(sum));
    }
    return out;
}

void append_distribution(std::string& out, std::span<const MergedFacet> facets) {
    out += '{';
    for (const MergedFacet& facet : facets) {
        if (out.back() != '{') out += ',';
        json::append_string(out, facet.name);
        out += ":{";
        for (const MergedFacet::Count& count : facet.values) {
            if (out.back() != '{') out += ',';
            json::append_string(out, count.value);
            out.append(":").append(std::to_string(count.count));
        }
        out += '}';
    }
    out += '}';
}

void append_stats(std::string& out, std::span<const MergedFacet> facets) {
    out += '{';
    for (const MergedFacet& facet : facets) {
        if (!facet.minimum || !facet.maximum) continue;
        if (out.back() != '{') out += ',';
        json::append_string(out, facet.name);
        out += ":{\"min\":";
        json::append_double(out, *facet.minimum);
        out += ",\"max\":";
        json::append_double(out, *facet.maximum);
        out += '}';
    }
    out += '}';
}

}  // namespace miroir::merge

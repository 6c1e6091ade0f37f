#include "merge/facet_merge.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <unordered_map>
#include <utility>

#include "json/write.h"
#include "merge/hit_bytes.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

constexpr std::uint64_t kNumbersByTextMax = 3000;

struct Sum {
    std::string_view value;
    std::uint64_t count = 0;
    std::string_view normal;       // of a text
    std::optional<double> number;  // of a number
};

// Values in normal form: most are already, the others are kept here.
class NormalForms {
public:
    std::string_view of(std::string_view value) {
        if (protocol::is_plainly_normal(value)) return value;
        return kept_.emplace_back(protocol::normalize_facet(value));
    }

private:
    std::deque<std::string> kept_;
};

// An integer as one would write it is sure to be shown as it is written.
bool is_plain_integer(std::string_view text) {
    constexpr std::size_t kExactDigits = 15;
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (digits.empty() || digits.size() > kExactDigits || (digits.front() == '0' && text != "0")) return false;
    return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

// A reply does not say whether "3" was a number or a text. Numbers come first, in order, and lie between the node's own
// stats; the first value that does not fit is a text, as are all behind it.
class Numbers {
public:
    explicit Numbers(const FacetField& field, bool by_count) : field_(field), by_count_(by_count) {}

    std::optional<double> next(const FacetCount& value) {
        std::optional<double> number = over_ ? std::nullopt : read(value.value);
        if (number && last_ && by_count_ && value.count > last_->count) number.reset();
        if (number && last_ && !by_count_ && value.value < last_->value && *number < *last_number_) number.reset();
        over_ = !number;
        last_ = &value;
        last_number_ = number;
        return number;
    }

private:
    std::optional<double> read(std::string_view text) const {
        if (!field_.minimum || !field_.maximum) return std::nullopt;
        double number = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
        if (number < *field_.minimum || number > *field_.maximum) return std::nullopt;
        const bool same = is_plain_integer(text) || protocol::facet_number(number) == text;
        return same ? std::optional(number) : std::nullopt;
    }

    const FacetField& field_;
    bool by_count_;
    bool over_ = false;
    const FacetCount* last_ = nullptr;
    std::optional<double> last_number_;
};

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
std::vector<Sum> sum_up(std::span<const FacetField* const> parts, bool by_count, NormalForms& normal_forms) {
    std::size_t most = 0;
    for (const FacetField* part : parts) most += part->values.size();
    std::unordered_map<std::string_view, std::size_t> numbers_at, texts_at;
    texts_at.reserve(most);
    std::vector<Sum> sums;
    sums.reserve(most);
    for (const FacetField* part : parts) {
        Numbers numbers(*part, by_count);
        for (const FacetCount& count : part->values) {
            Sum sum{.value = count.value, .count = count.count, .normal = {}, .number = numbers.next(count)};
            if (!sum.number) sum.normal = normal_forms.of(sum.value);
            const auto [found, fresh] = sum.number ? numbers_at.try_emplace(sum.value, sums.size())
                                                   : texts_at.try_emplace(sum.normal, sums.size());
            if (fresh) sums.push_back(sum);
            else sums[found->second].count += count.count;
        }
    }
    return sums;
}

std::size_t count_numbers(const std::vector<Sum>& sums) {
    return static_cast<std::size_t>(std::ranges::count_if(sums, [](const Sum& s) { return s.number.has_value(); }));
}

// Walking the values, the engine stops at exactly as many as may be shown, looked at after each: when its numbers fill
// the list, it does not stop among the texts.
bool stops_among_numbers(const std::vector<Sum>& sums, std::size_t most) { return count_numbers(sums) >= most; }

// As many as have to be in order for the cut.
std::size_t shown_of(const std::vector<Sum>& sums, std::size_t most, bool walks) {
    const bool all = walks && (most == 0 || stops_among_numbers(sums, most));
    return all ? sums.size() : std::min(most, sums.size());
}

void cut(std::vector<Sum>& sums, std::size_t most, bool walks) {
    if (walks && most == 0) return;
    if (walks && stops_among_numbers(sums, most)) {
        sums.erase(sums.begin() + static_cast<std::ptrdiff_t>(most),
                   sums.begin() + static_cast<std::ptrdiff_t>(count_numbers(sums)));
    } else if (sums.size() > most) {
        sums.resize(most);
    }
}

// The first so many in order, the others behind them in any.
template <class Before>
void sort_front(std::vector<Sum>& sums, std::size_t count, Before before) {
    const auto end = sums.begin() + static_cast<std::ptrdiff_t>(count);
    if (end != sums.end()) std::ranges::nth_element(sums, end, before);
    std::sort(sums.begin(), end, before);
}

// The texts that nodes spell differently, as the earliest document does.
void spell(std::vector<Sum>& sums, const std::string& field, const FacetRecipe& recipe) {
    if (recipe.spellings.empty()) return;
    for (Sum& sum : sums) {
        if (sum.number) continue;
        const auto spelling = recipe.spellings.find({field, std::string(sum.normal)});
        if (spelling != recipe.spellings.end()) sum.value = spelling->second;
    }
}

bool is_by_count(const FacetRecipe& recipe, std::string_view name) {
    const auto found = recipe.by_count.find(name);
    return found == recipe.by_count.end() ? recipe.by_count_default : found->second;
}

}  // namespace

std::vector<UnclearSpelling> unclear_spellings(std::span<const NodeAnswer> answers) {
    struct Known {
        std::string_view spelling;
        bool told = false;
    };
    std::vector<UnclearSpelling> out;
    NormalForms normal_forms;
    std::map<std::string_view, std::unordered_map<std::string_view, Known>> known;
    for (const NodeAnswer& answer : answers) {
        for (const FacetField& field : answer.facets()) {
            auto& spellings = known[field.name];
            spellings.reserve(field.values.size());
            for (const FacetCount& count : field.values) {
                const std::string_view normal = normal_forms.of(count.value);
                const auto [found, fresh] = spellings.try_emplace(normal, Known{.spelling = count.value});
                if (fresh || found->second.spelling == count.value || std::exchange(found->second.told, true)) continue;
                out.push_back({.field = std::string(field.name),
                               .normal = std::string(normal),
                               .spelling = std::string(count.value)});
            }
        }
    }
    return out;
}

std::optional<std::string> earliest_spelling(std::span<const NodeAnswer> answers, const UnclearSpelling& unclear) {
    std::optional<std::string> out;
    std::string_view earliest;
    for (const NodeAnswer& answer : answers) {
        std::optional<std::string_view> stamp, spelling;
        for (const FacetField& field : answer.facets()) {
            for (const FacetCount& count : field.values) {
                if (field.name.starts_with(kReservedPrefix)) stamp = std::min(stamp.value_or(count.value), count.value);
                else if (protocol::normalize_facet(count.value) == unclear.normal) spelling = count.value;
            }
        }
        if (!stamp || !spelling || (out && earliest < *stamp)) continue;
        earliest = *stamp;
        out = std::string(*spelling);
    }
    return out;
}

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
        const bool count_first = is_by_count(recipe, name);
        NormalForms normal_forms;
        std::vector<Sum> sums = sum_up(parts, count_first, normal_forms);
        spell(sums, field.name, recipe);
        const bool walks = count_first || candidates > kNumbersByTextMax;
        // One node's list is in its own order, which goes by all values it holds.
        if (answers.size() > 1 && count_first) std::ranges::sort(sums, by_count);
        if (answers.size() > 1 && !count_first)
            sort_front(sums, shown_of(sums, recipe.values_max, walks),
                       [&](const Sum& a, const Sum& b) { return alphabetical(a, b, candidates <= kNumbersByTextMax); });
        field.has_ties =
            answers.size() > 1 && count_first && std::ranges::adjacent_find(sums, {}, &Sum::count) != sums.end();
        cut(sums, recipe.values_max, walks);
        field.values.reserve(sums.size());
        for (const Sum& sum : sums) field.values.push_back({.value = std::string(sum.value), .count = sum.count});
    }
    return out;
}

namespace {

// The largest first, ties as they were.
void sort_by_count(std::vector<MergedFacet::Count>& values) {
    std::map<std::uint64_t, std::vector<MergedFacet::Count>, std::greater<>> by_count;
    for (MergedFacet::Count& value : values) by_count[value.count].push_back(std::move(value));
    values.clear();
    for (auto& [count, same] : by_count) std::ranges::move(same, std::back_inserter(values));
}

}  // namespace

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
        if (counted != by_count.end() && counted->second) sort_by_count(sum.values);
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

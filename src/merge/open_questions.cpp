#include "merge/open_questions.h"

#include <algorithm>
#include <cmath>

#include "json/parse.h"
#include "protocol/text_normal.h"

namespace miroir::merge {
namespace {

constexpr double kSamePlace = 1.0;        // metres
constexpr double kShownDistance = 0.501;  // _geoDistance is rounded to whole metres

bool tie_before(const Hit& a, const Hit& b, std::size_t rules) {
    return a.key.size() >= rules && b.key.size() >= rules && compare(a.key.first(rules), b.key.first(rules)) == 0;
}

bool is_part_of_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

// The words of a text without the rest, one blank behind each.
std::string words_of(std::string_view text) {
    std::string out;
    for (const char c : protocol::plain_word(text)) {
        if (is_part_of_word(c)) out += c;
        else if (!out.empty() && out.back() != ' ') out += ' ';
    }
    if (!out.empty() && out.back() != ' ') out += ' ';
    return out;
}

bool begins_somewhere(const json::Value& value, std::string_view words) {
    if (value.is_string()) return words_of(value.string()).starts_with(words);
    const auto begins = [&](const auto& inner) {
        if constexpr (requires { inner.second; }) return begins_somewhere(inner.second, words);
        else return begins_somewhere(inner, words);
    };
    if (value.is_array()) return std::ranges::any_of(value.array(), begins);
    return value.is_object() && std::ranges::any_of(value.object(), begins);
}

bool shows_beginning(const Hit& hit, std::string_view words) {
    const auto document = json::parse(hit.bytes);
    return document && begins_somewhere(*document, words);
}

// Distances of a run of hits that tie in all rules before, the nearest first, as the nodes tell them: each node that of
// the first of its own. Every hit must lie within a metre of the first of all.
PlacesOpen open_in(std::span<const Hit* const> run, std::size_t place) {
    const bool ascending = run.front()->key[place].ascending;
    const auto told = [&](const Hit* hit) { return ascending ? hit->key[place].number : -hit->key[place].number; };
    std::vector<const Hit*> hits;
    for (const Hit* hit : run) {
        if (hit->key[place].present) hits.push_back(hit);
    }
    std::ranges::sort(hits, {}, told);
    PlacesOpen out = PlacesOpen::No;
    for (std::size_t i = 1, first = 0; i < hits.size(); ++i) {
        const double from_first = told(hits[i]) - told(hits[first]);
        if (from_first > kSamePlace) {
            if (told(hits[i]) - told(hits[i - 1]) <= kSamePlace) return PlacesOpen::Order;
            first = i;
        } else if (from_first != 0) {
            const double own = hits[i]->distance.value_or(HUGE_VAL) * (ascending ? 1 : -1) + kShownDistance;
            if (own - told(hits[first]) > kSamePlace) return PlacesOpen::Order;
            out = PlacesOpen::Shown;
        }
    }
    return out;
}

}  // namespace

std::vector<const Hit*> looked_at(const MergedHits& merged) {
    std::vector<const Hit*> out;
    for (const PickedHit& picked : merged.before) out.push_back(picked.hit);
    for (const PickedHit& picked : merged.page) out.push_back(picked.hit);
    if (merged.behind != nullptr) out.push_back(merged.behind);
    return out;
}

std::vector<const Hit*> all_hits(std::span<const NodeAnswer> answers) {
    std::vector<const Hit*> out;
    for (const PickedHit& picked : hits_in_order(answers)) out.push_back(picked.hit);
    return out;
}

bool beginning_is_open(const std::vector<const Hit*>& hits, std::string_view query, bool ties_only) {
    const std::string words = words_of(query);
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const std::size_t place = place_of(hits[i]->key, RankEntry::Rule::Exactness);
        if (place == hits[i]->key.size() || hits[i]->key[place].number < kMatchTypeWeight) continue;
        const bool tied = (i > 0 && tie_before(*hits[i - 1], *hits[i], place)) ||
                          (i + 1 < hits.size() && tie_before(*hits[i], *hits[i + 1], place));
        if ((tied || !ties_only) && !shows_beginning(*hits[i], words)) return true;
    }
    return false;
}

bool nearness_is_open(const std::vector<const Hit*>& hits, bool ties_only) {
    for (std::size_t i = 1; i < hits.size(); ++i) {
        const std::size_t place = place_of(hits[i]->key, RankEntry::Rule::Proximity);
        if (place == hits[i]->key.size() || tie_before(*hits.front(), *hits[i], place)) continue;
        if (!ties_only || (i > 1 && tie_before(*hits[i - 1], *hits[i], place))) return true;
    }
    return false;
}

PlacesOpen places_are_open(const std::vector<const Hit*>& hits) {
    PlacesOpen out = PlacesOpen::No;
    for (std::size_t place = 0; !hits.empty() && place < hits.front()->key.size(); ++place) {
        if (hits.front()->key[place].shape != RankEntry::Shape::Distance) continue;
        for (std::size_t begin = 0, end = 0; begin < hits.size(); begin = end) {
            for (end = begin + 1; end < hits.size() && tie_before(*hits[begin], *hits[end], place); ++end) {
            }
            if (hits[begin]->key.size() <= place) continue;
            out = std::max(out, open_in(std::span(hits).subspan(begin, end - begin), place));
        }
    }
    return out;
}

}  // namespace miroir::merge

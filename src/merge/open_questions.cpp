#include "merge/open_questions.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

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

bool is_ascii(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The words of a text without the rest, one blank behind each.
std::string words_of(std::string_view text) {
    std::string out;
    const auto take = [&out](std::string_view plain) {
        for (const char c : plain) {
            if (is_part_of_word(lower(c))) out += lower(c);
            else if (!out.empty() && out.back() != ' ') out += ' ';
        }
    };
    if (is_ascii(text)) take(text);
    else take(protocol::plain_word(text));
    if (!out.empty() && out.back() != ' ') out += ' ';
    return out;
}

enum class Begins : std::uint8_t { No, Yes, Unknown };

// words_of(text).starts_with(words) without making them, as far as the text is plain up to there. `text` stands in
// JSON.
Begins begins(std::string_view text, std::string_view words) {
    std::size_t met = 0;
    bool in_word = false;
    for (const char raw : text) {
        if (met == words.size()) return Begins::Yes;
        if (static_cast<unsigned char>(raw) >= 0x80 || raw == '\\') return Begins::Unknown;
        const char c = lower(raw);
        if (!is_part_of_word(c) && !in_word) continue;
        in_word = is_part_of_word(c);
        if ((in_word ? c : ' ') != words[met]) return Begins::No;
        ++met;
    }
    const bool ended = in_word && met + 1 == words.size() && words[met] == ' ';
    return ended || met == words.size() ? Begins::Yes : Begins::No;
}

// Looks through the strings of a document as it was sent, those that are names left aside.
Begins begins_in_text(std::string_view document, std::string_view words) {
    Begins out = Begins::No;
    for (std::size_t at = document.find('"'); at < document.size(); at = document.find('"', at)) {
        const std::size_t first = ++at;
        for (at = document.find_first_of("\"\\", at); at < document.size() && document[at] == '\\';)
            at = document.find_first_of("\"\\", at + 2);
        if (at >= document.size()) return Begins::Unknown;
        const std::string_view text = document.substr(first, at++ - first);
        const std::size_t next = document.find_first_not_of(" \n\t\r", at);
        if (next < document.size() && document[next] == ':') continue;
        const Begins found = begins(text, words);
        if (found == Begins::Yes) return found;
        if (found == Begins::Unknown) out = found;
    }
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
    const Begins plainly = begins_in_text(hit.bytes, words);
    if (plainly != Begins::Unknown) return plainly == Begins::Yes;
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

bool begins_with_query(const Hit& hit) {
    const std::size_t place = place_of(hit.key, RankEntry::Rule::Exactness);
    return place < hit.key.size() && hit.key[place].number >= kMatchTypeWeight;
}

bool beginning_is_open(const std::vector<const Hit*>& hits, std::string_view query, bool ties_only) {
    std::optional<std::string> words;
    for (std::size_t i = 0; i < hits.size(); ++i) {
        const std::size_t place = place_of(hits[i]->key, RankEntry::Rule::Exactness);
        if (place == hits[i]->key.size() || hits[i]->key[place].number < kMatchTypeWeight) continue;
        const bool tied = (i > 0 && tie_before(*hits[i - 1], *hits[i], place)) ||
                          (i + 1 < hits.size() && tie_before(*hits[i], *hits[i + 1], place));
        if (!tied && ties_only) continue;
        if (!words) words = words_of(query);
        if (!shows_beginning(*hits[i], *words)) return true;
    }
    return false;
}

bool nearness_is_open(std::span<const NodeAnswer> answers, const std::vector<const Hit*>& hits, bool ties_only) {
    const auto best_of_node = [&](const Hit& hit) -> const Hit* {
        for (const NodeAnswer& answer : answers) {
            const std::vector<Hit>& own = answer.hits();
            if (!own.empty() && !std::less<>()(&hit, &own.front()) && !std::less<>()(&own.back(), &hit))
                return &own.front();
        }
        return nullptr;
    };
    bool first = true;  // no tie has been seen yet
    for (std::size_t begin = 0, end = 0; begin < hits.size(); begin = end) {
        const Hit& hit = *hits[begin];
        const std::size_t place = place_of(hit.key, RankEntry::Rule::Proximity);
        for (end = begin + 1; end < hits.size() && tie_before(hit, *hits[end], place); ++end) {
        }
        if (place == hit.key.size() || (ties_only && end - begin == 1)) continue;
        for (std::size_t i = begin; i < end; ++i) {
            const Hit* best = best_of_node(*hits[i]);
            if (best == nullptr || tie_before(*best, *hits[i], place) != first) return true;
        }
        first = false;
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

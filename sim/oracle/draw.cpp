#include "sim/oracle/draw.h"

#include <array>
#include <string_view>

namespace miroir::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr std::string_view kWords[] = {
    "red",    "rod",   "read",   "ready",     "hotel",  "hotels",  "motel",    "motor",     "summer", "summers",
    "simmer", "sun",   "flower", "sunflower", "sea",    "seaside", "side",     "the",       "and",    "of",
    "grand",  "grant", "brand",  "palace",    "place",  "places",  "beach",    "peach",     "teach",  "2024",
    "1999",   "x9",    "café",   "river",     "rivers", "liver",   "mountain", "mountains", "green",  "blue"};
constexpr std::string_view kColors[] = {"red", "green", "blue", "Blue", "crimson", "dark red", "10", "7"};
constexpr std::size_t kNumberLikeColors = 2;  // at the end; a node's reply does not tell the text "7" from the number
constexpr std::string_view kTags[] = {"new", "old", "sale", "gift", "rare", "Best Seller"};
constexpr std::string_view kFields[] = {"title", "body", "tags", "color", "maker.name", "note"};
constexpr std::string_view kFacetFields[] = {"color",      "price",      "tags", "rank",
                                             "maker.name", "maker.year", "flag", "mixed"};
constexpr std::string_view kSortFields[] = {"price", "rank", "color", "mixed", "maker.year", "title"};

Array texts(std::initializer_list<std::string_view> names) {
    Array out;
    for (const std::string_view name : names) out.emplace_back(name);
    return out;
}

Value draw_id(Draw& draw, std::uint64_t number, bool as_text) {
    if (!as_text) return number;
    return std::string(1, static_cast<char>('a' + draw.below(26))) + std::to_string(number);
}

Object draw_document(Draw& draw, Value id) {
    Object out;
    out.append("id", std::move(id));
    if (draw.chance(0.9)) out.append("title", draw.words(4));
    if (draw.chance(0.6)) out.append("body", draw.words(12));
    if (draw.chance(0.5)) {
        Array tags;
        for (std::uint64_t n = draw.below(4); n > 0; --n) tags.emplace_back(draw.one_of(kTags));
        out.append("tags", std::move(tags));
    }
    if (draw.chance(0.8)) out.append("color", draw.color());
    if (draw.chance(0.8)) out.append("price", draw.number());
    if (draw.chance(0.9)) out.append("rank", draw.below(4));
    if (draw.chance(0.5)) out.append("mixed", draw.chance(0.5) ? draw.number() : draw.name());
    if (draw.chance(0.5)) out.append("maker", Object{{"name", draw.word()}, {"year", 1990 + draw.below(6)}});
    if (draw.chance(0.3)) out.append("flag", draw.chance(0.5));
    if (draw.chance(0.2)) out.append("note", draw.chance(0.3) ? Value() : Value(draw.words(3)));
    if (draw.chance(0.5)) out.append("_geo", draw.place());
    return out;
}

void add_vector(Draw& draw, Object& document) {
    document.append("_vectors", Object{{"v", draw.chance(0.8) ? Value(draw.vector()) : Value()}});
}

Array draw_rules(Draw& draw) {
    std::vector<std::string> rules = {"words", "typo",         "proximity", "attributeRank",
                                      "sort",  "wordPosition", "exactness"};
    if (draw.chance(0.3)) rules = {"words", "typo", "proximity", "attribute", "sort", "exactness"};
    if (draw.chance(0.3)) std::swap(rules[draw.below(rules.size())], rules[draw.below(rules.size())]);
    if (draw.chance(0.3)) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(draw.below(rules.size())));
    for (std::uint64_t n = draw.below(3); n > 0; --n) {
        std::string rule(draw.one_of(kSortFields));
        rule += draw.chance(0.5) ? ":asc" : ":desc";
        rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(draw.below(rules.size() + 1)), rule);
    }
    return {rules.begin(), rules.end()};
}

void add_text_settings(Draw& draw, Object& out) {
    if (draw.chance(0.4)) {
        Array searchable;
        for (const std::string_view field : kFields) {
            if (draw.chance(0.6)) searchable.emplace_back(field);
        }
        if (!searchable.empty()) out.append("searchableAttributes", std::move(searchable));
    }
    if (draw.chance(0.3)) out.append("stopWords", texts({"the", "and", "of"}));
    if (draw.chance(0.3))
        out.append("synonyms", Object{{"hotel", texts({"motel", "grand palace"})}, {"sea side", texts({"beach"})}});
    if (draw.chance(0.3)) {
        Object typos;
        if (draw.chance(0.3)) typos.append("enabled", false);
        if (draw.chance(0.4))
            typos.append("minWordSizeForTypos",
                         Object{{"oneTypo", 3 + draw.below(3)}, {"twoTypos", 6 + draw.below(3)}});
        if (draw.chance(0.4)) typos.append("disableOnWords", Array{draw.word()});
        if (draw.chance(0.3)) typos.append("disableOnAttributes", texts({"title"}));
        if (draw.chance(0.3)) typos.append("disableOnNumbers", true);
        out.append("typoTolerance", std::move(typos));
    }
    if (draw.chance(0.2)) out.append("proximityPrecision", "byAttribute");
    if (draw.chance(0.15)) out.append("prefixSearch", "disabled");
}

Object draw_settings(Draw& draw) {
    Object out;
    Array filterable;
    for (const std::string_view field : kFacetFields) {
        if (draw.chance(0.9)) filterable.emplace_back(field);
    }
    filterable.emplace_back("_geo");
    out.append("filterableAttributes", std::move(filterable));
    Array sortable = texts({"_geo"});
    for (const std::string_view field : kSortFields) {
        if (draw.chance(0.9)) sortable.emplace_back(field);
    }
    out.append("sortableAttributes", std::move(sortable));
    if (draw.chance(0.6)) out.append("rankingRules", draw_rules(draw));
    if (draw.chance(0.2)) out.append("distinctAttribute", draw.facet_field());
    add_text_settings(draw, out);
    if (draw.chance(0.15)) out.append("displayedAttributes", texts({"id", "title", "color", "maker.name"}));
    if (draw.chance(0.3)) out.append("pagination", Object{{"maxTotalHits", 1 + draw.below(30)}});
    if (draw.chance(0.4)) {
        Object faceting;
        if (draw.chance(0.6)) faceting.append("maxValuesPerFacet", 1 + draw.below(6));
        if (draw.chance(0.6)) faceting.append("sortFacetValuesBy", Object{{draw.chance(0.5) ? "*" : "color", "count"}});
        out.append("faceting", std::move(faceting));
    }
    if (draw.chance(0.4)) out.append("embedders", Object{{"v", Object{{"source", "userProvided"}, {"dimensions", 3}}}});
    return out;
}

}  // namespace

std::string Draw::word() { return std::string(one_of(kWords)); }

std::string Draw::words(std::size_t most) {
    std::string out;
    for (std::uint64_t n = 1 + below(most); n > 0; --n) {
        if (!out.empty()) out += chance(0.1) ? ". " : " ";
        out += word();
    }
    return out;
}

Value Draw::color() { return one_of(kColors); }

Value Draw::name() { return kColors[below(std::size(kColors) - kNumberLikeColors)]; }

Value Draw::number() {
    if (chance(0.1)) return 10.5;
    if (chance(0.05)) return -3;
    return below(12);
}

Object Draw::place() {
    return {{"lat", static_cast<double>(below(5)) * 0.5}, {"lng", static_cast<double>(below(5)) * 0.5}};
}

Array Draw::vector() {
    Array out;
    for (int i = 0; i < 3; ++i) out.emplace_back(static_cast<double>(below(9)) * 0.25 - 1.0 + 0.125);
    return out;
}

std::string Draw::field() { return std::string(one_of(kFields)); }
std::string Draw::facet_field() { return std::string(one_of(kFacetFields)); }
std::string Draw::sort_field() { return std::string(one_of(kSortFields)); }

Story draw_story(SeededRandom random) {
    Draw draw(random);
    Story story;
    story.nodes = 3 + static_cast<std::uint32_t>(draw.below(5));
    story.replicas = 1 + static_cast<std::uint32_t>(draw.below(3));
    constexpr std::uint32_t kShards[] = {1, 3, 8, 16, 64};
    story.shards = draw.one_of(kShards);
    story.settings = draw_settings(draw);
    const bool vectors = story.settings.contains("embedders");
    const bool text_ids = draw.chance(0.5);
    const std::uint64_t count = 3 + draw.below(draw.chance(0.2) ? 120 : 40);
    std::vector<std::uint64_t> numbers(count);
    for (std::uint64_t i = 0; i < count; ++i) numbers[i] = i;
    env::shuffle(random, std::span<std::uint64_t>(numbers));
    const SeededRandom names = random.fork("ids");
    const auto id_of = [&](std::uint64_t number) {
        SeededRandom own = names.fork("id", number);
        Draw letter(own);
        return draw_id(letter, number, text_ids);
    };
    const std::uint64_t parts = 1 + draw.below(3);
    for (std::uint64_t part = 0; part < parts; ++part) {
        Array batch;
        for (std::uint64_t i = part; i < count; i += parts) {
            Object document = draw_document(draw, id_of(numbers[i]));
            if (vectors) add_vector(draw, document);
            batch.emplace_back(std::move(document));
        }
        if (!batch.empty()) story.writes.push_back({.method = "POST", .path = "/documents", .body = std::move(batch)});
    }
    if (draw.chance(0.4)) {
        Array changed;
        for (std::uint64_t n = 1 + draw.below(5); n > 0; --n)
            changed.emplace_back(
                Object{{"id", id_of(draw.below(count))}, {"title", draw.words(4)}, {"rank", draw.below(4)}});
        story.writes.push_back({.method = "PUT", .path = "/documents", .body = std::move(changed)});
    }
    if (draw.chance(0.3)) {
        Array gone;
        for (std::uint64_t n = 1 + draw.below(4); n > 0; --n) gone.push_back(id_of(draw.below(count)));
        story.writes.push_back({.method = "POST", .path = "/documents/delete-batch", .body = std::move(gone)});
    }
    story.keys_first = draw.chance(0.5);
    return story;
}

}  // namespace miroir::sim

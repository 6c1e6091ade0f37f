// Questions: searches most of all, then the other reads.
#include <array>
#include <string_view>

#include "sim/oracle/draw.h"

namespace miroir::sim {
namespace {

using json::Array;
using json::Object;
using json::Value;

std::string draw_text(Draw& draw) {
    std::string out = draw.words(draw.chance(0.5) ? 1 : 4);
    if (draw.chance(0.3)) out.pop_back();  // a prefix, or a typo amid the words
    if (draw.chance(0.15) && out.size() > 3) out[out.size() / 2] = 'x';
    if (draw.chance(0.15)) out = "\"" + out + "\"" + (draw.chance(0.5) ? " " + draw.word() : "");
    if (draw.chance(0.1)) out += " -" + draw.word();
    if (draw.chance(0.1)) out += " ";
    return out;
}

std::string literal(Draw& draw) {
    if (draw.chance(0.5)) return std::to_string(draw.below(12));
    return "\"" + draw.color().string() + "\"";
}

std::string draw_condition(Draw& draw) {
    const std::string field = draw.facet_field();
    switch (draw.below(9)) {
        case 0: return field + " = " + literal(draw);
        case 1: return field + " != " + literal(draw);
        case 2: return field + " > " + std::to_string(draw.below(10));
        case 3: return field + " IN [" + literal(draw) + ", " + literal(draw) + "]";
        case 4: return field + " EXISTS";
        case 5: return field + (draw.chance(0.5) ? " IS EMPTY" : " IS NULL");
        case 6: return "_geoRadius(1.0, 1.0, " + std::to_string(10000 + draw.below(150000)) + ")";
        case 7: return field + " CONTAINS \"e\"";
        default: return field + " " + std::to_string(draw.below(4)) + " TO " + std::to_string(4 + draw.below(8));
    }
}

Value draw_filter(Draw& draw) {
    if (draw.chance(0.3)) return Array{draw_condition(draw), Array{draw_condition(draw), draw_condition(draw)}};
    std::string out = draw_condition(draw);
    for (std::uint64_t n = draw.below(3); n > 0; --n)
        out += (draw.chance(0.5) ? " AND " : " OR NOT ") + draw_condition(draw);
    return out;
}

Array draw_sort(Draw& draw) {
    Array out;
    for (std::uint64_t n = 1 + draw.below(2); n > 0; --n) {
        const std::string by = draw.chance(0.25) ? "_geoPoint(0.7, 1.1)" : draw.sort_field();
        out.emplace_back(by + (draw.chance(0.5) ? ":asc" : ":desc"));
    }
    return out;
}

Array draw_fields(Draw& draw) {
    if (draw.chance(0.3)) return {"*"};
    return {draw.field(), draw.field()};
}

void draw_page(Draw& draw, Object& query) {
    if (draw.chance(0.3)) {
        query.append("page", draw.below(5));
        if (draw.chance(0.7)) query.append("hitsPerPage", draw.below(8));
        return;
    }
    if (draw.chance(0.6)) query.append("limit", draw.below(12));
    if (draw.chance(0.3)) query.append("offset", draw.below(20));
}

void draw_hybrid(Draw& draw, const Story& story, Object& query) {
    if (!story.settings.contains("embedders") || !draw.chance(0.3)) return;
    constexpr double kRatios[] = {0.0, 0.3, 0.5, 0.9, 1.0};
    query.append("hybrid", Object{{"embedder", "v"}, {"semanticRatio", draw.one_of(kRatios)}});
    query.append("vector", draw.vector());
}

Object draw_search(Draw& draw, const Story& story) {
    Object out;
    if (draw.chance(0.8)) out.append("q", draw_text(draw));
    draw_page(draw, out);
    if (draw.chance(0.35)) out.append("filter", draw_filter(draw));
    if (draw.chance(0.3)) out.append("sort", draw_sort(draw));
    if (draw.chance(0.2)) out.append("distinct", draw.facet_field());
    if (draw.chance(0.35))
        out.append("facets", draw.chance(0.2) ? Array{"*"} : Array{draw.facet_field(), draw.facet_field()});
    constexpr std::string_view kStrategies[] = {"last", "all", "frequency"};
    if (draw.chance(0.4)) out.append("matchingStrategy", draw.one_of(kStrategies));
    if (draw.chance(0.1)) out.append("rankingScoreThreshold", static_cast<double>(draw.below(11)) / 10);
    if (draw.chance(0.1)) out.append("attributesToSearchOn", Array{draw.field()});
    if (draw.chance(0.2)) out.append("attributesToRetrieve", draw_fields(draw));
    if (draw.chance(0.15)) out.append("attributesToHighlight", draw_fields(draw));
    if (draw.chance(0.1)) out.append("attributesToCrop", draw_fields(draw)), out.append("cropLength", 3);
    if (draw.chance(0.1)) out.append("showMatchesPosition", true);
    if (draw.chance(0.2)) out.append("showRankingScore", true);
    if (draw.chance(0.15)) out.append("showRankingScoreDetails", true);
    draw_hybrid(draw, story, out);
    return out;
}

Object draw_listing(Draw& draw) {
    Object out;
    if (draw.chance(0.6)) out.append("limit", draw.below(30));
    if (draw.chance(0.4)) out.append("offset", draw.below(30));
    if (draw.chance(0.4)) out.append("filter", draw_filter(draw));
    if (draw.chance(0.4)) out.append("sort", draw_sort(draw));
    if (draw.chance(0.3)) out.append("fields", Array{"id", draw.field()});
    return out;
}

Object draw_facet_search(Draw& draw) {
    Object out{{"facetName", draw.facet_field()}};
    if (draw.chance(0.7)) out.append("facetQuery", draw.chance(0.5) ? draw.word().substr(0, 2) : draw.color().string());
    if (draw.chance(0.3)) out.append("q", draw_text(draw));
    if (draw.chance(0.3)) out.append("filter", draw_filter(draw));
    if (draw.chance(0.3)) out.append("exhaustiveFacetCount", draw.chance(0.5));
    return out;
}

Object draw_federation(Draw& draw, const Story& story) {
    Object federation;
    draw_page(draw, federation);
    if (draw.chance(0.4)) federation.append("facetsByIndex", Object{{"i", Array{draw.facet_field()}}});
    if (draw.chance(0.2)) federation.append("mergeFacets", Object{{"maxValuesPerFacet", 1 + draw.below(5)}});
    if (draw.chance(0.15)) federation.append("distinct", draw.facet_field());
    Array queries;
    for (std::uint64_t n = 1 + draw.below(3); n > 0; --n) {
        Object query = draw_search(draw, story);
        for (const char* name : {"page", "hitsPerPage", "limit", "offset", "facets"}) query.erase(name);
        query.append("indexUid", "i");
        if (draw.chance(0.5))
            query.append("federationOptions", Object{{"weight", static_cast<double>(draw.below(5)) / 2}});
        queries.emplace_back(std::move(query));
    }
    return {{"federation", std::move(federation)}, {"queries", std::move(queries)}};
}

Object draw_multi_search(Draw& draw, const Story& story) {
    Array queries;
    for (std::uint64_t n = 1 + draw.below(3); n > 0; --n) {
        Object query = draw_search(draw, story);
        query.append("indexUid", "i");
        queries.emplace_back(std::move(query));
    }
    return {{"queries", std::move(queries)}};
}

}  // namespace

Question draw_question(SeededRandom random, const Story& story) {
    Draw draw(random);
    const std::uint64_t kind = draw.below(100);
    if (kind < 70) return {.method = "POST", .path = "/indexes/i/search", .body = draw_search(draw, story)};
    if (kind < 80) return {.method = "POST", .path = "/indexes/i/documents/fetch", .body = draw_listing(draw)};
    if (kind < 87) return {.method = "POST", .path = "/indexes/i/facet-search", .body = draw_facet_search(draw)};
    if (kind < 92) return {.method = "POST", .path = "/multi-search", .body = draw_multi_search(draw, story)};
    if (kind < 97 || !story.settings.contains("embedders"))
        return {.method = "POST", .path = "/multi-search", .body = draw_federation(draw, story)};
    Object similar{{"id", draw.below(20)}, {"embedder", "v"}, {"limit", draw.below(10)}};
    if (draw.chance(0.3)) similar.append("filter", draw_filter(draw));
    if (draw.chance(0.5)) similar.append("showRankingScore", true);
    return {.method = "POST", .path = "/indexes/i/similar", .body = std::move(similar)};
}

}  // namespace miroir::sim

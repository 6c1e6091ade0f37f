// Whatever a node answers, the worst is that its answer counts for nothing: each member of good answers is replaced by
// each kind of nonsense, left out, or cut.
#include <gtest/gtest.h>

#include "json/parse.h"
#include "json/write.h"
#include "merge/document_merge.h"
#include "merge/facet_hits.h"
#include "merge/hit_bytes.h"
#include "merge/node_answer.h"

namespace miroir::merge {
namespace {

using json::Value;

constexpr std::string_view kSearch = R"({"hits":[
 {"id":1,"title":"a","tags":["x",{"y":1.5}],"_formatted":{"title":"a"},"_matchesPosition":{"title":[{"start":0,"length":1}]},
  "_geoDistance":7,"_rankingScore":0.5,"_rankingScoreDetails":{
   "words":{"order":0,"matchingWords":2,"maxMatchingWords":3,"score":0.6},
   "typo":{"order":1,"typoCount":1,"maxTypoCount":4,"score":0.75},
   "proximity":{"order":2,"score":0.5},"size:desc":{"order":3,"value":12},
   "_geoPoint(1.0, 2.0):asc":{"order":4,"value":{"lat":1.0,"lng":2.0},"distance":7.25},
   "exactness":{"order":5,"matchType":"noExactMatch","matchingWords":1,"maxMatchingWords":2,"score":0.3},
   "_miroir_order:asc":{"order":6,"value":"!!!"}}},
 {"id":2,"_rankingScore":0.25,"_rankingScoreDetails":{"vectorSort":{"order":0,"similarity":0.25},
   "_miroir_order:asc":{"order":1,"value":"!!,"}}}],
 "query":"x","processingTimeMs":3,"limit":20,"offset":0,"estimatedTotalHits":7,"queryVector":[0.5,[1,2]],
 "facetDistribution":{"color":{"red":3}},"facetStats":{"size":{"min":1.0,"max":2.0}},"semanticHitCount":1})";

const AnswerWish kWish{.distinct_field = "tags", .hits_max = 20, .ranked = true, .facets = true};

// Members that nothing here relies on: what is in them reaches the client as it is, or nobody.
bool is_indifferent(const std::string& path) {
    constexpr std::string_view kNames[] = {
        "/hits/0/id",        "/hits/1/id", "/hits/0/title", "/hits/0/tags",        "/query",
        "/processingTimeMs", "/limit",     "/offset",       "/hits/0/_formatted/", "/hits/0/_matchesPosition/"};
    return path.ends_with("exactness/maxMatchingWords") ||
           std::ranges::any_of(kNames, [&](std::string_view name) { return path.starts_with(name); }) ||
           path.ends_with("/order") || path.find("/value/l") != std::string::npos;
}

// Every place of a value, the root left out.
void add_paths(const Value& value, const std::string& at, std::vector<std::string>& out) {
    if (!at.empty()) out.push_back(at);
    if (value.is_array())
        for (std::size_t i = 0; i < value.array().size(); ++i)
            add_paths(value.array()[i], at + "/" + std::to_string(i), out);
    if (value.is_object())
        for (const json::Member& member : value.object()) add_paths(member.second, at + "/" + member.first, out);
}

// The value with another one at the place, or with nothing there.
Value changed(const Value& value, const std::string& at, const std::string& place, const Value* other) {
    if (value.is_array()) {
        json::Array out;
        for (std::size_t i = 0; i < value.array().size(); ++i) {
            const std::string here = at + "/" + std::to_string(i);
            if (here != place) out.push_back(changed(value.array()[i], here, place, other));
            else if (other != nullptr) out.push_back(*other);
        }
        return out;
    }
    if (!value.is_object()) return value;
    json::Object out;
    for (const json::Member& member : value.object()) {
        const std::string here = at + "/" + member.first;
        if (here != place) out.append(member.first, changed(member.second, here, place, other));
        else if (other != nullptr) out.append(member.first, *other);
    }
    return out;
}

std::vector<Value> nonsense() {
    return {Value(),
            Value(true),
            Value(-1),
            Value(1.5),
            Value("x"),
            Value(""),
            Value(json::Array{}),
            Value(json::Object{}),
            Value(std::uint64_t{UINT64_MAX})};
}

// What the client would see of it.
bool is_harmless(const Result<NodeAnswer>& answer) {
    if (!answer) return true;
    std::string out;
    for (const Hit& hit : answer->hits()) {
        out.clear();
        if (!is_sound(hit.bytes)) continue;  // nobody will be shown it
        if (!append_hit(out, hit.bytes, {.score = true, .details = true, .drop_field = "", .insert = {}}) ||
            !json::parse(out))
            return false;
    }
    return answer->query_vector().empty() || json::parse(answer->query_vector());
}

std::string kind_of(const Value& value) {
    return value.is_null()     ? "null"
           : value.is_bool()   ? "bool"
           : value.is_number() ? "number"
           : value.is_string() ? "text"
           : value.is_array()  ? "list"
                               : "object";
}

const Value& at(const Value& value, std::string_view path) {
    if (path.empty()) return value;
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view name = path.substr(1, end - 1);
    const Value& inner =
        value.is_array() ? value.array()[static_cast<std::size_t>(name[0] - '0')] : *value.find(std::string(name));
    return at(inner, path.substr(end));
}

TEST(BadAnswers, NoMemberOfAnotherKindIsTaken) {
    const Value good = json::parse(kSearch).value();
    ASSERT_TRUE(NodeAnswer::read(json::to_text(good), kWish).has_value());
    std::vector<std::string> paths;
    add_paths(good, "", paths);
    for (const std::string& path : paths) {
        for (const Value& other : nonsense()) {
            const auto answer = NodeAnswer::read(json::to_text(changed(good, "", path, &other)), kWish);
            EXPECT_TRUE(is_harmless(answer)) << path << " = " << json::to_text(other);
            const bool sorted_by =
                path.ends_with("/value") || path.ends_with("/distance") || path.ends_with("similarity");
            const bool may = is_indifferent(path) || kind_of(other) == kind_of(at(good, path)) ||
                             (sorted_by && (other.is_null() || other.is_string() || other.is_number() ||
                                            other.is_bool() || other.is_array() || other.is_object()));
            if (!may) EXPECT_FALSE(answer.has_value()) << path << " = " << json::to_text(other);
        }
    }
}

TEST(BadAnswers, NumbersThatCannotBeAreNotTaken) {
    const Value good = json::parse(kSearch).value();
    for (const char* path : {"/estimatedTotalHits", "/semanticHitCount", "/facetDistribution/color/red"}) {
        for (const Value& other : {Value(-1), Value(1.5), Value(std::uint64_t{UINT64_MAX}), Value(5'000'000'000)})
            EXPECT_FALSE(NodeAnswer::read(json::to_text(changed(good, "", path, &other)), kWish)) << path;
    }
    for (const std::string bad : {"1e400", "-1e400", "NaN", "Infinity", "01", "1.", "0x1", "--1"}) {
        std::string body(kSearch);
        body.replace(body.find("0.75"), 4, bad);
        EXPECT_FALSE(NodeAnswer::read(body, kWish)) << bad;
    }
}

TEST(BadAnswers, WhatWasAskedForMustBeThere) {
    const Value good = json::parse(kSearch).value();
    for (const char* path : {"/hits", "/estimatedTotalHits", "/facetDistribution", "/hits/0/_rankingScore",
                             "/hits/1/_rankingScoreDetails", "/hits/0/_rankingScoreDetails/_miroir_order:asc"})
        EXPECT_FALSE(NodeAnswer::read(json::to_text(changed(good, "", path, nullptr)), kWish)) << path;
    AnswerWish one = kWish;
    one.hits_max = 1;
    EXPECT_FALSE(NodeAnswer::read(std::string(kSearch), one));  // more than asked for
    EXPECT_FALSE(NodeAnswer::read(std::string(kSearch) + "}", kWish));
    EXPECT_FALSE(NodeAnswer::read(std::string(kSearch) + " 7", kWish));
}

TEST(BadAnswers, ADeadlineOfTheNodeIsNoFault) {
    const std::string hit =
        R"({"hits":[{"_rankingScore":0.5,"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1,"score":1.0},)"
        R"("skipped":{"order":1}}}],"estimatedTotalHits":1})";
    EXPECT_TRUE(NodeAnswer::read(hit, {.ranked = true}));
}

TEST(BadAnswers, NoByteMakesHarm) {
    const std::string good(kSearch);
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const char other : {'\0', '"', '{', '}', '[', ']', ',', ':', '\\', 'x', '9', '-', '\xff'}) {
            std::string body = good;
            body[i] = other;
            EXPECT_TRUE(is_harmless(NodeAnswer::read(body, kWish))) << i << ' ' << other;
        }
        EXPECT_FALSE(NodeAnswer::read(good.substr(0, i), kWish).has_value()) << i;
    }
}

constexpr std::string_view kDocuments =
    R"({"results":[{"id":1,"tags":[1],"_federation":{"weightedScoreValues":[{"sort":{"asc":true,"value":3}},)"
    R"({"sort":{"asc":true,"value":"!!!"}}]}}],"offset":0,"limit":20,"total":1})";

TEST(BadAnswers, ListsOfDocuments) {
    const Value good = json::parse(kDocuments).value();
    ASSERT_TRUE(DocumentsAnswer::read(std::string(kDocuments), 1).has_value());
    EXPECT_FALSE(DocumentsAnswer::read(std::string(kDocuments), 0).has_value());
    for (const char* path : {"/results", "/total", "/results/0/_federation"})
        EXPECT_FALSE(DocumentsAnswer::read(json::to_text(changed(good, "", path, nullptr)))) << path;
    for (const char* path : {"/results", "/total", "/results/0", "/results/0/_federation"}) {
        for (const Value& other : nonsense()) {
            if (kind_of(other) == kind_of(at(good, path)) && path != std::string_view("/total")) continue;
            EXPECT_FALSE(DocumentsAnswer::read(json::to_text(changed(good, "", path, &other))))
                << path << " = " << json::to_text(other);
        }
    }
    for (std::size_t i = 0; i < kDocuments.size(); ++i)
        EXPECT_FALSE(DocumentsAnswer::read(std::string(kDocuments.substr(0, i)))) << i;
    std::string broken(kDocuments);
    broken.replace(broken.find("[1]"), 3, "[,]");
    EXPECT_FALSE(DocumentsAnswer::read(broken));
}

TEST(BadAnswers, FacetHits) {
    FacetHits hits;
    for (const char* bad :
         {"", "[]", "{}", R"({"facetHits":{}})", R"({"facetHits":[7]})", R"({"facetHits":[{"value":1,"count":1}]})",
          R"({"facetHits":[{"value":"a","count":-1}]})", R"({"facetHits":[{"value":"a","count":5000000000}]})",
          R"({"facetHits":[{"value":"b","count":1},{"value":"a","count":1.5}]})"})
        EXPECT_FALSE(hits.add(bad)) << bad;
    EXPECT_TRUE(hits.shown(true, 10).empty());  // nothing of an answer that is refused counts
}

}  // namespace
}  // namespace miroir::merge

// Plays recorded searches over a recorded corpus against the engine of the embedded node and says, kind by kind, how
// many come out in the recorded order, with the recorded totals and score details.
//
//   node_ranking_exam DIRECTORY [-v]      DIRECTORY holds corpus.json.gz, settings.json and cases.jsonl.gz
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "bench/node/exam_settings.h"
#include "bench/node/gzip_file.h"
#include "json/write.h"
#include "node/search/keyword_search.h"

namespace {

namespace json = miroir::json;
namespace node = miroir::node;
namespace protocol = miroir::protocol;

struct Tally {
    int cases = 0, order = 0, totals = 0, details = 0;
};

node::Index load(const std::string& directory) {
    std::ifstream file(directory + "/settings.json");
    std::stringstream settings;
    settings << file.rdbuf();
    node::Index index;
    index.set_primary_key("id");
    if (auto set = index.set_settings(settings_of(settings.str())); !set) throw std::runtime_error(set.error().message);
    auto corpus = json::parse(read_gzip_file(directory + "/corpus.json.gz"));
    std::vector<node::Operation> operations;
    for (json::Value& document : corpus->array()) {
        const std::string key = key_text(*document.find("id"));
        operations.push_back({.external_id = key, .document = std::move(document.object())});
    }
    if (auto applied = index.apply(std::move(operations)); !applied) throw std::runtime_error(applied.error().message);
    return index;
}

node::SortCriterion criterion_of(const std::string& text) {
    const auto colon = text.rfind(':');
    node::SortCriterion criterion{.field = text.substr(0, colon), .ascending = text.substr(colon + 1) == "asc"};
    if (text.starts_with("_geoPoint(")) {
        node::GeoPoint point;
        std::sscanf(text.c_str(), "_geoPoint(%lf,%lf)", &point.lat, &point.lng);
        criterion.point = point;
    }
    return criterion;
}

// What the engine of words can answer alone; nullopt: the case needs filters, facets or vectors.
std::optional<node::KeywordRequest> request_of(const json::Value& body) {
    for (const char* other : {"filter", "vector", "hybrid"}) {
        if (body.find(other) != nullptr) return std::nullopt;
    }
    node::KeywordRequest request;
    const auto number = [&](const char* name, std::size_t otherwise) {
        const json::Value* value = body.find(name);
        return value == nullptr ? otherwise : static_cast<std::size_t>(value->unsigned_integer());
    };
    if (const json::Value* q = body.find("q"); q != nullptr && q->is_string()) request.query = q->string();
    request.limit = number("limit", 10);
    request.offset = number("offset", 0);
    if (body.find("page") != nullptr || body.find("hitsPerPage") != nullptr) {
        request.exhaustive = true;
        request.limit = number("hitsPerPage", 20);
        request.offset = (number("page", 1) - 1) * request.limit;
    }
    if (const json::Value* strategy = body.find("matchingStrategy")) {
        if (strategy->string() == "all") request.strategy = node::MatchingStrategy::All;
        if (strategy->string() == "frequency") request.strategy = node::MatchingStrategy::Frequency;
    }
    if (const json::Value* sort = body.find("sort")) {
        for (const json::Value& text : sort->array()) request.sort.push_back(criterion_of(text.string()));
    }
    if (const json::Value* distinct = body.find("distinct")) request.distinct = distinct->string();
    if (const json::Value* threshold = body.find("rankingScoreThreshold")) request.threshold = threshold->number();
    return request;
}

bool nearly(const json::Value& a, const json::Value& b) {
    if (a.is_number() && b.is_number()) {
        return std::abs(a.number() - b.number()) <= 1e-6 * std::max(1.0, std::abs(a.number()));
    }
    if (!a.is_object() || !b.is_object()) return a == b;
    if (a.object().size() != b.object().size()) return false;
    for (const json::Member& member : a.object()) {
        const json::Value* other = b.find(member.first);
        if (other == nullptr || !nearly(member.second, *other)) return false;
    }
    return true;
}

void judge(const node::Index& index, const json::Value& body, const json::Value& recorded, Tally& tally, bool verbose) {
    const auto request = request_of(body);
    if (!request) return;
    ++tally.cases;
    const auto outcome = node::keyword_search(index, *request);
    if (!outcome) return;
    std::vector<std::string> expected;
    for (const json::Value& hit : recorded.find("hits")->array()) expected.push_back(key_text(*hit.find("id")));
    std::vector<std::string> found;
    for (const node::DocId id : outcome->ids) found.push_back(index.external_id(id));
    const bool order = found == expected;
    const json::Value* total = recorded.find(request->exhaustive ? "totalHits" : "estimatedTotalHits");
    const bool totals = total != nullptr && total->unsigned_integer() == outcome->candidates.cardinality();
    bool details = order;
    for (std::size_t i = 0; details && i < found.size(); ++i) {
        const json::Value& hit = recorded.find("hits")->array()[i];
        const json::Value shown = protocol::to_json(outcome->scores[i], protocol::AttributeShape::Separated);
        details = nearly(*hit.find("_rankingScoreDetails"), shown) &&
                  std::abs(hit.find("_rankingScore")->number() - protocol::global_score(outcome->scores[i])) < 1e-6;
        if (!details && verbose) {
            std::printf("  details of %s\n    want %s\n    got  %s\n", found[i].c_str(),
                        json::to_text(*hit.find("_rankingScoreDetails")).c_str(), json::to_text(shown).c_str());
        }
    }
    tally.order += order;
    tally.totals += totals;
    tally.details += details;
    if (!verbose || (order && totals && details)) return;
    std::printf("%s%s%s %s\n", order ? "" : "order ", totals ? "" : "totals ", details ? "" : "details ",
                json::to_text(body).c_str());
    const auto row = [](const char* name, const std::vector<std::string>& ids) {
        std::printf("  %s", name);
        for (const std::string& id : ids) std::printf(" %s", id.c_str());
        std::printf("\n");
    };
    if (!order) {
        row("want", expected);
        row("got ", found);
    }
    if (!totals) std::printf("  got %llu\n", static_cast<unsigned long long>(outcome->candidates.cardinality()));
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "usage: node_ranking_exam DIRECTORY [-v]\n");
        return 2;
    }
    const std::string directory = arguments[1];
    const node::Index index = load(directory);
    std::map<std::string, Tally> tallies;
    Tally all;
    std::stringstream cases(read_gzip_file(directory + "/cases.jsonl.gz"));
    for (std::string line; std::getline(cases, line);) {
        const auto one = json::parse(line);
        const std::string& kind = one->find("kind")->string();
        judge(index, *one->find("request"), *one->find("single"), tallies[kind], count > 2);
    }
    std::printf("%-12s %5s %5s %6s %7s\n", "kind", "cases", "order", "totals", "details");
    for (const auto& [kind, tally] : tallies) {
        if (tally.cases == 0) continue;
        std::printf("%-12s %5d %5d %6d %7d\n", kind.c_str(), tally.cases, tally.order, tally.totals, tally.details);
        all.cases += tally.cases;
        all.order += tally.order;
        all.totals += tally.totals;
        all.details += tally.details;
    }
    std::printf("%-12s %5d %5d %6d %7d\n", "all", all.cases, all.order, all.totals, all.details);
    return all.order * 100 >= all.cases * 85 && all.totals * 100 >= all.cases * 90 ? 0 : 1;
}

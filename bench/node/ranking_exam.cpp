// Plays recorded searches over a recorded corpus against the embedded node's engine and says, kind by kind, how
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
#include "node/retrieve/search.h"
#include "protocol/query/search_query.h"

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

// As the cases were recorded: ten hits where the request names no number, scores and their details shown.
json::Value asked(json::Value body) {
    const bool pages = body.find("page") != nullptr || body.find("hitsPerPage") != nullptr;
    if (!pages && body.find("limit") == nullptr) body["limit"] = 10;
    body["showRankingScore"] = true;
    body["showRankingScoreDetails"] = true;
    return body;
}

std::vector<std::string> ids_of(const json::Value& reply) {
    std::vector<std::string> ids;
    for (const json::Value& hit : reply.find("hits")->array()) ids.push_back(key_text(*hit.find("id")));
    return ids;
}

std::optional<json::Value> total_of(const json::Value& reply) {
    for (const char* name : {"totalHits", "estimatedTotalHits"}) {
        if (const json::Value* total = reply.find(name)) return *total;
    }
    return std::nullopt;
}

void print_ids(const char* name, const std::vector<std::string>& ids) {
    std::printf("  %s", name);
    for (const std::string& id : ids) std::printf(" %s", id.c_str());
    std::printf("\n");
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
    ++tally.cases;
    const auto query = protocol::parse_search_query(asked(body));
    if (!query) throw std::runtime_error(query.error().message);
    const node::ReadContext context{.find_index = [&](std::string_view) { return &index; }};
    const auto reply = node::search("exam", *query, context);
    if (!reply) throw std::runtime_error(reply.error().message);
    const std::vector<std::string> expected = ids_of(recorded);
    const std::vector<std::string> found = ids_of(*reply);
    const bool order = found == expected;
    const bool totals = total_of(recorded) == total_of(*reply);
    bool details = order;
    for (std::size_t i = 0; details && i < found.size(); ++i) {
        const json::Value& want = recorded.find("hits")->array()[i];
        const json::Value& got = reply->find("hits")->array()[i];
        details = nearly(*want.find("_rankingScoreDetails"), *got.find("_rankingScoreDetails")) &&
                  nearly(*want.find("_rankingScore"), *got.find("_rankingScore"));
    }
    tally.order += order;
    tally.totals += totals;
    tally.details += details;
    if (!verbose || (order && totals && details)) return;
    std::printf("%s%s%s%s\n", order ? "" : "order ", totals ? "" : "totals ", details ? "" : "details ",
                json::to_text(body).c_str());
    if (order) return;
    print_ids("want", expected);
    print_ids("got ", found);
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
        std::printf("%-12s %5d %5d %6d %7d\n", kind.c_str(), tally.cases, tally.order, tally.totals, tally.details);
        all.cases += tally.cases;
        all.order += tally.order;
        all.totals += tally.totals;
        all.details += tally.details;
    }
    std::printf("%-12s %5d %5d %6d %7d\n", "all", all.cases, all.order, all.totals, all.details);
    return all.order * 100 >= all.cases * 85 && all.totals * 100 >= all.cases * 90 ? 0 : 1;
}

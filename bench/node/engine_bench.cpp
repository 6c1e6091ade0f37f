// How fast the engine of the embedded node takes documents in and answers: ingestion on one thread, keyword search
// over eight times the corpus, memory against the size of the JSON.
//
//   node_engine_bench DIRECTORY      DIRECTORY holds corpus.json.gz, settings.json and cases.jsonl.gz
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>

#include "bench/node/exam_settings.h"
#include "bench/node/gzip_file.h"
#include "json/write.h"
#include "node/search/keyword_search.h"

namespace {

namespace json = miroir::json;
namespace node = miroir::node;

// Time of the processor, so that what else the machine does is left out.
struct Clock {
    using time_point = std::clock_t;
    static time_point now() { return std::clock(); }
};

constexpr std::size_t kCopies = 8;
constexpr std::size_t kBatch = 1000;

double seconds_since(Clock::time_point start) { return static_cast<double>(Clock::now() - start) / CLOCKS_PER_SEC; }

// The corpus several times over, as payloads of a thousand documents with ids of their own.
std::vector<std::string> payloads_of(const std::string& directory) {
    const auto corpus = json::parse(read_gzip_file(directory + "/corpus.json.gz"));
    std::vector<std::string> payloads;
    json::Array batch;
    for (std::size_t copy = 0; copy < kCopies; ++copy) {
        for (const json::Value& document : corpus->array()) {
            batch.push_back(document);
            batch.back()["id"] = std::to_string(copy) + "-" + key_text(*document.find("id"));
            if (batch.size() < kBatch) continue;
            payloads.push_back(json::to_text(json::Value(std::move(batch))));
            batch = {};
        }
    }
    return payloads;
}

std::size_t ingest(node::Index& index, const std::string& payload) {
    auto documents = json::parse(payload);
    std::vector<node::Operation> operations;
    for (json::Value& document : documents->array()) {
        const std::string key = key_text(*document.find("id"));
        operations.push_back({.external_id = key, .document = std::move(document.object())});
    }
    const std::size_t count = operations.size();
    if (auto applied = index.apply(std::move(operations)); !applied) throw std::runtime_error(applied.error().message);
    return count;
}

std::vector<std::string> queries_of(const std::string& directory) {
    std::vector<std::string> queries;
    std::stringstream cases(read_gzip_file(directory + "/cases.jsonl.gz"));
    for (std::string line; std::getline(cases, line);) {
        const auto one = json::parse(line);
        if (one->find("kind")->string() != "keyword") continue;
        queries.push_back(one->find("request")->find("q")->string());
    }
    return queries;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::fprintf(stderr, "usage: node_engine_bench DIRECTORY\n");
        return 2;
    }
    const std::string directory = arguments[1];
    const std::vector<std::string> payloads = payloads_of(directory);
    std::size_t bytes = 0;
    for (const std::string& payload : payloads) bytes += payload.size();
    std::ifstream file(directory + "/settings.json");
    std::stringstream settings;
    settings << file.rdbuf();

    malloc_trim(0);
    const std::size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    node::Index index;
    index.set_primary_key("id");
    if (!index.set_settings(settings_of(settings.str()))) return 1;
    auto start = Clock::now();
    std::size_t documents = 0;
    for (const std::string& payload : payloads) documents += ingest(index, payload);
    const double took = seconds_since(start);
    const std::size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    std::printf("ingest   %zu documents in %.2f s: %.0f a second\n", documents, took,
                static_cast<double>(documents) / took);
    std::printf("memory   %.1f MB, %.1f times the JSON\n", static_cast<double>(after - before) / 1e6,
                static_cast<double>(after - before) / static_cast<double>(bytes));

    std::vector<double> times;
    for (int round = 0; round < 3; ++round) {
        for (const std::string& query : queries_of(directory)) {
            node::KeywordRequest request{.query = query};
            start = Clock::now();
            if (!node::keyword_search(index, request)) return 1;
            times.push_back(seconds_since(start) * 1000);
        }
    }
    std::ranges::sort(times);
    std::printf("search   p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, worst %.2f ms\n", times[times.size() / 2],
                times[times.size() * 9 / 10], times[times.size() * 99 / 100], times.back());

    std::vector<std::string> lines;
    index.save([&](std::string_view line) { lines.emplace_back(line); });
    start = Clock::now();
    std::size_t at = 0;
    const auto restored = node::Index::restore([&]() -> std::optional<std::string_view> {
        if (at == lines.size()) return std::nullopt;
        return lines[at++];
    });
    std::printf("restore  %zu documents in %.2f s\n", restored ? restored->document_count() : 0, seconds_since(start));
    return 0;
}

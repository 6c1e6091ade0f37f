// Merging the answers of three nodes, from the bytes of their replies to the bytes of ours: 3 x 1,000 hits with score
// details, 2 MB in all. The budget: less than 3 ms. The parts are measured alone as well.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "cluster/reserved.h"
#include "merge/search_merge.h"
#include "merge/search_reply.h"

namespace {

using namespace miroir;

constexpr std::size_t kNodes = 3;
constexpr std::size_t kHits = 1'000;

// Scores fall slowly and repeat, so that the merge has to look at the order rule of many ties.
std::string hit_of(std::size_t node, std::size_t rank) {
    const std::size_t place = rank * kNodes + node;
    const double exactness = 1.0 - static_cast<double>(place / 16) / 200.0;
    const std::string number = std::to_string(place);
    const std::string shard = cluster::shard_label(ShardId{static_cast<std::uint32_t>(place % 64)});
    const std::string stamp = cluster::stamp_text(1'700'000'000'000'000 + place);
    return R"({"id":)" + number + R"(,"name":"package-)" + number +
           R"(","section":"games","maintainer":"Somebody Who Keeps It","summary":"A library of routines that does what its name says, )" +
           R"(and a little more for those who read the manual to its end","size":)" +
           std::to_string(place * 37 % 90'000) + R"(,"_miroir_shard":")" + shard + R"(","_miroir_order":")" + stamp +
           R"(","_rankingScore":)" + std::to_string(0.9 + exactness / 10) +
           R"(,"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1,"maxMatchingWords":1,"score":1.0},)"
           R"("typo":{"order":1,"typoCount":0,"maxTypoCount":1,"score":1.0},"proximity":{"order":2,"score":1.0},)"
           R"("attributeRank":{"order":3,"score":1.0},"wordPosition":{"order":4,"score":1.0},)"
           R"("exactness":{"order":5,"matchType":"noExactMatch","matchingWords":0,"maxMatchingWords":1,"score":)" +
           std::to_string(exactness) + R"(},"_miroir_order:asc":{"order":6,"value":")" + stamp + R"("}}})";
}

std::vector<std::string> replies() {
    std::vector<std::string> out;
    for (std::size_t node = 0; node < kNodes; ++node) {
        std::string text = R"({"hits":[)";
        for (std::size_t rank = 0; rank < kHits; ++rank) text += (rank == 0 ? "" : ",") + hit_of(node, rank);
        out.push_back(text +
                      R"(],"query":"library","processingTimeMs":3,"limit":1000,"offset":0,"estimatedTotalHits":2500})");
    }
    return out;
}

std::vector<merge::NodeAnswer> read(benchmark::State& state, std::vector<std::string> bodies) {
    std::vector<merge::NodeAnswer> answers;
    for (std::string& body : bodies) {
        auto answer = merge::NodeAnswer::read(std::move(body));
        if (!answer) state.SkipWithError(answer.error().message.c_str());
        else answers.push_back(*std::move(answer));
    }
    return answers;
}

merge::SearchRecipe recipe_of(benchmark::State& state) {
    merge::SearchRecipe recipe;
    recipe.take = static_cast<std::size_t>(state.range(0));
    return recipe;
}

// As the client hands them over: with the room behind the end that readers want.
std::vector<std::string> as_received(const std::vector<std::string>& bodies) {
    std::vector<std::string> out;
    for (const std::string& body : bodies) {
        out.emplace_back().reserve(body.size() + 64);
        out.back() = body;
    }
    return out;
}

std::size_t bytes_of(const std::vector<std::string>& bodies) {
    std::size_t bytes = 0;
    for (const std::string& body : bodies) bytes += body.size();
    return bytes;
}

std::string write(const std::vector<merge::NodeAnswer>& answers, const merge::MergedHits& merged) {
    return merge::write_search_reply(merge::write_hits(merged.page, {}).text, answers, merged, {}, {});
}

// The argument of all: hits on the page.
void merge_2mb(benchmark::State& state) {
    const std::vector<std::string> bodies = replies();
    const merge::SearchRecipe recipe = recipe_of(state);
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<std::string> fresh = as_received(bodies);
        state.ResumeTiming();
        const auto answers = read(state, std::move(fresh));
        const merge::MergedHits merged = merge::merge_hits(answers, recipe);
        if (merged.page.size() != recipe.take) state.SkipWithError("the page is not full");
        benchmark::DoNotOptimize(write(answers, merged));
    }
    state.counters["reply_bytes"] = static_cast<double>(bytes_of(bodies));
}
BENCHMARK(merge_2mb)->Arg(20)->Arg(1000)->Unit(benchmark::kMillisecond);

void part_read(benchmark::State& state) {
    const std::vector<std::string> bodies = replies();
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<std::string> fresh = as_received(bodies);
        state.ResumeTiming();
        benchmark::DoNotOptimize(read(state, std::move(fresh)));
    }
}
BENCHMARK(part_read)->Unit(benchmark::kMillisecond);

void part_order(benchmark::State& state) {
    const auto answers = read(state, replies());
    const merge::SearchRecipe recipe = recipe_of(state);
    for (auto _ : state) benchmark::DoNotOptimize(merge::merge_hits(answers, recipe));
}
BENCHMARK(part_order)->Arg(20)->Arg(1000)->Unit(benchmark::kMillisecond);

void part_write(benchmark::State& state) {
    const auto answers = read(state, replies());
    const merge::MergedHits merged = merge::merge_hits(answers, recipe_of(state));
    for (auto _ : state) benchmark::DoNotOptimize(write(answers, merged));
}
BENCHMARK(part_write)->Arg(20)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

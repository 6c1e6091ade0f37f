// A search through Miroir against what it cannot avoid: the same requests to the same nodes, those of a round all at
// once, waiting for the last. Both sides take turns in blocks, in one process, over the same client, so that the ratio
// is fair.
//
//   fanout_bench PLAN SECONDS CLIENTS    prints one line of JSON
//
// PLAN holds one search a line: {"through": {address, target, key, body}, "rounds": [[{address, target, key,
// body}...]...]}.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "env/real/reactor.h"
#include "http/wire/client.h"
#include "json/parse.h"

namespace {

using namespace miroir;
using Times = std::vector<double>;  // microseconds

constexpr std::size_t kBlock = 200;  // searches of one side before the other has its turn

struct Ask {
    http::Address to;
    http::Outgoing request;
};

struct Search {
    Ask through;
    std::vector<std::vector<Ask>> rounds;
};

Ask ask_of(const json::Value& line) {
    Ask out;
    out.to = http::parse_address(line.find("address")->string()).value();
    out.request.method = "POST";
    out.request.target = line.find("target")->string();
    out.request.body = line.find("body")->string();
    out.request.headers.add("Content-Type", "application/json");
    out.request.headers.add("Authorization", "Bearer " + line.find("key")->string());
    return out;
}

std::vector<Search> searches_in(const char* path) {
    std::ifstream file(path);
    std::vector<Search> out;
    for (std::string line; std::getline(file, line);) {
        const json::Value value = json::parse(line).value();
        Search search{.through = ask_of(*value.find("through")), .rounds = {}};
        for (const json::Value& round : value.find("rounds")->array()) {
            std::vector<Ask>& calls = search.rounds.emplace_back();
            for (const json::Value& call : round.array()) calls.push_back(ask_of(call));
        }
        out.push_back(std::move(search));
    }
    return out;
}

struct Run {
    env::Reactor& reactor;
    wire::Client& client;
    const std::vector<Search>& searches;
    std::size_t next = 0;
    std::size_t failed = 0;
    std::size_t asked_through = 0;  // the ones that only warm up among them
    Times bare, through;
    std::size_t bare_bytes = 0, through_bytes = 0;
    double bare_cpu = 0;  // microseconds of this process, which then does nothing but the bare fan-out
};

double own_cpu() {
    timespec spent{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

env::Task<std::size_t> send(Run& run, const Ask& ask) {
    http::SendOptions options;
    options.repeatable = true;
    const Result<http::Reply> reply = co_await run.client.send(ask.to, ask.request, std::move(options));
    if (!reply || reply->status != 200) ++run.failed;
    co_return reply ? reply->body.size() : 0;
}

env::Task<void> search_bare(Run& run, const Search& search) {
    for (const std::vector<Ask>& round : search.rounds) {
        std::vector<env::Task<std::size_t>> calls;
        for (const Ask& call : round) calls.push_back(send(run, call));
        const std::vector<std::size_t> sizes = co_await env::gather(run.reactor, std::move(calls));
        for (const std::size_t size : sizes) run.bare_bytes += size;
    }
}

env::Task<bool> one_client(Run& run, std::size_t end, bool bare) {
    while (run.next < end) {
        const Search& search = run.searches[run.next++ % run.searches.size()];
        const env::Monotonic begun = run.reactor.now();
        if (bare) co_await search_bare(run, search);
        else run.through_bytes += co_await send(run, search.through);
        if (!bare) ++run.asked_through;
        const std::chrono::duration<double, std::micro> took = run.reactor.now() - begun;
        (bare ? run.bare : run.through).push_back(took.count());
    }
    co_return true;
}

env::Task<bool> block(Run& run, std::size_t first, std::size_t clients, bool bare) {
    run.next = first;
    std::vector<env::Task<bool>> all;
    for (std::size_t i = 0; i < clients; ++i) all.push_back(one_client(run, first + kBlock, bare));
    const double before = own_cpu();
    co_await env::gather(run.reactor, std::move(all));
    if (bare) run.bare_cpu += own_cpu() - before;
    co_return true;
}

env::Task<bool> whole(Run& run, double seconds, std::size_t clients) {
    co_await block(run, 0, clients, true);  // connections and caches
    co_await block(run, 0, clients, false);
    run.bare.clear();
    run.through.clear();
    run.bare_bytes = run.through_bytes = run.failed = 0;
    run.bare_cpu = 0;
    const env::Monotonic end = run.reactor.now() + std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
    for (std::size_t first = 0; run.reactor.now() < end; first += kBlock) {
        co_await block(run, first, clients, true);
        co_await block(run, first, clients, false);
    }
    co_return true;
}

double at(Times& times, double share) {
    std::ranges::sort(times);
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

double mean(const Times& times) {
    double sum = 0;
    for (const double time : times) sum += time;
    return sum / static_cast<double>(times.size());
}

void print_side(const char* name, Times& times, std::size_t bytes) {
    std::printf("\"%s\":{\"searches\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"mean\":%.1f,\"bytes\":%.0f}", name, times.size(),
                at(times, 0.5), at(times, 0.99), mean(times),
                static_cast<double>(bytes) / static_cast<double>(times.size()));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::vector<Search> searches = searches_in(argv[1]);
    if (searches.empty()) return 2;
    env::Reactor reactor;
    wire::Client client(reactor);
    Run run{.reactor = reactor, .client = client, .searches = searches, .bare = {}, .through = {}};
    env::run_task(reactor, whole(run, std::stod(argv[2]), std::stoul(argv[3])));
    std::printf("{");
    print_side("bare", run.bare, run.bare_bytes);
    std::printf(",");
    print_side("through", run.through, run.through_bytes);
    const double bare_cpu = run.bare_cpu / static_cast<double>(run.bare.size());
    std::printf(",\"bare_cpu\":%.1f,\"asked_through\":%zu,\"failed\":%zu}\n", bare_cpu, run.asked_through, run.failed);
    return run.failed == 0 ? 0 : 1;
}

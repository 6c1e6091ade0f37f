// miroir-sim: plays scenarios from seeds, each twice, and says in one line how to see a failure again.
#include <unistd.h>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "sim/scenario.h"

namespace {

using namespace miroir::sim;

enum Exit : int { kFine = 0, kUsage = 2, kCrash = 3, kSafety = 4, kLiveness = 5, kNondeterminism = 6 };

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t runs = 1;
    std::string scenario;       // empty: all
    std::uint64_t seconds = 0;  // no seed is begun after them; 0: all are
    bool list = false;
    bool log = false;
    bool calls = false;
    bool keep_going = false;
    bool once = false;
};

// What came of a campaign.
struct Tally {
    std::uint64_t played = 0;
    std::uint64_t events = 0;
    std::uint64_t failed = 0;
    int worst = 0;      // exit code
    std::string names;  // of what failed
};

char g_replay[256];  // read by the signal handler

void on_crash(int) {
    static constexpr char kText[] = "\nCRASH. See it again with:\n  ";
    [[maybe_unused]] ssize_t written = write(STDERR_FILENO, kText, sizeof kText - 1);
    written = write(STDERR_FILENO, g_replay, std::strlen(g_replay));
    written = write(STDERR_FILENO, "\n", 1);
    _exit(kCrash);
}

void remember_replay(const Scenario& scenario, std::uint64_t seed) {
    std::snprintf(g_replay, sizeof g_replay, "./dev sim --scenario %.*s --seed %llu --log",
                  static_cast<int>(scenario.name.size()), scenario.name.data(), static_cast<unsigned long long>(seed));
}

int report(std::string_view kind, const Scenario& scenario, std::uint64_t seed, const std::string& finding, int code) {
    std::printf("%.*s: scenario %.*s, seed %llu: %s\nSee it again with:\n  %s\n", static_cast<int>(kind.size()),
                kind.data(), static_cast<int>(scenario.name.size()), scenario.name.data(),
                static_cast<unsigned long long>(seed), finding.c_str(), g_replay);
    return code;
}

int play_seed(const Scenario& scenario, std::uint64_t seed, bool once, std::uint64_t& events) {
    remember_replay(scenario, seed);
    const Outcome first = play(scenario, seed);
    events += first.events;
    if (first.verdict == Verdict::Unsafe) return report("SAFETY", scenario, seed, first.finding, kSafety);
    if (first.verdict == Verdict::Stuck) return report("LIVENESS", scenario, seed, first.finding, kLiveness);
    if (once) return kFine;
    const Outcome second = play(scenario, seed);
    if (second.trace == first.trace) return kFine;
    return report("NONDETERMINISM", scenario, seed, "two runs left different traces", kNondeterminism);
}

bool read_number(std::string_view text, std::uint64_t& out) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool read_arguments(int argc, char** argv, Arguments& out) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--list") out.list = true;
        else if (name == "--log") out.log = true;
        else if (name == "--calls") out.calls = true;
        else if (name == "--keep-going") out.keep_going = true;
        else if (name == "--once") out.once = true;
        else if (name == "--seconds" && read_number(value, out.seconds)) ++i;
        else if (name == "--seed" && read_number(value, out.seed)) ++i;
        else if (name == "--runs" && read_number(value, out.runs)) ++i;
        else if (name == "--scenario" && !value.empty()) out.scenario = argv[++i];
        else return false;
    }
    return true;
}

bool is_wanted(const Arguments& arguments, const Scenario& scenario, std::uint64_t seed) {
    if (!arguments.scenario.empty()) return scenario.name == arguments.scenario;
    return seed % scenario.every == 0;
}

// False: enough has been seen.
bool play_all_of_seed(const Arguments& arguments, std::uint64_t seed, Tally& tally) {
    for (const Scenario& scenario : all_scenarios()) {
        if (!is_wanted(arguments, scenario, seed)) continue;
        const int code = play_seed(scenario, seed, arguments.once, tally.events);
        ++tally.played;
        if (code == kFine) continue;
        ++tally.failed;
        if (tally.worst == kFine || code == kSafety) tally.worst = code;
        tally.names += (tally.names.empty() ? "" : ", ") + std::string(scenario.name) + " " + std::to_string(seed);
        std::fflush(stdout);
        if (!arguments.keep_going) return false;
    }
    return true;
}

int play_all(const Arguments& arguments) {
    const auto began = std::chrono::steady_clock::now();
    const auto took = [&began] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    Tally tally;
    for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.runs; ++seed) {
        if (arguments.seconds > 0 && took() > static_cast<double>(arguments.seconds)) break;
        if (!play_all_of_seed(arguments, seed, tally)) return tally.worst;
    }
    if (tally.played == 0 && arguments.runs > 0) {
        std::fprintf(stderr, "there is no scenario `%s`; see --list\n", arguments.scenario.c_str());
        return kUsage;
    }
    std::printf("%llu runs fine, each played %s, %llu events, %.1f s, %.2f s per 1,000\n",
                static_cast<unsigned long long>(tally.played - tally.failed), arguments.once ? "once" : "twice",
                static_cast<unsigned long long>(tally.events), took(),
                took() * 1000 / static_cast<double>(tally.played));
    if (tally.failed > 0) {
        std::printf("%llu runs failed: %s\n", static_cast<unsigned long long>(tally.failed), tally.names.c_str());
    }
    return tally.worst;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!read_arguments(argc, argv, arguments)) {
        std::fprintf(stderr,
                     "usage: miroir-sim [--seed N] [--runs M] [--seconds S] [--scenario NAME] [--once] [--keep-going] "
                     "[--log] [--calls] "
                     "[--list]\n"
                     "exit: 0 fine, 2 usage, 3 crash, 4 safety, 5 liveness, 6 nondeterminism\n");
        return kUsage;
    }
    if (arguments.list) {
        for (const Scenario& scenario : all_scenarios()) {
            std::printf("%-12.*s %.*s\n", static_cast<int>(scenario.name.size()), scenario.name.data(),
                        static_cast<int>(scenario.about.size()), scenario.about.data());
        }
        return kFine;
    }
    Life::show_logs(arguments.log);
    Life::show_calls(arguments.calls);
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS, SIGILL}) std::signal(signal, on_crash);
    return play_all(arguments);
}

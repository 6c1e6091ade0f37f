// miroir-oracle: random stories and questions, asked of Miroir over several nodes and of one node that holds
// everything. The first answer that differs is shrunk and printed with the command that plays it again.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "json/parse.h"
#include "json/write.h"
#include "sim/oracle/draw.h"
#include "sim/oracle/duel.h"
#include "sim/oracle/shrink.h"

namespace {

using namespace miroir;
using namespace miroir::sim;

constexpr std::uint64_t kQuestionsOfStory = 50;
constexpr int kShrinkTries = 600;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t cases = kQuestionsOfStory;
    std::uint64_t failures = 1;  // after so many it stops
    std::string file;            // a printed case
    bool shrunk = true;
    bool answers = false;  // shows both answers as they came
    bool faults = false;   // things go wrong meanwhile
    bool apart = false;    // names the stories whose answers are counted apart
};

struct Counts {
    std::uint64_t inexact = 0;  // said so
    struct Doubt {
        std::uint64_t said = 0, differed = 0;
    };
    std::map<std::string, Doubt> doubts{};  // why; one answer may have several
    std::uint64_t errors = 0;               // under faults
    std::uint64_t by_its_words = 0;         // a rule gave a document another rank, for its node knows other words
};

void note_doubts(const Spoken& ours, const Spoken& theirs, Counts& counts) {
    if (promises_order(ours)) return;
    ++counts.inexact;
    const bool differs = differs_in_rest(ours, theirs);
    for (const std::string& doubt : doubts_of(ours)) {
        Counts::Doubt& known = counts.doubts[doubt];
        ++known.said;
        known.differed += differs ? 1 : 0;
    }
}

std::optional<std::string> compare(Duel& duel, const Question& question, const Spoken& ours, const Spoken& theirs,
                                   Counts& counts) {
    note_doubts(ours, theirs, counts);
    const auto found = difference(ours, theirs);
    if (!found || !ranks_by_other_words(duel, question)) return found;
    ++counts.by_its_words;
    return std::nullopt;
}

std::optional<std::string> judge(Duel& duel, const Question& question, Counts& counts) {
    if (duel.trouble()) return duel.trouble();
    const Spoken ours = duel.ask_cluster(question);
    const Spoken theirs = duel.ask_alone(question);
    return compare(duel, question, ours, theirs, counts);
}

// Under faults an answer is right or an error, never wrong.
std::optional<std::string> judge_disturbed(Duel& duel, const Question& question, Counts& counts) {
    if (duel.trouble()) return duel.trouble();
    duel.disturb();
    const Spoken ours = duel.ask_cluster(question);
    duel.calm();
    if (is_error(ours)) return ++counts.errors, std::nullopt;
    const Spoken theirs = duel.ask_alone(question);
    return compare(duel, question, ours, theirs, counts);
}

std::optional<std::string> judge(const Case& c, std::uint64_t seed) {
    Duel duel(c.story, seed);
    Counts counts;
    return judge(duel, c.question, counts);
}

// Two statuses: a case is not shrunk into another kind of trouble.
std::optional<std::pair<int, int>> statuses(const Case& c, std::uint64_t seed) {
    Duel duel(c.story, seed);
    if (duel.trouble()) return std::nullopt;
    const Spoken ours = duel.ask_cluster(c.question);
    const Spoken theirs = duel.ask_alone(c.question);
    if (!difference(ours, theirs)) return std::nullopt;
    return std::pair(ours.status, theirs.status);
}

void show(Case failing, std::uint64_t seed, const Arguments& arguments) {
    const auto before = statuses(failing, seed);
    const auto fails = [&](const Case& c) { return statuses(c, seed) == before; };
    if (arguments.shrunk && before) failing = shrink(std::move(failing), fails, kShrinkTries);
    std::printf(
        "DIFFERENT: seed %llu\n%s\n%s\nSee it again with:\n  ./dev oracle --seed %llu\n  ./dev oracle --file "
        "CASE.json\n",
        static_cast<unsigned long long>(seed), json::to_text(to_json(failing.story, failing.question)).c_str(),
        judge(failing, seed).value_or("the shrunk case does not differ any more").c_str(),
        static_cast<unsigned long long>(seed));
    std::fflush(stdout);
}

int play_file(const Arguments& arguments) {
    std::ifstream in(arguments.file);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto parsed = json::parse(text);
    if (!parsed) return std::fprintf(stderr, "%s\n", parsed.error().message.c_str()), 2;
    const auto read = story_of(*parsed);
    if (!read) return std::fprintf(stderr, "%s\n", read.error().message.c_str()), 2;
    const Case one{.story = read->first, .question = read->second};
    if (arguments.answers) {
        Duel duel(one.story, arguments.seed);
        const Spoken ours = duel.ask_cluster(one.question);
        const Spoken theirs = duel.ask_alone(one.question);
        std::printf("%d %s\n%s\n\n%d %s\n\n", ours.status, ours.exact.c_str(), json::to_text(ours.body).c_str(),
                    theirs.status, json::to_text(theirs.body).c_str());
    }
    const auto found = judge(one, arguments.seed);
    std::printf("%s\n", found.value_or("the same answer").c_str());
    return found ? 1 : 0;
}

int play(const Arguments& arguments) {
    const auto began = std::chrono::steady_clock::now();
    std::uint64_t asked = 0, failures = 0;
    Counts counts;
    for (std::uint64_t seed = arguments.seed; asked < arguments.cases && failures < arguments.failures; ++seed) {
        const SeededRandom random(seed);
        const Story story = draw_story(random.fork("story"));
        Duel duel(story, seed, arguments.faults);
        bool failed = false;
        for (std::uint64_t i = 0; i < kQuestionsOfStory && !failed; ++i, ++asked) {
            const Question question = draw_question(random.fork("question", i), story);
            const std::uint64_t apart = counts.by_its_words;
            const auto found =
                arguments.faults ? judge_disturbed(duel, question, counts) : judge(duel, question, counts);
            failed = found.has_value();
            if (arguments.apart && counts.by_its_words != apart)
                std::printf("APART: seed %llu\n%s\n", static_cast<unsigned long long>(seed),
                            json::to_text(to_json(story, question)).c_str());
            if (failed && arguments.faults)
                std::printf("WRONG under faults: seed %llu, question %llu\n%s\n%s\n",
                            static_cast<unsigned long long>(seed), static_cast<unsigned long long>(i),
                            json::to_text(to_json(story, question)).c_str(), found->c_str());
            else if (failed) show(Case{.story = story, .question = question}, seed, arguments);
        }
        failures += failed ? 1 : 0;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(
        "%llu cases, %llu stories with a different answer, %llu answers said not to be exact, %llu ordered by ranks "
        "that "
        "follow a node's own words, %llu errors, %.1f s\n",
        static_cast<unsigned long long>(asked), static_cast<unsigned long long>(failures),
        static_cast<unsigned long long>(counts.inexact), static_cast<unsigned long long>(counts.by_its_words),
        static_cast<unsigned long long>(counts.errors), took.count());
    for (const auto& [doubt, known] : counts.doubts)
        std::printf("  said %6llu, differed %6llu: %s\n", static_cast<unsigned long long>(known.said),
                    static_cast<unsigned long long>(known.differed), doubt.c_str());
    return failures == 0 ? 0 : 1;
}

bool read_number(std::string_view text, std::uint64_t& out) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

bool read_arguments(int argc, char** argv, Arguments& out) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
        if (name == "--whole") out.shrunk = false;
        else if (name == "--answers") out.answers = true;
        else if (name == "--apart") out.apart = true;
        else if (name == "--faults") out.faults = true;
        else if (name == "--seed" && read_number(value, out.seed)) ++i;
        else if (name == "--cases" && read_number(value, out.cases)) ++i;
        else if (name == "--failures" && read_number(value, out.failures)) ++i;
        else if (name == "--file" && !value.empty()) out.file = argv[++i];
        else return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    if (!read_arguments(argc, argv, arguments)) {
        std::fprintf(stderr,
                     "usage: miroir-oracle [--seed N] [--cases M] [--failures K] [--faults] [--whole] [--apart] "
                     "[--file CASE.json [--answers]]\n"
                     "exit: 0 all the same, 1 an answer differs, 2 usage\n");
        return 2;
    }
    return arguments.file.empty() ? play(arguments) : play_file(arguments);
}

// A story with faults and checks, told from one seed. All of them stand in scenarios/all.cpp.
#pragma once

#include <span>
#include <string_view>

#include "sim/run.h"

namespace miroir::sim {

struct Scenario {
    std::string_view name;
    std::string_view about;
    void (*play)(Run& run);
    std::uint64_t every = 1;  // a long story: when all are played, only on each so-manieth seed
};

std::span<const Scenario> all_scenarios();

// What came of one seed.
struct Outcome {
    Verdict verdict = Verdict::Fine;
    std::string finding;
    std::uint64_t trace = 0;
    std::uint64_t events = 0;
};
Outcome play(const Scenario& scenario, std::uint64_t seed);

}  // namespace miroir::sim

#include "sim/scenario.h"

namespace miroir::sim {

Outcome play(const Scenario& scenario, std::uint64_t seed) {
    Run run(seed);
    scenario.play(run);
    run.end();
    return {
        .verdict = run.verdict(), .finding = run.finding(), .trace = run.world.trace(), .events = run.world.events()};
}

}  // namespace miroir::sim

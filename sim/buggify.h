// Places that may misbehave on purpose. Each place is switched on or off for a whole run, so that some runs see a
// fault often and others never; where it is on, it strikes now and then.
#pragma once

#include <map>
#include <string>

#include "sim/seeded_random.h"

namespace miroir::sim {

class Buggify {
public:
    explicit Buggify(const SeededRandom& random) : random_(random.fork("buggify")) {}

    bool operator()(std::string_view place) {
        auto at = places_.find(place);
        if (at == places_.end()) {
            SeededRandom own = random_.fork(place);
            const bool on = env::chance(own, kOn);
            at = places_.emplace(std::string(place), Place{on ? 0.02 + 0.2 * env::draw_unit(own) : 0.0, own}).first;
        }
        return at->second.rate > 0 && env::chance(at->second.random, at->second.rate);
    }

private:
    static constexpr double kOn = 0.25;
    struct Place {
        double rate;
        SeededRandom random;
    };
    SeededRandom random_;
    std::map<std::string, Place, std::less<>> places_;
};

}  // namespace miroir::sim

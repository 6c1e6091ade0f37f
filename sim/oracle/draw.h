// Random stories: small corpora full of ties, near words, mixed kinds and missing values, settings of every sort, and
// questions about them.
#pragma once

#include "sim/oracle/story.h"
#include "sim/seeded_random.h"

namespace miroir::sim {

// Draws with the words of this room.
class Draw {
public:
    explicit Draw(SeededRandom& random) : random_(random) {}

    std::uint64_t below(std::uint64_t bound) { return env::draw_below(random_, bound); }
    bool chance(double probability) { return env::chance(random_, probability); }
    template <class Range>
    const auto& one_of(const Range& range) {
        return range[below(std::size(range))];
    }

    std::string word();
    std::string words(std::size_t most);
    json::Value color();
    json::Value name();  // a color that does not look like a number
    json::Value number();
    json::Object place();
    json::Array vector();
    std::string field();        // any attribute
    std::string facet_field();  // one that may be filterable
    std::string sort_field();

private:
    SeededRandom& random_;
};

Story draw_story(SeededRandom random);
Question draw_question(SeededRandom random, const Story& story);

}  // namespace miroir::sim

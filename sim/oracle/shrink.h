// A smaller story with the same kind of end: documents, settings, members of the question are left out one after
// another as long as the answers go on to differ.
#pragma once

#include <functional>

#include "sim/oracle/story.h"

namespace miroir::sim {

struct Case {
    Story story;
    Question question;
};

// Does the case still fail? Asked at most `tries` times.
using Fails = std::function<bool(const Case&)>;
Case shrink(Case failing, const Fails& fails, int tries);

}  // namespace miroir::sim

// The ports of `miroir dev`: are they free, and has every node begun to listen? Asked of the operating system alone.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "app/dev_plan.h"

namespace miroir::app {

// What to tell when something listens already where we or a node want to; empty: all is free. A second Miroir would
// otherwise share the port silently, and sample data would go to whoever answers.
std::string taken_port(const DevPlan& plan);

// Until every node takes connections, so that a normal start tells of no node that is down. False: not in time, or told
// to stop.
bool await_nodes(const DevPlan& plan, std::chrono::milliseconds patience, const std::atomic<bool>& stop);

}  // namespace miroir::app

// `miroir node`: one embedded node on a port, with its data in a directory, until SIGTERM or SIGINT.
#pragma once

#include <span>
#include <string>

namespace miroir::node {

// The arguments behind `miroir node`. The exit code: 0 after a clean end, 2 when it could not start (one line on
// stderr says why).
int run(std::span<const std::string> arguments);

}  // namespace miroir::node

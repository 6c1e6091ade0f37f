// Are the ports that the configuration names free? Both are taken for a moment, alone, and given back.
#pragma once

#include "base/result.h"
#include "config/config.h"
#include "env/real/reactor.h"

namespace miroir::app {

Result<void> refuse_taken_ports(const config::Config& config, env::Reactor& reactor);

}  // namespace miroir::app

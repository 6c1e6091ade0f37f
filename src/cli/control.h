// miroir-ctl: what operators ask of a running Miroir, over its admin API. Exit codes: 0 done, 1 refused, failed or not
// well, 2 wrong use, 3 Miroir does not answer, 4 --wait ran out of time.
#pragma once

namespace miroir::cli {

int run_control(int argc, char** argv);

}  // namespace miroir::cli

// The words behind `miroir`: serve, config, version, and the programs of other rooms, which are handed in.
#pragma once

namespace miroir::app {

// Programs that this room only starts; nullptr: not built in. They get the arguments behind their own name.
struct Programs {
    int (*node)(int argc, char** argv) = nullptr;
};

// The exit code: 0, 1 (failed), 2 (wrong use, wrong configuration, could not start).
int run_command_line(int argc, char** argv, const Programs& programs);

}  // namespace miroir::app

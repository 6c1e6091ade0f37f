// The program. Which rooms' programs are in it is decided here and nowhere else.
#include <span>
#include <string>
#include <vector>

#include "app/command_line.h"
#include "node/node_main.h"

namespace {

int run_node(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return miroir::node::run(arguments);
}

}  // namespace

int main(int argc, char** argv) {
    const miroir::app::Programs programs{.node = run_node};
    return miroir::app::run_command_line(argc, argv, programs);
}

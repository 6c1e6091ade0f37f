// A program of its own for the embedded node.
#include <string>
#include <vector>

#include "node/node_main.h"

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return miroir::node::run(arguments);
}

// The program. Which rooms' programs are in it is decided here and nowhere else.
#include "app/command_line.h"

#ifdef MIROIR_WITH_NODE
namespace miroir::node {
int run(int argc, char** argv);
}
#endif

int main(int argc, char** argv) {
    miroir::app::Programs programs;
#ifdef MIROIR_WITH_NODE
    programs.node = miroir::node::run;
#endif
    return miroir::app::run_command_line(argc, argv, programs);
}

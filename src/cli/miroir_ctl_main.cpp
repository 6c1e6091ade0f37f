// The operator's program.
#include "cli/control.h"

int main(int argc, char** argv) { return miroir::cli::run_control(argc, argv); }

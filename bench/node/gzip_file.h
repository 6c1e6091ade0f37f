// Reads a file that may be compressed with gzip.
#pragma once

#include <string>

std::string read_gzip_file(const std::string& path);

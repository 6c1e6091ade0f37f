#include "bench/node/gzip_file.h"

#include <zlib.h>

#include <array>
#include <stdexcept>

std::string read_gzip_file(const std::string& path) {
    gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) throw std::runtime_error("cannot open " + path);
    std::string text;
    std::array<char, 65536> block{};
    for (int count = 0; (count = gzread(file, block.data(), block.size())) > 0;) text.append(block.data(), count);
    gzclose(file);
    return text;
}

// How far something is that takes its time, as one line for people. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace miroir::cli {

struct Progress {
    std::uint64_t done = 0;  // of `all`
    std::uint64_t all = 0;
    std::string unit;                    // "documents"
    std::chrono::milliseconds spent{0};  // for what has been done
    std::string note;                    // "3 moving, 9 to come"
};

// "[#######-------------]  35 %  12,345 of 35,000 documents, 2,300/s, 0:09 left  3 moving, 9 to come"
std::string progress_line(const Progress& progress);

std::string grouped(std::uint64_t number);             // "12,345"
std::string clock_text(std::chrono::seconds seconds);  // "0:09", "1:02:03"

}  // namespace miroir::cli

// Memory for the frames of coroutines. A request makes two dozen of them, many beyond the sizes for which malloc is
// quick; freed ones are kept here, a bounded list for each size on each thread. A frame may be freed on another thread.
#pragma once

#include <cstddef>

namespace miroir::env {

void* take_frame(std::size_t bytes);
void give_frame(void* frame, std::size_t bytes) noexcept;  // `bytes` as it was taken

// What promises derive from whose coroutines take their frames here.
struct StoredFrame {
    static void* operator new(std::size_t bytes) { return take_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { give_frame(frame, bytes); }
};

}  // namespace miroir::env

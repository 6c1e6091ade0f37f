#include "env/frame_store.h"

#include <array>
#include <new>
#include <utility>

namespace miroir::env {
namespace {

constexpr std::size_t kStep = 128;      // sizes are rounded up to this
constexpr std::size_t kLargest = 4096;  // larger frames go to the heap
constexpr std::size_t kKept = 128;      // of each size on each thread

// Under a sanitizer every frame is fresh, or a use after its end would not be seen.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif
#else
constexpr bool kKeeps = true;
#endif

struct Free {
    Free* next;
};

struct Shelf {
    Free* first = nullptr;
    std::size_t count = 0;
};

struct Store {
    std::array<Shelf, kLargest / kStep + 1> shelves;
    ~Store();
};

thread_local bool closed = false;  // the thread is ending: what comes now goes to the heap
thread_local Store store;

Store::~Store() {
    closed = true;
    for (Shelf& shelf : shelves) {
        while (shelf.first != nullptr) ::operator delete(std::exchange(shelf.first, shelf.first->next));
    }
}

}  // namespace

void* take_frame(std::size_t bytes) {
    if (!kKeeps || bytes > kLargest) return ::operator new(bytes);
    const std::size_t size = (bytes + kStep - 1) / kStep;
    if (!closed) {
        Shelf& shelf = store.shelves[size];
        if (shelf.first != nullptr) {
            --shelf.count;
            return std::exchange(shelf.first, shelf.first->next);
        }
    }
    return ::operator new(size * kStep);
}

void give_frame(void* frame, std::size_t bytes) noexcept {
    if (!kKeeps || bytes > kLargest || closed) return ::operator delete(frame);
    Shelf& shelf = store.shelves[(bytes + kStep - 1) / kStep];
    if (shelf.count == kKept) return ::operator delete(frame);
    ++shelf.count;
    shelf.first = new (frame) Free{shelf.first};
}

}  // namespace miroir::env

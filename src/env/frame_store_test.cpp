#include "env/frame_store.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace miroir::env {
namespace {

TEST(FrameStore, FramesInUseNeverOverlap) {
    std::vector<std::pair<char*, std::size_t>> held;
    for (int round = 0; round < 3; ++round) {
        for (std::size_t bytes = 1; bytes < 6'000; bytes += 61) {
            auto* frame = static_cast<char*>(take_frame(bytes));
            std::memset(frame, static_cast<int>(bytes % 251), bytes);
            held.emplace_back(frame, bytes);
        }
        for (const auto& [frame, bytes] : held) {
            for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(static_cast<unsigned char>(frame[i]), bytes % 251);
        }
        for (const auto& [frame, bytes] : held) give_frame(frame, bytes);
        held.clear();
    }
}

TEST(FrameStore, TakesBackMoreThanItKeepsAndFromOtherThreads) {
    std::vector<void*> frames;
    for (int i = 0; i < 1'000; ++i) frames.push_back(take_frame(300));
    EXPECT_EQ(std::set(frames.begin(), frames.end()).size(), frames.size());
    std::thread other([&] {
        for (void* frame : frames) give_frame(frame, 300);
        frames.clear();
        for (int i = 0; i < 1'000; ++i) frames.push_back(take_frame(300));
    });
    other.join();
    EXPECT_EQ(std::set(frames.begin(), frames.end()).size(), frames.size());
    for (void* frame : frames) give_frame(frame, 300);
}

}  // namespace
}  // namespace miroir::env

// What the operator decided about the moving and the comparing of copies.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace miroir::config {

using std::chrono::milliseconds;

struct Rebalancing {
    bool by_itself = true;
    std::uint32_t max_concurrent_migrations = 4;
    milliseconds grace{10'000};
    std::uint64_t bytes_per_second = 0;
    double search_slowdown = 1.4;
    milliseconds write_off_after{1'800'000};
    bool take_back = true;
    milliseconds move_timeout{3'600'000};
    std::uint64_t max_node_bytes = 0;
    std::string allowed_windows;
    bool skip_delta_pass = false;
    bool operator==(const Rebalancing&) const = default;
};

struct AntiEntropy {
    bool enabled = true;
    std::string schedule = "every 6h";
    std::uint32_t shards_per_pass = 0;
    std::uint32_t max_read_concurrency = 2;
    std::uint32_t fingerprint_batch_size = 1'000;
    double cpu_percent = 2.0;
    bool auto_repair = true;
    bool operator==(const AntiEntropy&) const = default;
};

}  // namespace miroir::config

// How badly the simulated network behaves. All chances are per message, all off by default.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace miroir::sim {

enum class DelayShape : std::uint8_t { Constant, Uniform, HeavyTail };

struct NetworkOptions {
    std::chrono::nanoseconds delay_floor = std::chrono::microseconds(100);
    std::chrono::nanoseconds delay_mean = std::chrono::microseconds(400);  // on top of the floor
    DelayShape delay_shape = DelayShape::Uniform;

    double loss_before = 0;    // the request never arrives
    double loss_after = 0;     // it was carried out, the reply is lost
    double duplicate = 0;      // the request arrives twice
    double truncate = 0;       // the reply's body is cut
    double nonsense = 0;       // the reply's body is something else
    double reset_share = 0.5;  // of the losses and cuts: the caller is told; the others leave him waiting

    double burst = 0;  // a host begins to answer with errors without carrying anything out
    std::chrono::nanoseconds burst_length = std::chrono::milliseconds(500);
    std::vector<int> burst_statuses = {429, 500, 503};

    bool quiet() const { return loss_before == 0 && loss_after == 0 && truncate == 0 && burst == 0; }
};

}  // namespace miroir::sim

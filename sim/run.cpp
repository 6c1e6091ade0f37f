#include "sim/run.h"

#include <utility>

namespace miroir::sim {

Run::Run(std::uint64_t seed)
    : world(seed), network(world), random(world.random().fork("scenario")), buggify(world.random()) {}
Run::~Run() {
    for (const auto& host : hosts_) host->bury_all();
}

Host& Run::host(std::string name, AppFactory factory) {
    hosts_.push_back(std::make_unique<Host>(world, network, std::move(name), std::move(factory)));
    hosts_.back()->start();
    return *hosts_.back();
}

void Run::unsafe(std::string what) { found(Verdict::Unsafe, std::move(what)); }
void Run::stuck(std::string what) { found(Verdict::Stuck, std::move(what)); }

void Run::found(Verdict verdict, std::string what) {
    if (failed()) return;  // the first finding is the one to look at
    verdict_ = verdict;
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(world.now().time_since_epoch() - std::chrono::hours(1));
    finding_ = "at " + std::to_string(ms.count()) + " ms: " + what;
    world.mark(finding_);
    world.stop();
}

void Run::always(std::chrono::nanoseconds every, std::function<void()> check) {
    checks_.push_back(std::move(check));
    again(every, checks_.size() - 1);
}

void Run::again(std::chrono::nanoseconds every, std::size_t check) {
    world.in(every, [this, every, check] {
        checks_[check]();
        again(every, check);
    });
}

bool Run::expect_within(std::chrono::nanoseconds span, std::string what, const std::function<bool()>& holds) {
    const bool held = world.run_until(holds, span);
    if (!held) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span);
        stuck(what + " (not within " + std::to_string(ms.count()) + " ms)");
    }
    return held;
}

std::chrono::milliseconds Run::between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
    return low + std::chrono::milliseconds(below(static_cast<std::uint64_t>((high - low).count()) + 1));
}

void Run::end() {
    if (std::exchange(ended_, true)) return;
    if (world.out_of_events()) stuck("too many events: something goes round and round");
    for (const auto& host : hosts_) host->kill();
    // A write waits for a node for a second, a swap for readers for two.
    if (!failed()) world.run_for(std::chrono::seconds(3));
    for (const auto& host : hosts_) host->bury_all();  // while what their work refers to still lives
    for (const auto& host : hosts_) {
        if (!host->ended_cleanly())
            unsafe("work of host " + host->name() + " goes on without end after it was told to stop");
    }
    if (!failed() && network.in_flight() != 0)
        unsafe(std::to_string(network.in_flight()) + " calls are left at the end");
    world.stop();
}

}  // namespace miroir::sim

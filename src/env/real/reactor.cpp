#include "env/real/reactor.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include <openssl/rand.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/assert.h"

namespace miroir::env {
namespace {

namespace asio = boost::asio;

std::uint64_t rotate_left(std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

}  // namespace

// Timers are kept here, a heap by time and then by age; one timer of the loop stands for the earliest. Nearly all of
// them are called off: such an entry stays in the heap until it comes up or the dead ones are the larger half.
struct Reactor::Core {
    static constexpr unsigned kSlotBits = 24;

    struct Entry {
        Monotonic when;
        TimerId id;
        bool operator>(const Entry& other) const { return std::tie(when, id) > std::tie(other.when, other.id); }
    };
    struct Slot {
        TimerId id = 0;  // whose job lies here; 0: nobody's
        Job job;
    };

    // Everything of a reactor is touched by its own thread only, but for the queue of posted jobs.
    asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
    asio::steady_timer alarm{io};
    std::vector<Entry> timers;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free_slots;
    std::size_t dead = 0;  // entries of `timers` whose job is gone
    Monotonic alarm_at = Monotonic::max();
    std::uint64_t timers_made = 0;
    std::uint64_t chance[4];

    static std::size_t place_of(TimerId id) { return id & ((1U << kSlotBits) - 1); }
    bool lives(TimerId id) const { return place_of(id) < slots.size() && slots[place_of(id)].id == id; }

    TimerId keep(Monotonic when, Job job) {
        if (free_slots.empty()) {
            MIROIR_ASSERT(slots.size() < 1U << kSlotBits);
            free_slots.push_back(static_cast<std::uint32_t>(slots.size()));
            slots.emplace_back();
        }
        const std::uint32_t place = free_slots.back();
        free_slots.pop_back();
        const TimerId id = ++timers_made << kSlotBits | place;  // later ones have larger numbers
        slots[place] = {.id = id, .job = std::move(job)};
        timers.push_back({.when = when, .id = id});
        std::ranges::push_heap(timers, std::greater<>());
        return id;
    }

    Job take(TimerId id) {
        Slot& slot = slots[place_of(id)];
        slot.id = 0;
        free_slots.push_back(static_cast<std::uint32_t>(place_of(id)));
        return std::exchange(slot.job, nullptr);
    }

    void forget_dead() {
        std::erase_if(timers, [this](const Entry& entry) { return !lives(entry.id); });
        std::ranges::make_heap(timers, std::greater<>());
        dead = 0;
    }

    Entry pop() {
        std::ranges::pop_heap(timers, std::greater<>());
        const Entry first = timers.back();
        timers.pop_back();
        return first;
    }

    void arm() {
        const Monotonic first = timers.empty() ? Monotonic::max() : timers.front().when;
        if (first >= alarm_at) return;  // waking up too early is harmless
        alarm_at = first;
        alarm.expires_at(std::chrono::steady_clock::time_point(first.time_since_epoch()));
        alarm.async_wait([this](const boost::system::error_code& failed) {
            if (!failed) fire();
        });
    }

    void fire() {
        alarm_at = Monotonic::max();
        const Monotonic now(std::chrono::steady_clock::now().time_since_epoch());
        // Only what was there before: a job that sets a timer for "at once" must not keep the loop here.
        const std::uint64_t made = timers_made;
        while (!timers.empty() && timers.front().when <= now && timers.front().id >> kSlotBits <= made) {
            const Entry due = pop();
            if (!lives(due.id)) {
                --dead;
                continue;
            }
            Job job = take(due.id);
            job();
        }
        arm();
    }
};

Reactor::Reactor() : core_(std::make_unique<Core>()) {
    MIROIR_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(core_->chance), sizeof(core_->chance)) == 1);
    core_->chance[0] |= 1;  // all zero would stay zero
}

Reactor::~Reactor() {
    // Jobs may hold what wants to cancel a timer while it dies.
    core_->timers.clear();
    for (std::size_t i = 0; i < core_->slots.size(); ++i) {
        core_->slots[i].id = 0;
        const Job dead = std::exchange(core_->slots[i].job, nullptr);
    }
}

void Reactor::run() {
    core_->io.restart();
    core_->io.run();
}

void Reactor::stop() { core_->io.stop(); }

void Reactor::post(Job job) {
    asio::post(core_->io, [job = std::move(job)]() mutable { job(); });
}

TimerId Reactor::at(Monotonic when, Job job) {
    const TimerId id = core_->keep(when, std::move(job));
    core_->arm();
    return id;
}

void Reactor::cancel(TimerId timer) {
    if (timer == 0 || !core_->lives(timer)) return;
    const Job dead = core_->take(timer);  // destroyed last: it may call us again
    constexpr std::size_t kFew = 64;
    if (++core_->dead > std::max(kFew, core_->timers.size() / 2)) core_->forget_dead();
}

Monotonic Reactor::now() { return Monotonic(std::chrono::steady_clock::now().time_since_epoch()); }

WallTime Reactor::wall() {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

// xoshiro256**, after the public description by Blackman and Vigna.
std::uint64_t Reactor::next() {
    std::uint64_t* s = core_->chance;
    const std::uint64_t out = rotate_left(s[1] * 5, 7) * 9;
    const std::uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return out;
}

asio::io_context& Reactor::io() { return core_->io; }

}  // namespace miroir::env

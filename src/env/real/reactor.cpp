#include "env/real/reactor.h"

#include <map>
#include <unordered_map>

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

// Timers are kept here, ordered by time and then by age; one timer of the loop stands for the earliest.
struct Reactor::Core {
    using Key = std::pair<Monotonic, TimerId>;

    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
    asio::steady_timer alarm{io};
    std::map<Key, Job> timers;
    std::unordered_map<TimerId, Monotonic> times;
    Monotonic alarm_at = Monotonic::max();
    TimerId last_timer = 0;
    std::uint64_t chance[4];

    void arm() {
        const Monotonic first = timers.empty() ? Monotonic::max() : timers.begin()->first.first;
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
        // Only what is due now: a job that sets a timer for "at once" must not keep the loop here.
        const Key limit{now, last_timer + 1};
        while (!timers.empty() && timers.begin()->first < limit) {
            auto due = timers.extract(timers.begin());
            times.erase(due.key().second);
            due.mapped()();
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
    auto jobs = std::exchange(core_->timers, {});
    core_->times.clear();
    jobs.clear();
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
    const TimerId id = ++core_->last_timer;
    core_->times.emplace(id, when);
    core_->timers.emplace(Core::Key{when, id}, std::move(job));
    core_->arm();
    return id;
}

void Reactor::cancel(TimerId timer) {
    const auto found = core_->times.find(timer);
    if (found == core_->times.end()) return;
    const auto dead = core_->timers.extract(Core::Key{found->second, timer});  // destroyed last: it may call us again
    core_->times.erase(found);
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

#include "sim/life.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace miroir::sim {
namespace {

bool g_show_logs = false;  // set once by the command line; no run depends on it
bool g_show_calls = false;
constexpr int kMostLastSteps = 20'000;

long long milliseconds_of(env::Monotonic now) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch() - std::chrono::hours(1))
        .count();
}

// No two machines' clocks agree to the nanosecond; nodes are told apart by when they took what.
std::chrono::nanoseconds skew_of(const std::string& host) {
    std::uint32_t mixed = 0;
    for (const char letter : host) mixed = mixed * 31 + static_cast<unsigned char>(letter);
    return std::chrono::nanoseconds(mixed % 1'000'000);
}

std::string text_of(const env::LogField& field) {
    struct Show {
        std::string operator()(std::string_view text) const { return std::string(text); }
        std::string operator()(bool flag) const { return flag ? "true" : "false"; }
        std::string operator()(std::int64_t number) const { return std::to_string(number); }
        std::string operator()(double number) const { return std::to_string(number); }
    };
    return std::string(field.name) + "=" + std::visit(Show{}, field.value);
}

}  // namespace

void Life::show_logs(bool shown) { g_show_logs = shown; }
void Life::show_calls(bool shown) { g_show_calls = shown; }

void Life::show_call(std::string_view to, std::string_view request) {
    constexpr std::size_t kMostShown = 2000;
    if (!g_show_calls) return;
    const std::string_view shown = request.substr(0, kMostShown);
    std::printf("%10lld ms   ->   %s/%llu %.*s: %.*s\n", milliseconds_of(now()), host_.c_str(),
                static_cast<unsigned long long>(number_), static_cast<int>(to.size()), to.data(),
                static_cast<int>(shown.size()), shown.data());
}

Life::Life(World& world, std::string host, std::uint64_t number)
    : world_(world),
      host_(std::move(host)),
      number_(number),
      random_(world.random().fork(host_, number)),
      wall_offset_(skew_of(host_)) {}

env::TimerId Life::at(env::Monotonic when, env::Job job) {
    const std::uint64_t id = ++last_;
    // The world holds only the number: the job itself dies with this life, or is run out by drain().
    const env::TimerId timer = alive_ ? world_.at(when, [this, id] { run(id); }) : 0;
    jobs_.emplace(id, Waiting{.job = std::move(job), .timer = timer, .when = when});
    return id;
}

void Life::cancel(env::TimerId timer) {
    const auto job = jobs_.extract(timer);
    if (job && alive_) world_.cancel(job.mapped().timer);
}

void Life::run(std::uint64_t id) {
    if (!alive_) return;
    auto job = jobs_.extract(id);
    if (job) job.mapped().job();
}

bool Life::drain() {
    if (!ended_.requested()) ended_.request();
    for (int step = 0; !jobs_.empty(); ++step) {
        if (step == kMostLastSteps) return false;
        const auto next = std::ranges::min_element(
            jobs_, {}, [](const auto& entry) { return std::pair(entry.second.when, entry.first); });
        auto job = jobs_.extract(next);
        job.mapped().job();
    }
    return true;
}

void Life::write(env::LogLevel level, std::string_view target, std::string_view message, env::LogFields fields) {
    if (!alive_) return;
    world_.mark(message);
    std::string line;
    for (const env::LogField& field : fields) line += " " + text_of(field);
    world_.mark(line);
    if (!g_show_logs) return;
    std::printf("%10lld ms %-6s %s/%llu %.*s: %.*s%s\n", milliseconds_of(now()),
                level >= env::LogLevel::Warn ? "warn" : "info", host_.c_str(), static_cast<unsigned long long>(number_),
                static_cast<int>(target.size()), target.data(), static_cast<int>(message.size()), message.data(),
                line.c_str());
}

}  // namespace miroir::sim

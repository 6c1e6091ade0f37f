// One run of one scenario: the world, its wires and hosts, and what was found wrong in it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/buggify.h"
#include "sim/host.h"

namespace miroir::sim {

enum class Verdict : std::uint8_t { Fine, Unsafe, Stuck };

class Run {
public:
    explicit Run(std::uint64_t seed);
    ~Run();

    World world;
    Network network;
    SeededRandom random;  // the scenario's own draws
    Buggify buggify;

    Host& host(std::string name, AppFactory factory);  // made and started
    const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }

    // Something happened that never may.
    void unsafe(std::string what);
    // Something did not happen in its time.
    void stuck(std::string what);
    bool failed() const { return verdict_ != Verdict::Fine; }
    Verdict verdict() const { return verdict_; }
    const std::string& finding() const { return finding_; }

    // Asked again and again until end(). What `check` looks at must live until then.
    void always(std::chrono::nanoseconds every, std::function<void()> check);
    // stuck() unless it holds within the span.
    bool expect_within(std::chrono::nanoseconds span, std::string what, const std::function<bool()>& holds);

    double unit() { return env::draw_unit(random); }
    std::uint64_t below(std::uint64_t bound) { return env::draw_below(random, bound); }
    bool chance(double probability) { return env::chance(random, probability); }
    std::chrono::milliseconds between(std::chrono::milliseconds low, std::chrono::milliseconds high);

    // Ends every host and looks for what was left behind; after it nothing happens any more. A scenario calls it
    // last, while what its checks look at still lives.
    void end();

private:
    void again(std::chrono::nanoseconds every, std::size_t check);
    void found(Verdict verdict, std::string what);

    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<std::function<void()>> checks_;
    Verdict verdict_ = Verdict::Fine;
    std::string finding_;
    bool ended_ = false;
};

}  // namespace miroir::sim

#include "env/real/reactor.h"

#include <csignal>
#include <set>
#include <thread>

#include "env/log.h"
#include "env/real/signals.h"

namespace miroir::env {
namespace {

using std::chrono::milliseconds;

TEST(Reactor, RunsPostedJobsInOrderAndOneByOne) {
    Reactor reactor;
    std::vector<int> seen;
    reactor.post([&] {
        reactor.post([&] { seen.push_back(3); });
        seen.push_back(1);
    });
    reactor.post([&] { seen.push_back(2); });
    reactor.post([&] { reactor.post([&] { reactor.stop(); }); });
    reactor.run();
    EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST(Reactor, TakesJobsFromAnotherThread) {
    Reactor reactor;
    const std::thread::id here = std::this_thread::get_id();
    std::thread::id ran;
    std::thread other([&] {
        reactor.post([&] {
            ran = std::this_thread::get_id();
            reactor.stop();
        });
    });
    reactor.run();
    other.join();
    EXPECT_EQ(ran, here);
}

TEST(Reactor, FiresTimersByTimeThenByAge) {
    Reactor reactor;
    std::vector<int> seen;
    const Monotonic soon = reactor.now() + milliseconds(3);
    reactor.at(soon + milliseconds(2), [&] {
        seen.push_back(3);
        EXPECT_GE(reactor.now(), soon + milliseconds(2));
        reactor.stop();
    });
    reactor.at(soon, [&] { seen.push_back(1); });
    reactor.at(soon, [&] { seen.push_back(2); });
    reactor.at(reactor.now() - milliseconds(5), [&] { seen.push_back(0); });
    reactor.run();
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TEST(Reactor, CancelledTimerIsDestroyedAtOnceAndNeverRuns) {
    Reactor reactor;
    const auto held = std::make_shared<int>(1);
    bool ran = false;
    const TimerId timer = reactor.at(reactor.now() + milliseconds(1), [held, &ran] { ran = true; });
    EXPECT_EQ(held.use_count(), 2);
    reactor.cancel(timer);
    EXPECT_EQ(held.use_count(), 1);
    reactor.cancel(timer);
    reactor.at(reactor.now() + milliseconds(3), [&] { reactor.stop(); });
    reactor.run();
    EXPECT_FALSE(ran);
}

TEST(Reactor, ThousandsOfCancelledTimersLeaveTheOthersInTheirOrder) {
    Reactor reactor;
    std::vector<int> seen;
    const Monotonic begin = reactor.now();
    std::vector<TimerId> dead;
    std::vector<int> wanted;
    for (int i = 0; i < 3'000; ++i) {
        const TimerId timer = reactor.at(begin + std::chrono::microseconds(i), [&seen, i] { seen.push_back(i); });
        if (i % 10 == 0) wanted.push_back(i);
        else dead.push_back(timer);
    }
    for (const TimerId timer : dead) reactor.cancel(timer);
    reactor.at(begin + milliseconds(4), [&] { reactor.stop(); });
    for (const TimerId timer : dead) reactor.cancel(timer);  // whose places others have taken meanwhile
    reactor.run();
    EXPECT_EQ(seen, wanted);
}

TEST(Reactor, TimerMayCancelOthersThatAreDue) {
    Reactor reactor;
    std::string seen;
    TimerId second = 0;
    const Monotonic now = reactor.now();
    reactor.at(now, [&] {
        seen += 'a';
        reactor.cancel(second);
    });
    second = reactor.at(now, [&] { seen += 'b'; });
    reactor.at(now, [&] {
        seen += 'c';
        reactor.stop();
    });
    reactor.run();
    EXPECT_EQ(seen, "ac");
}

TEST(Reactor, TimerThatSetsTimersForNowLetsOtherWorkIn) {
    Reactor reactor;
    int rounds = 0;
    std::function<void()> again = [&] {
        ++rounds;
        reactor.at(reactor.now(), again);
    };
    again();
    reactor.post([&] { reactor.post([&] { reactor.stop(); }); });
    reactor.run();
    EXPECT_LT(rounds, 1000);
}

TEST(Reactor, TwoReactorsDrawDifferentNumbers) {
    Reactor a;
    Reactor b;
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 100; ++i) {
        drawn.insert(a.next());
        drawn.insert(b.next());
    }
    EXPECT_EQ(drawn.size(), 200u);
}

Task<int> add_later(Env env, int a, int b) {
    co_await sleep_for(env, milliseconds(1));
    co_return a + b;
}

class Silence final : public Log {
public:
    bool enabled(LogLevel) const override { return false; }
    void write(LogLevel, std::string_view, std::string_view, LogFields) override {}
};

TEST(Reactor, RunTaskGivesTheValueAndMayBeUsedAgain) {
    Reactor reactor;
    Silence log;
    EXPECT_EQ(run_task(reactor, add_later(reactor.env(log), 2, 3)), 5);
    EXPECT_EQ(run_task(reactor, add_later(reactor.env(log), 4, 3)), 7);
}

TEST(Signals, ArriveOnTheReactorEachTime) {
    Reactor reactor;
    std::vector<int> seen;
    const auto signals = on_signal(reactor, [&](int signal) {
        seen.push_back(signal);
        if (seen.size() == 2) reactor.stop();
        else std::raise(SIGINT);
    });
    reactor.post([] { std::raise(SIGTERM); });
    reactor.run();
    EXPECT_EQ(seen, (std::vector<int>{SIGTERM, SIGINT}));
}

}  // namespace
}  // namespace miroir::env

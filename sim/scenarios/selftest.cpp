// Who checks the checkers? Each small story below has a bug planted in it, and must be found guilty of the right
// crime; beside each stands the same story without the bug, which must be found fine.
#include <array>

#include "sim/fakes/fake_node.h"
#include "sim/fakes/watcher.h"
#include "sim/scenario.h"
#include "sim/scenarios/scenarios.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

// Writes numbered lines to a node until told otherwise; remembers which were acknowledged.
class Writer final : public App {
public:
    explicit Writer(AppContext context) : env_(context.env), client_(context.client), ended_(context.ended) {
        env::spawn(env_.executor, write_on());
    }
    const std::vector<std::string>& acknowledged() const { return acknowledged_; }

private:
    env::Task<void> write_on() {
        for (int line = 0; !ended_.requested(); ++line) {
            http::Outgoing request{.method = "POST", .target = "/ledger"};
            request.body = "line " + std::to_string(line);
            http::SendOptions options;
            options.deadline = env::Deadline::after(env_.clock, 50ms);
            options.cancel = ended_;
            const std::string text = request.body;
            http::Address to{.host = "node", .port = 7700};
            const Result<http::Reply> reply =
                co_await client_.send(std::move(to), std::move(request), std::move(options));
            if (reply && reply->status == 202) acknowledged_.push_back(text);
            co_await env::sleep_for(env_, 1ms, ended_);
        }
    }
    env::Env env_;
    http::Client& client_;
    env::Cancel ended_;
    std::vector<std::string> acknowledged_;
};

void durable(Run& run, bool forgets) {
    const auto manner = std::make_shared<FakeNodeManner>();
    manner->forgets_to_sync = forgets;
    Host& node = run.host("node", fake_node(manner));
    Host& writer = run.host("writer", [](AppContext context) { return std::make_unique<Writer>(context); });
    run.network.options.loss_before = run.network.options.loss_after = run.network.options.duplicate = 0.1;
    run.network.options.reset_share = 1;
    for (int turn = 0; turn < 5; ++turn) {
        node.kill_at_write(1 + run.below(60));
        run.world.run_until([&] { return !node.alive(); }, 5s);
        node.start();
    }
    run.world.run_for(20ms);
    node.kill();
    node.start();
    const std::string kept = "\n" + node.disk().open(node.life())->read("ledger").value_or("");
    for (const std::string& line : writer.app<Writer>().acknowledged()) {
        if (kept.find("\n" + line + "\n") == std::string::npos) run.unsafe("an acknowledged write is lost: " + line);
    }
    if (writer.app<Writer>().acknowledged().empty()) run.stuck("nothing was ever acknowledged");
    run.end();
}

cluster::TopologySpec one_node() {
    cluster::TopologySpec spec{.nodes = {}, .shards = 4, .replicas = 1};
    spec.nodes.push_back({.id = {"node"}, .address = "http://node:7700", .group = {0}, .zone = {}});
    return spec;
}

void returns(Run& run, bool stays_away) {
    Host& node = run.host("node", fake_node(std::make_shared<FakeNodeManner>()));
    Host& host = run.host("watcher", watcher(one_node(), {}));
    run.expect_within(1s, "ready", [&] { return host.app<Watcher>().ready(); });
    node.kill();
    run.expect_within(40s, "down", [&] { return !host.app<Watcher>().ready(); });
    if (!stays_away) node.start();
    run.expect_within(40s, "ready again", [&] { return host.app<Watcher>().ready(); });
    run.end();
}

class Restless final : public App {
public:
    // `deaf`: does not hear the end while it is true.
    Restless(AppContext context, std::shared_ptr<bool> deaf)
        : env_(context.env), ended_(context.ended), deaf_(std::move(deaf)) {
        env::spawn(env_.executor, run_on());
    }

private:
    env::Task<void> run_on() {
        while (*deaf_ || !ended_.requested()) co_await env::sleep_for(env_, 10ms);
    }
    env::Env env_;
    env::Cancel ended_;
    std::shared_ptr<bool> deaf_;
};

void ends(Run& run, bool hard_of_hearing) {
    const auto deaf = std::make_shared<bool>(hard_of_hearing);
    Host& host = run.host("host", [deaf](AppContext context) { return std::make_unique<Restless>(context, deaf); });
    run.world.run_for(1s);
    host.kill();
    host.start();
    run.world.run_for(1s);
    run.end();
    *deaf = false;  // found out or not, it shall not leak
}

// What a clock, an address or an unseeded draw would do: something that is not the same the second time.
std::uint64_t g_leak = 0;

void repeats(Run& run, bool leaks) {
    run.host("node", fake_node(std::make_shared<FakeNodeManner>()));
    run.world.run_for(std::chrono::milliseconds(leaks ? ++g_leak : 7));
    run.end();
}

void forgets_to_sync(Run& run) { durable(run, true); }
void syncs(Run& run) { durable(run, false); }
void stays_away(Run& run) { returns(run, true); }
void comes_back(Run& run) { returns(run, false); }
void deaf_to_the_end(Run& run) { ends(run, true); }
void hears_the_end(Run& run) { ends(run, false); }

struct Planted {
    Scenario story;
    Verdict expected;
};

void expect_verdict(Run& run, const Planted& planted, std::uint64_t seed) {
    const Outcome outcome = play(planted.story, seed);
    if (outcome.verdict == planted.expected) return;
    const std::string name(planted.story.name);
    if (planted.expected == Verdict::Fine) run.unsafe(name + " is innocent and was accused: " + outcome.finding);
    else run.unsafe(name + " was not found out: " + (outcome.finding.empty() ? "nothing was said" : outcome.finding));
}

}  // namespace

void play_selftest(Run& run) {
    static constexpr std::array kStories = {
        Planted{{"forgets to sync", "", forgets_to_sync}, Verdict::Unsafe},
        Planted{{"syncs", "", syncs}, Verdict::Fine},
        Planted{{"stays away", "", stays_away}, Verdict::Stuck},
        Planted{{"comes back", "", comes_back}, Verdict::Fine},
        Planted{{"deaf to the end", "", deaf_to_the_end}, Verdict::Unsafe},
        Planted{{"hears the end", "", hears_the_end}, Verdict::Fine},
    };
    const std::uint64_t seed = run.random.next();
    for (const Planted& planted : kStories) expect_verdict(run, planted, seed);
    const Scenario leaky{"leaky", "", [](Run& r) { repeats(r, true); }};
    const Scenario tight{"tight", "", [](Run& r) { repeats(r, false); }};
    if (play(leaky, seed).trace == play(leaky, seed).trace) run.unsafe("a run that does not repeat was not found out");
    if (play(tight, seed).trace != play(tight, seed).trace) run.unsafe("a run that repeats was accused of a leak");
    run.end();
}

}  // namespace miroir::sim

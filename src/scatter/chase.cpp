#include "scatter/chase.h"

#include <algorithm>
#include <array>

namespace miroir::scatter {
namespace {

using plan::NodeCall;

constexpr double kMostTokens = 20;
constexpr int kMuchLater = 3;  // times the moment for a second try: then the reserve of the budget may be used

// A call that was given less time than this says nothing of what it costs.
constexpr std::chrono::seconds kFairTime(1);
constexpr std::string_view kCheapSearch = R"({"limit":0})";
constexpr std::chrono::milliseconds kCheapTime(500);

// "/indexes/films", or nothing.
std::string index_in(std::string_view target) {
    constexpr std::string_view kIndexes = "/indexes/";
    if (!target.starts_with(kIndexes)) return {};
    return std::string(target.substr(0, target.find('/', kIndexes.size())));
}

bool is_busy(int status) { return status == 503 || status == 429; }

// Only indexes that there are get asked: the node has lost this one, or nobody has it any more.
bool is_absence(const Result<http::Reply>& outcome) {
    return outcome && outcome->status == 404 && outcome->body.find("\"index_not_found\"") != std::string::npos;
}

bool usable(const Result<http::Reply>& outcome) {
    return outcome && !is_refusal_of_node(outcome->status) && !is_absence(outcome);
}

std::size_t copies(const cluster::Topology& topology) { return std::size_t{topology.replicas()} * topology.groups(); }

NodeCall who_and_what_for(const NodeCall& call) {
    NodeCall out;
    out.node = call.node;
    out.shards = call.shards;
    return out;
}

}  // namespace

struct Chase::Try {
    NodeCall call;  // without what is sent
    env::Cancel cancel;
    env::Cancel::Hook hook;  // the client's wish to stop is ours
    std::optional<Result<http::Reply>> outcome;
    env::Monotonic begun;
};

// The first try of one call and, when it is late, the second tries that together ask the same.
struct Chase::Race {
    explicit Race(env::Executor& executor) : executor(executor), changed(executor) {}

    void wake() { changed.set(true); }
    bool first_answered() const { return first->outcome && usable(*first->outcome); }
    bool first_failed() const { return first->outcome && !usable(*first->outcome); }
    bool seconds_answered() const {
        return !seconds.empty() &&
               std::ranges::all_of(seconds, [](const auto& one) { return one->outcome && usable(*one->outcome); });
    }
    bool seconds_ended() const {
        return std::ranges::all_of(seconds, [](const auto& one) { return one->outcome.has_value(); });
    }
    bool decided() const { return first_answered() || seconds_answered() || (first_failed() && seconds_ended()); }

    env::Executor& executor;
    std::shared_ptr<Try> first;
    std::vector<std::shared_ptr<Try>> seconds;
    env::OneShot<bool> changed;
    bool late = false;
};

env::Task<void> Chase::attempt(RacePtr race, std::shared_ptr<Try> one, NodeCall sent,
                               std::shared_ptr<Scatter::Core> core, cluster::TopologyPtr topology, http::Call call,
                               std::chrono::nanoseconds limit) {
    one->outcome.emplace(
        co_await send_once(std::move(core), std::move(topology), std::move(sent), std::move(call), limit));
    race->wake();
}

void Chase::start(const RacePtr& race, NodeCall call, std::uint32_t round) {
    auto one = std::make_shared<Try>();
    one->call = who_and_what_for(call);
    one->begun = core_->env.clock.now();
    one->hook = env::Cancel::Hook(call_.cancel, [cancel = one->cancel]() mutable { cancel.request(); });
    if (race->first == nullptr) race->first = one;
    else race->seconds.push_back(one);
    http::Call own = call_;
    own.cancel = one->cancel;
    env::detail::run_detached(
        attempt(race, std::move(one), std::move(call), core_, topology_, std::move(own), limit(round)));
}

// Where somebody else could still be asked, one silent node must not use up all the time there is.
std::chrono::nanoseconds Chase::limit(std::uint32_t round) const {
    constexpr int kParts = 5;
    constexpr int kForOne = 3;
    const std::chrono::nanoseconds whole = core_->options.node_timeout;
    if (call_.deadline.at == env::Monotonic::max() || copies(*topology_) < 2 || round >= core_->options.rounds_max)
        return whole;
    const std::chrono::nanoseconds left = call_.deadline.at - core_->env.clock.now();
    return std::min(whole, left / kParts * kForOne);
}

std::optional<std::chrono::nanoseconds> Chase::late_after(const NodeCall& call) const {
    const HedgeOptions& hedging = core_->options.hedging;
    if (!hedging.enabled || copies(*topology_) < 2 || gathered_.hedges >= hedging.max_per_query) return std::nullopt;
    const NodeId& node = topology_->node(call.node).id;
    if (core_->paces.slow(node)) return std::chrono::nanoseconds(0);
    const auto p95 = core_->paces.p95(node);
    if (!p95) return std::nullopt;
    const auto after =
        std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(p95->count()) * hedging.p95_multiplier));
    return std::max(after, hedging.min_trigger);
}

// Nothing when they would not ask for the whole of it, or the budget is used up down to the reserve.
std::vector<NodeCall> Chase::second_tries(const NodeCall& first, double reserve) {
    const HedgeOptions& hedging = core_->options.hedging;
    std::vector<cluster::NodeIndex> avoid = avoid_;
    avoid.push_back(first.node);
    Result<std::vector<NodeCall>> calls = elsewhere_(first.shards, avoid);
    if (!calls || calls->empty()) return {};
    std::size_t shards = 0;
    bool same_group = true;
    for (const NodeCall& call : *calls) {
        shards += call.shards.size();
        same_group = same_group && topology_->node(call.node).group == topology_->node(first.node).group;
    }
    if (shards != first.shards.size() || (!same_group && !hedging.cross_group)) return {};
    if (gathered_.hedges + calls->size() > hedging.max_per_query) return {};
    if (core_->hedge_tokens < static_cast<double>(calls->size()) + reserve) {
        core_->budget_gone.add();
        return {};
    }
    core_->hedge_tokens -= static_cast<double>(calls->size());
    gathered_.hedges += static_cast<std::uint32_t>(calls->size());
    for (const NodeCall& call : *calls) gathered_.hedged.push_back(call.node);
    return *std::move(calls);
}

env::Task<Chase::RacePtr> Chase::race(NodeCall call, std::uint32_t round) {
    auto race = std::make_shared<Race>(core_->env.executor);
    const auto after = late_after(call);
    core_->hedge_tokens = std::min(kMostTokens, core_->hedge_tokens + core_->options.hedging.budget);
    start(race, std::move(call), round);
    env::TimerId timer = 0;
    const auto wake_after = [&](std::chrono::nanoseconds span) {
        timer = core_->env.executor.at(race->first->begun + span, [race] {
            race->late = true;
            race->wake();
        });
    };
    if (after && !race->decided()) wake_after(*after);
    double reserve = kHedgeReserve;
    while (!race->decided()) {
        if (std::exchange(race->late, false) && !race->first->outcome) {
            for (NodeCall& second : second_tries(race->first->call, reserve)) start(race, std::move(second), round);
            const bool waits = race->seconds.empty() && std::exchange(reserve, 0) > 0;
            if (waits) wake_after(std::max(*after, core_->options.hedging.min_trigger) * kMuchLater);
            continue;
        }
        co_await race->changed;
        race->changed = env::OneShot<bool>(race->executor);
    }
    core_->env.executor.cancel(timer);
    co_return race;
}

void Chase::note_hedge(const Race& race, bool won) {
    if (race.seconds.empty()) return;
    (won ? core_->hedges_won : core_->hedges_lost).add();
    if (!won) return;
    const NodeId& slow = topology_->node(race.first->call.node).id;
    const auto saved = core_->paces.typical(slow) - (core_->env.clock.now() - race.first->begun);
    core_->savings.observe(std::max(0.0, std::chrono::duration<double>(saved).count()));
}

// What the race brought: answers into the pile, and the shards for which it brought none.
std::vector<ShardId> Chase::take(Race& race) {
    std::vector<ShardId> unanswered;
    const bool by_first = race.first_answered();
    note_hedge(race, !by_first && race.seconds_answered());
    const auto settle = [&](Try& one, bool counts) {
        if (!one.outcome) return one.cancel.request();
        const bool good = counts && usable(*one.outcome);
        if (!good && counts) unanswered.insert(unanswered.end(), one.call.shards.begin(), one.call.shards.end());
        if (!counts && usable(*one.outcome)) return;
        std::vector<ShardId> shards = one.call.shards;
        if (!take_outcome(std::move(one.call), *std::move(one.outcome)) && good)
            unanswered.insert(unanswered.end(), shards.begin(), shards.end());
    };
    // The seconds ask the same as the first: one side counts.
    const bool seconds_count = !by_first && !race.seconds.empty();
    settle(*race.first, !seconds_count);
    for (const std::shared_ptr<Try>& one : race.seconds) settle(*one, seconds_count);
    return unanswered;
}

bool Chase::take_outcome(NodeCall call, Result<http::Reply> outcome) {
    const cluster::NodeIndex node = call.node;
    const bool busy = outcome && is_busy(outcome->status);
    if (usable(outcome)) {
        Answered answered{.call = std::move(call), .reply = *std::move(outcome)};
        Result<void> accepted = accept_ ? accept_(answered) : Result<void>();
        if (accepted) {
            gathered_.answers.push_back(std::move(answered));
            return true;
        }
        core_->unusable.add();
        outcome = fail(std::move(accepted).error());
    }
    const bool gone = is_absence(outcome);
    all_gone_ = all_gone_ && gone;
    others_failed_ = others_failed_ || !busy;
    Error error = outcome ? Error{.code = ErrorCode::MiroirNodeBadReply,
                                  .message = "the node answered with status " + std::to_string(outcome->status)}
                          : outcome.error();
    if (gone) gone_.emplace(std::move(call), *std::move(outcome));
    gathered_.failures.emplace_back(node, std::move(error));
    avoid_.push_back(node);
    return false;
}

// Nodes that ran out of time, among the failures from this one on.
std::vector<cluster::NodeIndex> Chase::late_from(std::size_t failure) const {
    std::vector<cluster::NodeIndex> late;
    for (std::size_t i = failure; i < gathered_.failures.size(); ++i) {
        if (gathered_.failures[i].second.code == ErrorCode::MiroirTimeout) late.push_back(gathered_.failures[i].first);
    }
    return late;
}

// Does a node that ran out of time over a call answer a search that costs nothing? Then it was the call. (One that
// answers its health check may all the same hang on searches.)
env::Task<bool> Chase::was_too_costly(std::vector<cluster::NodeIndex> late, std::string index) {
    for (const cluster::NodeIndex node : late) {
        const std::chrono::nanoseconds left = call_.deadline.at == env::Monotonic::max()
                                                  ? std::chrono::nanoseconds::max()
                                                  : call_.deadline.at - core_->env.clock.now();
        if (left.count() <= 0 || call_.cancel.requested()) co_return false;
        NodeCall cheap;
        cheap.node = node;
        cheap.method = "POST";
        cheap.target = index + "/search";
        cheap.body = kCheapSearch;
        const Result<http::Reply> reply = co_await send_once(core_, topology_, std::move(cheap), call_,
                                                             std::min<std::chrono::nanoseconds>(kCheapTime, left / 4));
        if (usable(reply)) co_return true;
    }
    co_return false;
}

env::Task<bool> Chase::pursue(NodeCall call, std::uint32_t round) {
    std::vector<ShardId> unanswered;
    std::vector<cluster::NodeIndex> late;
    const std::string index = index_in(call.target);
    const bool fair = limit(round) >= std::min<std::chrono::nanoseconds>(kFairTime, core_->options.node_timeout);
    if (copies(*topology_) < 2 || !core_->options.hedging.enabled) {  // nobody could be asked beside the first
        NodeCall asked = who_and_what_for(call);
        std::vector<ShardId> shards = asked.shards;
        Result<http::Reply> outcome = co_await send_once(core_, topology_, std::move(call), call_, limit(round));
        const std::size_t failures = gathered_.failures.size();
        if (!take_outcome(std::move(asked), std::move(outcome))) unanswered = std::move(shards);
        late = late_from(failures);
    } else {
        const RacePtr ran = co_await race(std::move(call), round);
        const std::size_t failures = gathered_.failures.size();
        unanswered = take(*ran);
        late = late_from(failures);
    }
    if (unanswered.empty()) co_return true;
    std::ranges::sort(unanswered);
    const bool costly = fair && !index.empty() && co_await was_too_costly(std::move(late), index);
    gathered_.too_costly = gathered_.too_costly || costly;
    const bool over = costly || round >= core_->options.rounds_max || call_.deadline.expired(core_->env.clock) ||
                      call_.cancel.requested();
    Result<std::vector<NodeCall>> next =
        over ? Result<std::vector<NodeCall>>(std::vector<NodeCall>{}) : elsewhere_(unanswered, avoid_);
    std::vector<NodeCall> calls = next ? *std::move(next) : std::vector<NodeCall>{};
    // What is not even asked of another node will not be answered: an incomplete answer must say so.
    for (const ShardId shard : unanswered) {
        const bool asked = std::ranges::any_of(
            calls, [shard](const NodeCall& one) { return std::ranges::find(one.shards, shard) != one.shards.end(); });
        if (!asked) gathered_.missing.push_back(shard);
    }
    core_->retries.add(static_cast<double>(calls.size()));
    if (calls.empty()) co_return false;
    co_return co_await pursue_all(std::move(calls), round + 1);
}

env::Task<bool> Chase::pursue_all(std::vector<NodeCall> calls, std::uint32_t round) {
    if (calls.size() == 1) co_return co_await pursue(std::move(calls.front()), round);
    std::vector<env::Task<bool>> pursued;
    pursued.reserve(calls.size());
    for (NodeCall& call : calls) pursued.push_back(pursue(std::move(call), round));
    const std::vector<bool> ends = co_await env::gather(core_->env.executor, std::move(pursued));
    co_return std::ranges::all_of(ends, [](bool good) { return good; });
}

Gathered Chase::finish() && {
    if (gathered_.answers.empty() && gone_ && all_gone_) {  // it is being deleted
        gathered_.answers.push_back(*std::move(gone_));
        gathered_.missing.clear();
    }
    std::ranges::sort(gathered_.missing);
    gathered_.turned_away = !gathered_.missing.empty() && !gathered_.failures.empty() && !others_failed_;
    if (!gathered_.missing.empty()) core_->partial.add();
    return std::move(gathered_);
}

}  // namespace miroir::scatter

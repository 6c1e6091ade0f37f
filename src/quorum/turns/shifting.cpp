#include "quorum/turns/shifting.h"

#include <algorithm>

#include "json/members.h"

namespace miroir::quorum {

using State = tasks::NodeTask::State;

namespace {

constexpr std::chrono::seconds kLongestRead{2};  // who reads for longer may meet both, and is not told

}  // namespace

env::Task<void> Shifting::announce(std::uint64_t uid) {
    const std::map<std::string, std::string> renamed = parts_.catalog.renames_of(uid);
    const ShiftsPtr before = parts_.board.current()->shifts;
    if (renamed.empty() || before->under_way.contains(uid)) co_return;
    auto next = std::make_shared<Shifts>(*before);
    for (const auto& [from, to] : renamed) next->under_way[uid].insert({from, to});
    parts_.board.set_shifts(std::move(next));
    // Counted, not looked up: a process that ends has no time left.
    std::chrono::nanoseconds waited{0};
    for (; before.use_count() > 1 && waited < kLongestRead; waited += parts_.poll)
        co_await env::sleep_for(parts_.env, parts_.poll);
}

bool Shifting::is_over(std::uint64_t uid) const {
    const tasks::TaskEntry* known = parts_.tasks.find(uid);
    return known == nullptr || protocol::is_finished(known->task.status);
}

void Shifting::forget_ended() {
    const ShiftsPtr now = parts_.board.current()->shifts;
    if (now->under_way.empty()) return;
    auto next = std::make_shared<Shifts>(*now);
    std::erase_if(next->under_way, [this](const auto& shift) { return is_over(shift.first); });
    if (next->under_way.size() != now->under_way.size()) parts_.board.set_shifts(std::move(next));
}

env::Task<bool> Shifting::has_not_begun(NodeId node, std::string address, std::uint64_t uid) {
    const Result<std::optional<json::Value>> said = co_await parts_.ask(std::move(node), std::move(address), uid);
    co_return said && (!*said || text_at(**said, "status") == "enqueued");
}

env::Task<Shifting::Seen> Shifting::look_at_one(std::uint64_t uid) {
    if (is_over(uid)) co_return Seen::Over;
    const cluster::TopologyPtr topology = parts_.topology();
    std::vector<env::Task<bool>> asked;
    for (const tasks::NodeTask& part : parts_.tasks.find(uid)->parts) {
        const std::optional<cluster::NodeIndex> index = topology->find(part.node);
        if (part.state == State::Missed || !index || !topology->node(*index).writable()) continue;
        if (part.state > State::Missed || part.uid == 0) co_return Seen::Between;
        asked.push_back(has_not_begun(part.node, topology->node(*index).address, part.uid));
    }
    const std::vector<bool> before = co_await env::gather(parts_.env.executor, std::move(asked));
    co_return std::ranges::all_of(before, std::identity()) ? Seen::Before : Seen::Between;
}

// Over when all are. Between when some are, or a node may have begun one.
env::Task<Shifting::Seen> Shifting::look_at(std::vector<std::uint64_t> tasks) {
    const env::Monotonic came = parts_.env.clock.now();
    const env::Lane::Pass pass = co_await looked_at_.enter();
    if (last_.tasks == tasks && last_.begun > came && last_.found == Seen::Before) co_return Seen::Before;
    Look look{.tasks = std::move(tasks), .begun = parts_.env.clock.now()};
    std::size_t over = 0;
    bool between = false;
    for (const std::uint64_t uid : look.tasks) {
        const Seen found = co_await look_at_one(uid);
        over += found == Seen::Over ? 1 : 0;
        between = between || found == Seen::Between;
    }
    look.found = over == look.tasks.size() ? Seen::Over : between || over > 0 ? Seen::Between : Seen::Before;
    last_ = look;
    co_return look.found;
}

env::Task<Shifting::Seen> Shifting::await(std::vector<std::uint64_t> tasks, std::chrono::nanoseconds longest) {
    std::chrono::nanoseconds waited{0};
    for (; waited < longest; waited += parts_.poll) {
        if (std::ranges::all_of(tasks, [this](std::uint64_t uid) { return is_over(uid); })) co_return Seen::Over;
        co_await env::sleep_for(parts_.env, parts_.poll);
    }
    co_return Seen::Between;
}

}  // namespace miroir::quorum

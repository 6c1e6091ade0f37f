// Changes of settings carried out: each round looks at the nodes of the wave under way, lets next_step() decide, and
// does that. Everything is written down before it is sent, so that a crash between any two steps goes on where it was.
#include <algorithm>

#include "env/log.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/node_settings.h"
#include "plan/settings_print.h"
#include "quorum/orders.h"
#include "quorum/passing_on.h"
#include "quorum/writer.h"

namespace miroir::quorum {

using tasks::NodeTask;
using State = NodeTask::State;
using Seen = SettingsLook::Seen;
using Phase = SettingsChange::Phase;

namespace {

constexpr std::string_view kChanges = "settings_changes";

NodeTask* part_of(tasks::TaskEntry& entry, const NodeId& node) {
    const auto found = std::ranges::find(entry.parts, node, &NodeTask::node);
    return found == entry.parts.end() ? nullptr : &*found;
}

bool writable(const cluster::Topology& topology, const NodeId& node) {
    const std::optional<cluster::NodeIndex> index = topology.find(node);
    return index && topology.node(*index).writable();
}

void keep_change(tasks::Batch& batch, std::uint64_t uid, const SettingsChange& change) {
    batch.put(std::string(kChanges), tasks::key_of(uid), json::to_text(to_json(change)));
}

}  // namespace

NodeRequest settings_patch(const IndexUid& index, std::string body) {
    return {.method = "PATCH",
            .target = "/indexes/" + index.value + "/settings",
            .content_type = "application/json",
            .body = std::move(body)};
}

env::Task<Result<void>> Writer::open_changes() {
    const Result<std::vector<tasks::Record>> records = co_await tasks::read_all(store_, std::string(kChanges));
    if (!records) co_return fail(records.error());
    for (const tasks::Record& record : *records) {
        const auto stored = json::parse(record.value);
        if (!stored) co_return fail(ErrorCode::MiroirStorageFailed, "a change of settings in the store cannot be read");
        MIROIR_CO_TRY(SettingsChange change, settings_change_of(*stored));
        changes_[tasks::number_of(record.key)] = std::move(change);
    }
    co_return Result<void>{};
}

void Writer::note_change(std::uint64_t uid, SettingsChange change, tasks::Batch& batch) {
    keep_change(batch, uid, change);
    changes_[uid] = std::move(change);
}

// What the holder keeps back on this node is to go out. Its own part gets the body known only now.
void Writer::release(Turn& turn, const NodeId& node, bool drop_own) {
    for (Hints::HeldAt& at : passed_on(hints_.all_held(), turn.uid)) {
        if (at.node == node) hints_.hold(turn.batch, at.node, at.place, std::move(at.held));
    }
    for (auto& [place, held] : hints_.held_by(node, turn.uid)) {
        const bool own = held.task == turn.uid;
        if (own && drop_own) {
            hints_.strike(turn.batch, node, place);
            turn.dropped.emplace_back(node, place);
            continue;
        }
        if (own) {
            Hints::Hint hint{.place = place, .task = turn.uid, .part = held.part};
            hint.request = settings_patch(turn.change.index, turn.change.body);
            hints_.change(turn.batch, node, hint);
        }
        hints_.unhold(turn.batch, node, place);
        const bool quiet = held.indexes == std::vector{turn.change.index.value};
        turn.released.push_back({.node = node, .place = place, .task = held.task, .part = held.part, .quiet = quiet});
    }
}

void Writer::send_in_turn(Turn& turn, const NodeId& node, std::string body) {
    NodeTask* const part = part_of(turn.entry, node);
    if (part == nullptr) return;
    Hints::Hint hint{.task = turn.uid, .part = static_cast<std::size_t>(part - turn.entry.parts.data())};
    hint.request = settings_patch(turn.change.index, std::move(body));
    const std::uint64_t place = hints_.add(turn.batch, node, std::move(hint));
    turn.released.push_back({.node = node, .place = place, .task = turn.uid, .part = 0, .quiet = true});
    *part = {.node = node};
}

void Writer::open_wave(Turn& turn) {
    for (const NodeId& node : turn.change.waves[turn.change.wave]) {
        turn.nodes[node] = plan::IndexEntry::kChanging;
        release(turn, node, false);
        if (NodeTask* const part = part_of(turn.entry, node)) {
            *part = {.node = node};
            continue;
        }
        turn.entry.parts.push_back({.node = node});  // it has joined since the change was asked for
        send_in_turn(turn, node, turn.change.body);
    }
}

// Makes the turn durable and true.
env::Task<bool> Writer::keep_turn(Turn turn) {
    keep_change(turn.batch, turn.uid, turn.change);
    const plan::IndexPtr index = catalog_.committed()->find(turn.change.index);
    plan::CatalogChange nodes{.kind = plan::CatalogChange::Kind::SetNodes, .uid = turn.change.index, .other = {}};
    nodes.node_versions = std::move(turn.nodes);
    if (index) nodes.settings_print = index->settings_print;
    catalog_.change(nodes, turn.batch);
    const Result<void> kept = co_await tasks_.save(std::move(turn.entry), std::move(turn.batch));
    if (!kept) co_return false;
    catalog_.changed_now(nodes);
    changes_[turn.uid] = std::move(turn.change);
    for (const auto& [node, place] : turn.owed) hints_.owe(node, place);
    co_await let_go(std::move(turn.released), turn.uid);
    co_return true;
}

// What was held back is owed now. Later tasks wait for their parts on nodes that answer reads meanwhile. One of them
// may be on its way to other nodes: how that ends is written down first.
env::Task<void> Writer::let_go(std::vector<Release> released, std::uint64_t holder) {
    for (const Release& each : released) {
        while (sending_.contains(each.task)) co_await env::sleep_for(env_, options_.poll_least);
    }
    for (const Release& each : released) hints_.released(each.node, each.place, each.quiet);
    for (const Release& each : released) {
        const tasks::TaskEntry* known = tasks_.find(each.task);
        const bool over = known == nullptr || protocol::is_finished(known->task.status);
        if (!each.awaited || each.task == holder || over) continue;
        if (each.part >= known->parts.size() || known->parts[each.part].state != State::Missed) continue;
        tasks::TaskEntry entry = *known;
        entry.parts[each.part].state = State::Planned;
        co_await tasks_.save(std::move(entry));
    }
}

env::Task<Writer::Followed> Writer::follow_change(std::uint64_t uid, cluster::TopologyPtr topology) {
    tasks_.start(uid, env_.clock.wall());
    Turn turn{.uid = uid, .change = changes_.at(uid), .entry = *tasks_.find(uid)};
    const plan::IndexPtr index = catalog_.committed()->find(turn.change.index);
    if (!index) {
        turn.entry.verdict = index_not_found(turn.change.index);
        co_return co_await end_change(std::move(turn), topology, false);
    }
    turn.nodes = index->node_versions;
    if (turn.change.phase == Phase::Waiting) co_return co_await begin_change(std::move(turn), topology, index);
    co_await look_after_parts(std::span(&turn.entry, 1), topology);
    const std::vector<NodeId> asked =
        turn.change.phase == Phase::Rollback ? turn.change.undone : turn.change.waves[turn.change.wave];
    SettingsLook look;
    for (const NodeId& node : asked) look.nodes.push_back(look_at(turn, *topology, node));
    const auto still_open = [](const Seen& seen) { return seen.kind == Seen::Kind::Open; };
    if (std::ranges::any_of(look.nodes, still_open)) co_return Followed::Waiting;
    if (turn.change.phase == Phase::Rollback) {
        for (const NodeId& node : asked) turn.nodes[node] = plan::IndexEntry::kDrifted;  // to be looked at again
        turn.entry.verdict = turn.change.error;
        co_return co_await end_change(std::move(turn), topology, false);
    }
    co_await show_all(look, turn.change.index, topology);
    look.covers = covers_now(turn, look, *topology);
    look.timed_out = turn.change.since && env_.clock.now() - *turn.change.since > options_.settings.verify_timeout;
    SettingsStep step = next_step(turn.change, look, options_.settings.max_repair_retries);
    co_return co_await take_step(std::move(turn), std::move(step), topology);
}

SettingsLook::Seen Writer::look_at(Turn& turn, const cluster::Topology& topology, const NodeId& node) {
    Seen seen{.node = node};
    NodeTask* const part = part_of(turn.entry, node);
    if (part == nullptr) {
        seen.kind = Seen::Kind::Away;
        return seen;
    }
    if (part->state < State::Missed && writable(topology, node)) return seen;
    if (part->state < State::Missed) {  // it is away, and holds nobody up: it is behind until it has ended it
        if (part->state == State::Accepted) {
            const auto number = static_cast<std::size_t>(part - turn.entry.parts.data());
            Hints::Hint hint{.task = turn.uid, .part = number, .uid = part->uid, .awaited = true};
            turn.owed.emplace_back(node, hints_.add(turn.batch, node, std::move(hint)));
        }
        part->state = State::Missed;
        hints_.speak_up(node);
    }
    if (part->state == State::Missed) seen.kind = Seen::Kind::Away;
    if (part->state == State::Succeeded) seen.kind = Seen::Kind::Mute;
    if (part->state == State::Failed || part->state == State::Canceled) {
        seen.kind = Seen::Kind::Failed;
        seen.error = part->error;
        if (!seen.error) seen.error = Error{.code = ErrorCode::Internal, .message = "the node's task was canceled"};
    }
    return seen;
}

env::Task<bool> Writer::show(SettingsLook::Seen& seen, IndexUid index, std::string address) {
    const json::Value shown =
        co_await link(seen.node).look(std::move(address), "/indexes/" + index.value + "/settings");
    if (!shown.is_object()) co_return false;
    seen.kind = Seen::Kind::Shows;
    seen.print = plan::settings_print(shown);
    co_return true;
}

env::Task<void> Writer::show_all(SettingsLook& look, IndexUid index, cluster::TopologyPtr topology) {
    std::vector<env::Task<bool>> asked;
    for (Seen& seen : look.nodes) {
        const std::optional<cluster::NodeIndex> node = topology->find(seen.node);
        if (seen.kind == Seen::Kind::Mute && node) asked.push_back(show(seen, index, topology->node(*node).address));
    }
    co_await env::gather(env_.executor, std::move(asked));
}

// Do the nodes that have it cover every shard?
bool Writer::covers_now(const Turn& turn, const SettingsLook& look, const cluster::Topology& topology) const {
    std::set<NodeId> lacking;
    for (const cluster::Node& node : topology.nodes()) lacking.insert(node.id);
    for (std::size_t i = 0; i < turn.change.wave; ++i) {
        for (const NodeId& node : turn.change.waves[i]) {
            if (writable(topology, node)) lacking.erase(node);
        }
    }
    for (const Seen& seen : look.nodes) {
        if (seen.kind == Seen::Kind::Shows) lacking.erase(seen.node);
    }
    for (const NodeTask& part : turn.entry.parts) {  // those that came late
        if (part.state == State::Succeeded && writable(topology, part.node)) lacking.erase(part.node);
    }
    // The debts of those that nobody can pay wait for the end of the change.
    return covered(turn.entry, topology, lacking, Debtors::WhereAllAre);
}

env::Task<Writer::Followed> Writer::begin_change(Turn turn, cluster::TopologyPtr topology, plan::IndexPtr index) {
    SettingsChange& change = turn.change;
    Result<protocol::Settings> after = protocol::apply_patch(index->settings, change.patch);
    if (!after) {
        turn.entry.verdict = inside_index(change.index, after.error());
        co_return co_await end_change(std::move(turn), topology, false);
    }
    // Nodes that are about to catch up take part; those that cannot are not waited for.
    std::optional<env::Monotonic>& since = changes_.at(turn.uid).since;
    if (!since) since = env_.clock.now();
    const bool patient = env_.clock.now() - *since < options_.settings.verify_timeout;
    std::vector<std::uint8_t> usable;
    for (const cluster::Node& node : topology->nodes()) {
        const bool owes = debts_.owes(node.id, index->uid);
        const bool catching_up = hints_.any(node.id) || (index->node_versions.contains(node.id) && !owes);
        if (catching_up && node.writable() && patient) co_return Followed::Stuck;
        usable.push_back(node.writable() && !catching_up && !owes ? 1 : 0);
    }
    const plan::SettingsWaves waves = plan::settings_waves(*topology, index->shards, usable, options_.settings.rollout);
    if (waves.waves.empty()) co_return Followed::Stuck;
    change.phase = Phase::Waves;
    change.first_covers = waves.first_covers;
    change.since.reset();
    std::set<NodeId> taking_part;
    for (const std::vector<cluster::NodeIndex>& wave : waves.waves) {
        std::vector<NodeId>& names = change.waves.emplace_back();
        for (const cluster::NodeIndex node : wave) names.push_back(topology->node(node).id);
        taking_part.insert(names.begin(), names.end());
    }
    change.body = json::to_text(json::Value(plan::node_settings_after(*after, index->settings)));
    change.previous_body = json::to_text(json::Value(plan::node_settings_after(index->settings, *after)));
    change.print = plan::expected_print(*after);
    plan::CatalogChange settings{.kind = plan::CatalogChange::Kind::SetSettings, .uid = change.index, .other = {}};
    settings.settings = protocol::settings_to_store(*after);
    catalog_.replan(turn.uid, {std::move(settings)}, turn.batch, env_.clock.wall().time_since_epoch().count());
    for (const cluster::Node& node : topology->nodes()) {
        if (!taking_part.contains(node.id)) release(turn, node.id, false);
    }
    for (Release& late : turn.released) late.quiet = false;
    open_wave(turn);
    const bool kept = co_await keep_turn(std::move(turn));
    co_return kept ? Followed::Ended : Followed::Stuck;
}

env::Task<Writer::Followed> Writer::take_step(Turn turn, SettingsStep step, cluster::TopologyPtr topology) {
    using Kind = SettingsStep::Kind;
    SettingsChange& known = changes_.at(turn.uid);
    if (!step.learnt.empty()) turn.change.print = step.learnt;
    if (step.kind == Kind::Wait) {
        if (!known.since) known.since = env_.clock.now();
        co_return Followed::Stuck;
    }
    if (step.kind == Kind::Again && !known.retry_at) {
        known.retry_at = env_.clock.now() + options_.settings.retry_least * (1U << std::min(turn.change.attempt, 10U));
        count_mismatch(turn.change.index);
    }
    if (step.kind == Kind::Again && env_.clock.now() < *known.retry_at) co_return Followed::Stuck;
    turn.change.since.reset();
    turn.change.retry_at.reset();
    if (step.kind == Kind::Commit) co_return co_await end_change(std::move(turn), topology, true);
    if (step.kind == Kind::Fail) {
        turn.entry.verdict = step.error;
        for (const NodeId& node : turn.change.waves.front()) turn.nodes.erase(node);
        co_return co_await end_change(std::move(turn), topology, false);
    }
    if (step.kind == Kind::Again) {
        ++turn.change.attempt;
        for (const NodeId& node : step.nodes) send_in_turn(turn, node, turn.change.body);
    }
    if (step.kind == Kind::NextWave) {
        ++turn.change.wave;
        turn.change.attempt = 0;
        open_wave(turn);
    }
    if (step.kind == Kind::Undo) {
        env_.log.error("quorum", "a change of settings is undone",
                       {{"index", turn.change.index.value}, {"task", turn.uid}, {"why", step.error->message}});
        turn.change.phase = Phase::Rollback;
        turn.change.undone = step.nodes;
        turn.change.error = step.error;
        for (const NodeId& node : step.nodes) send_in_turn(turn, node, turn.change.previous_body);
    }
    const bool kept = co_await keep_turn(std::move(turn));
    co_return kept ? Followed::Ended : Followed::Stuck;
}

// Whether it went well or not: what was held back goes on, and it is known of each node which settings it has.
env::Task<Writer::Followed> Writer::end_change(Turn turn, cluster::TopologyPtr topology, bool committed) {
    const plan::IndexPtr index = catalog_.committed()->find(turn.change.index);
    const std::uint64_t before = index ? index->settings_version : 0;
    std::set<NodeId> done;
    for (std::size_t i = 0; i <= turn.change.wave && i < turn.change.waves.size(); ++i)
        done.insert(turn.change.waves[i].begin(), turn.change.waves[i].end());
    for (const NodeTask& part : turn.entry.parts) {
        const bool begun = done.contains(part.node);
        const bool was_late = turn.change.phase != Phase::Waiting && hints_.held_by(part.node, turn.uid).empty();
        if (committed && part.state == State::Succeeded && begun) turn.nodes.erase(part.node);
        else if (committed) turn.nodes[part.node] = before;
        else if (!begun && was_late) turn.nodes[part.node] = plan::IndexEntry::kDrifted;  // it may yet carry it out
        release(turn, part.node, !committed);
    }
    for (const cluster::Node& node : topology->nodes()) {  // who has joined meanwhile is asked what it has
        const bool left = node.standing.role == cluster::NodeRole::Removed;
        if (committed && index && !left && part_of(turn.entry, node.id) == nullptr)
            turn.nodes.try_emplace(node.id, before);
    }
    for (Release& each : turn.released) each.awaited = !committed || !turn.nodes.contains(each.node);
    if (index) {
        plan::CatalogChange nodes{.kind = plan::CatalogChange::Kind::SetNodes, .uid = turn.change.index, .other = {}};
        nodes.node_versions = turn.nodes;
        nodes.settings_print = committed ? turn.change.print : index->settings_print;
        if (committed) {
            catalog_.add_to_plan(turn.uid, nodes);
        } else {
            tasks::Batch batch;
            catalog_.change(nodes, batch);
            const Result<void> kept = co_await store_.commit(std::move(batch));
            if (!kept) co_return Followed::Stuck;
            catalog_.changed_now(nodes);
        }
    }
    turn.batch.erase(std::string(kChanges), tasks::key_of(turn.uid));
    for (NodeTask& part : turn.entry.parts) {
        if (part.state < State::Missed) part.state = State::Missed;
    }
    Ending ending{.batch = std::move(turn.batch), .owed = std::move(turn.owed)};
    const std::uint64_t uid = turn.uid;
    const bool ended = co_await end_task(std::move(turn.entry), 1, std::move(ending));
    if (!ended) co_return Followed::Stuck;
    changes_.erase(uid);
    for (const auto& [node, place] : turn.dropped) hints_.struck(node, place);
    co_await let_go(std::move(turn.released), uid);
    if (committed) note_version(turn.change.index);
    co_return Followed::Ended;
}

void Writer::count_mismatch(const IndexUid& index) {
    static constexpr env::MetricName kMismatch{"miroir_settings_hash_mismatch_total",
                                               "Nodes that did not show the settings they were sent"};
    options_.metrics->counter(kMismatch, {{"index", index.value}}).add(1);
}

void Writer::note_version(const IndexUid& index) {
    static constexpr env::MetricName kVersion{"miroir_settings_version", "Version of the committed settings"};
    const plan::IndexPtr entry = catalog_.committed()->find(index);
    if (entry)
        options_.metrics->gauge(kVersion, {{"index", index.value}}).set(static_cast<double>(entry->settings_version));
}

}  // namespace miroir::quorum

#include "sim/scenarios/write_cluster.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;
using Kind = ModelWrite::Kind;

constexpr int kIds = 24;

json::Object body_of(const ModelWrite& write, int id) {
    json::Object document{{"id", id}, {"v", write.number}};
    document.append(write.kind == Kind::Merge ? "b" : "a", write.number);
    return document;
}

int number_at(const json::Object& object, std::string_view name) {
    const json::Value* found = object.find(name);
    return found != nullptr && found->is_unsigned() ? static_cast<int>(found->unsigned_integer()) : -1;
}

ModelDocument model_of(const json::Object& stored) {
    ModelDocument out;
    for (const char* name : {"v", "a", "b"}) {
        if (stored.contains(name)) out[name] = number_at(stored, name);
    }
    return out;
}

std::string status_of(const tasks::Record& record) {
    const auto parsed = json::parse(record.value);
    const json::Value* status = parsed ? parsed->find("task")->find("status") : nullptr;
    return status == nullptr ? "" : status->string();
}

bool is_an_end(const std::string& status) {
    return status == "succeeded" || status == "failed" || status == "canceled";
}

}  // namespace

WriteCluster::WriteCluster(Run& run, WriteClusterOptions options) : run_(run), options_(options) {
    spec_ = {.nodes = {}, .shards = options.shards, .replicas = options.replicas};
    const std::uint32_t count = options.groups * (options.replicas + options.spare_nodes);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::string name = "node-" + std::to_string(i);
        spec_.nodes.push_back(
            {.id = {name}, .address = "http://" + name + ":7700", .group = {i % options.groups}, .zone = {}});
        nodes_.push_back(&run.host(name, embedded_node({.replication_parameters = true})));
    }
    for (std::uint32_t i = 0; i < options.newcomers; ++i) {
        const std::string name = "node-" + std::to_string(count + i);
        nodes_.push_back(&run.host(name, embedded_node({.replication_parameters = true})));
    }
    store_->latency_max = run.chance(0.5) ? 2ms : 0ms;
    ScribeOptions& scribe_options = *scribe_options_;
    scribe_options.topology = spec_;
    scribe_options.store = store_;
    scribe_options.health.interval = run.between(200ms, 1000ms);
    scribe_options.health.timeout = run.between(100ms, 500ms);
    scribe_options.health.unhealthy_threshold = 1 + static_cast<std::uint32_t>(run.below(3));
    scribe_options.health.recovery_threshold = 1 + static_cast<std::uint32_t>(run.below(2));
    scribe_options.rebalance.grace = run.between(0ms, 3000ms);
    scribe_options.rebalance.limits.per_node = 1 + static_cast<std::uint32_t>(run.below(6));
    if (run.chance(0.5)) scribe_options.rebalance.limits.small_per_node = scribe_options.rebalance.limits.per_node;
    scribe_options.office.mender.copy.page = 3 + run.below(30);
    scribe_options.office.mender.skip_delta_pass = options.skip_delta_pass;
    scribe_options.office.shards = options.shards;
    if (scribe_options.office.mender.copy.page % 2 == 0) scribe_options.office.writer.large_body = 0;  // all are large
    scribe_options.office.sweeper = {.every = 500ms, .kept = options.node_tasks_kept};
    scribe_options.office.writer.link.timeout = run.between(200ms, 1500ms);
    scribe_options.rebalance.write_off_after = options.write_off_after;
    scribe_options.rebalance.take_back = options.take_back;
    scribe_options.rebalance.look_for_returned = 500ms;
    scribe_options.rebalance.move_timeout = options.move_timeout;
    if (options.compare_every.count() > 0) {
        scribe_options.office.anti_entropy = {
            .every = options.compare_every, .page = 3 + run.below(20), .cpu_percent = 100, .second_look = 20ms};
    }
    scribe_ = &run.host("scribe", sim::scribe(scribe_options_));
    store_->kill = [this] { scribe_->kill(); };
    for (std::size_t i = 0; i < options.indexes; ++i) {
        stories_.push_back(std::make_shared<IndexStory>(
            IndexStory{.uid = {"index" + std::to_string(i)}, .writes = {}, .waiting = {}}));
        again(i);
    }
    run.always(100ms, [this] { check_tasks(); });
    if (options.readers) read_again();
}

Host& WriteCluster::stand_in() {
    Host& before = *scribe_;
    left_ = std::exchange(store_, std::make_shared<KeptStore>());
    store_->memory = left_->memory;
    store_->latency_max = left_->latency_max;
    left_->kill = [&before] { before.kill(); };
    store_->kill = [this] { scribe_->kill(); };
    scribe_options_ = std::make_shared<ScribeOptions>(*scribe_options_);
    scribe_options_->store = store_;
    scribe_ = &run_.host("stand-in", sim::scribe(scribe_options_));
    writes_checked_ = UINT64_MAX;
    return before;
}

void WriteCluster::again(std::size_t index) {
    const auto next = gap_.count() == 0 ? 50ms : run_.between(1ms, 2 * gap_);
    run_.world.in(next, [this, index] {
        if (gap_.count() != 0 && writing()) write_something(index);
        again(index);
    });
}

void WriteCluster::write_something(std::size_t index) {
    const std::uint64_t draw = run_.below(100);
    const std::uint64_t deletes_until = 98 - options_.settings_share;
    const bool in_settings = options_.settings && draw >= deletes_until && draw < 98;
    const std::uint64_t deletes_from = deletes_until - 22;
    const Kind kind = draw < deletes_from * 45 / 70     ? Kind::Replace
                      : draw < deletes_from             ? Kind::Merge
                      : draw < deletes_until            ? Kind::Delete
                      : in_settings                     ? Kind::Settings
                      : draw == 99 && !options_.readers ? Kind::DeleteAll
                                                        : Kind::Replace;
    std::set<int> ids;
    if (kind < Kind::DeleteAll) {
        for (std::uint64_t n = 1 + run_.below(6); n > 0; --n) ids.insert(static_cast<int>(run_.below(kIds)));
    }
    write_one(index, kind, std::vector<int>(ids.begin(), ids.end()));
}

void WriteCluster::write_one(std::size_t index, Kind kind, std::vector<int> ids) {
    const std::shared_ptr<IndexStory> story = stories_[index];
    const int number = static_cast<int>(story->writes.size());
    ModelWrite write{.kind = kind, .ids = std::move(ids), .number = number, .task = {}};
    if (kind == Kind::Delete && options_.by_filter && run_.chance(0.5)) {
        write.by_filter = true;
        const int first = write.ids.front();
        write.ids.resize(static_cast<std::size_t>(write.ids.back() - first + 1));
        std::iota(write.ids.begin(), write.ids.end(), first);
    }
    story->writes.push_back(std::move(write));
    env::spawn(scribe_->life(), carry(story, *scribe_, static_cast<std::size_t>(number)));
}

env::Task<void> WriteCluster::carry(std::shared_ptr<IndexStory> story, Host& host, std::size_t number) {
    if (!host.alive()) co_return;
    const std::uint64_t life = host.lives();
    ModelWrite write = story->writes[number];
    ++story->waiting[life];
    const Result<quorum::Receipt> receipt = co_await submit(host.app<Scribe>().office(), story->uid, std::move(write));
    --story->waiting[life];
    if (!host.alive() || host.lives() != life || !receipt) co_return;  // nobody heard the answer, or it was no
    story->writes[number].task = receipt->task.uid;
}

env::Task<Result<quorum::Receipt>> WriteCluster::submit(quorum::Office& office, IndexUid uid, ModelWrite write) {
    std::vector<std::string> ids;
    for (const int id : write.ids) ids.push_back(std::to_string(id));
    switch (write.kind) {
        case Kind::Delete:
            if (write.by_filter) {
                const json::Value filter = "id >= " + ids.front() + " AND id <= " + ids.back();
                co_return co_await office.delete_by_filter(std::move(uid), filter, filter, std::nullopt);
            }
            co_return co_await office.delete_documents(std::move(uid), std::move(ids), std::nullopt);
        case Kind::DeleteAll: co_return co_await office.delete_all_documents(std::move(uid), std::nullopt);
        case Kind::Settings: {
            quorum::SettingsWish wish{.patch = {}, .may_create = true};
            wish.patch.changes = json::Object{{"stopWords", json::Array{"w" + std::to_string(write.number)}},
                                              {"filterableAttributes", json::Array{"id"}}};
            co_return co_await office.change_settings(std::move(uid), std::move(wish));
        }
        default: break;
    }
    quorum::Documents documents;
    documents.primary_key = "id";
    documents.update = write.kind == Kind::Merge;
    json::Array bodies;
    for (const int id : write.ids) bodies.emplace_back(body_of(write, id));
    documents.bytes = std::make_shared<const std::string>(json::to_text(bodies));
    documents.payload = protocol::read_payload(*documents.bytes, {}, documents.primary_key).value();
    co_return co_await office.add_documents(std::move(uid), std::move(documents));
}

std::size_t WriteCluster::acknowledged() const {
    std::size_t count = 0;
    for (const auto& story : stories_) {
        count += static_cast<std::size_t>(
            std::ranges::count_if(story->writes, [](const ModelWrite& w) { return w.task.has_value(); }));
    }
    return count;
}

bool WriteCluster::has_ended(const std::string& key, const std::string& record) {
    SeenTask& seen = seen_tasks_[tasks::number_of(key)];
    if (seen.record == record) return seen.ended;
    const bool ended = is_an_end(status_of({.key = {}, .value = record}));
    if (seen.ended && !ended) run_.unsafe("task " + key + " had ended and is open again");
    seen = {.record = record, .ended = ended};
    return ended;
}

// Asked all the time: a task that was acknowledged or seen is there, and never leaves its end again. A uid may be
// missing: of a write that the store refused while the next was on its way.
void WriteCluster::check_tasks() {
    if (store_->writes == writes_checked_) return;
    writes_checked_ = store_->writes;
    const auto& kept = store_->memory.table("tasks");
    for (const auto& [key, record] : kept) (void)has_ended(key, record);
    const auto lost = [&](std::uint64_t uid) { return !kept.contains(tasks::key_of(uid)); };
    for (const auto& [uid, seen] : seen_tasks_) {
        if (lost(uid)) return run_.unsafe("task " + std::to_string(uid) + " is lost");
    }
    for (const auto& story : stories_) {
        for (const ModelWrite& write : story->writes) {
            if (write.task && lost(*write.task))
                return run_.unsafe("task " + std::to_string(*write.task) + " was acknowledged and is lost");
        }
    }
}

bool WriteCluster::tasks_have_ended() {
    return std::ranges::all_of(store_->memory.table("tasks"),
                               [this](const auto& task) { return has_ended(task.first, task.second); });
}

bool WriteCluster::calm() {
    if (!writing()) return false;
    for (const auto& story : stories_) {
        if (story->waiting[scribe_->lives()] > 0) return false;
    }
    for (std::size_t i = 0; i < size(); ++i) {
        const auto place = place_of(i);
        if (!place) continue;
        const cluster::Node member = scribe().topology().current()->node(*place);
        if (member.standing.role == cluster::NodeRole::Removed) continue;
        if (!node(i).alive() || !node(i).app<EmbeddedNode>().node().idle()) return false;
        if (scribe().board().is_behind(member.id) || !member.readable()) return false;
        if (!store_->memory.table("hints/" + member.id.value).empty()) return false;
    }
    const bool alike = std::ranges::none_of(store_->memory.table("indexes"), [](const auto& index) {
        return index.second.contains("\"nodes\":");  // some node has other settings
    });
    return alike && tasks_have_ended() && settled();
}

void WriteCluster::expect_calm(std::chrono::nanoseconds span) {
    run_.world.run_until([this] { return calm(); }, span, 50ms);
    if (run_.failed() || calm()) return;
    std::string why;
    for (std::size_t i = 0; i < size(); ++i) {
        if (!node(i).alive()) why += " " + node(i).name() + " is dead;";
        else if (!node(i).app<EmbeddedNode>().node().idle()) why += " " + node(i).name() + " works;";
        const NodeId id{node(i).name()};
        const std::size_t hints = store_->records("hints/" + id.value).size();
        if (writing() && is_member(i)) {
            const auto state = scribe().topology().current()->node(*place_of(i)).state();
            if (state != cluster::NodeState::Active)
                why += " " + id.value + " is " + std::string(cluster::name_of(state)) + ";";
        }
        if (scribe_->alive() && scribe().board().current()->lacking.contains(id))
            why += " " + node(i).name() + " is in debt;";
        if (hints > 0) why += " " + node(i).name() + " has " + std::to_string(hints) + " hints;";
    }
    for (const tasks::Record& record : store_->records("settings_changes"))
        why += " a change of settings: " + record.value.substr(0, 300) + ";";
    for (const tasks::Record& record : store_->records("indexes")) {
        if (const std::size_t at = record.value.find("\"nodes\":"); at != std::string::npos)
            why += " versions: " + record.value.substr(at, 100) + ";";
    }
    for (const auto& story : stories_) {
        if (story->waiting[scribe_->lives()] > 0) why += " a write of " + story->uid.value + " is not answered;";
    }
    for (const tasks::Record& record : store_->records("tasks")) {
        if (is_an_end(status_of(record))) continue;
        why += " open: " + record.value.substr(0, 900);
        break;
    }
    if (writing()) {
        const rebalance::Rebalancer::Status status = scribe().rebalancer().status();
        why +=
            " moves " + std::string(name_of(status.mood)) + ", " + std::to_string(status.planned.size()) + " planned";
        if (!status.trouble.empty()) why += " (" + status.trouble + ")";
        if (!status.moves.empty()) {
            const rebalance::MoveRecord& move = status.moves.front();
            why += "; shard " + std::to_string(move.shard.value) + " from " + move.from.value + " to " + move.to.value +
                   " is " + std::string(name_of(move.phase)) + ", waits for " + scribe().rebalancer().waits_for(move);
        }
    }
    run_.stuck("it does not come to rest:" + why);
}

json::Value WriteCluster::ask(std::size_t node, const std::string& method, const std::string& target,
                              const std::string& body) {
    http::Request request;
    request.method = method;
    request.target = target;
    if (!body.empty()) {
        request.headers.add("Content-Type", "application/json");
        request.content_length = body.size();
        request.body = http::body_of(body);
    }
    const auto reply = std::make_shared<std::optional<http::Reply>>();
    env::spawn(this->node(node).life(),
               ask_here(*this->node(node).app<EmbeddedNode>().handler(), std::move(request), *reply));
    run_.expect_within(1s, "a node answers", [reply] { return reply->has_value(); });
    if (!*reply || (*reply)->status != 200) return {};
    return json::parse((*reply)->body).value_or(json::Value());
}

WriteCluster::Copy WriteCluster::documents_on(std::size_t node, const IndexUid& uid) {
    Copy out;
    const json::Value page = ask(node, "POST", "/indexes/" + uid.value + "/documents/fetch", R"({"limit":1000})");
    const json::Value* results = page.find("results");
    if (results == nullptr) return out;
    for (const json::Value& document : results->array()) out[number_at(document.object(), "id")] = document.object();
    return out;
}

int WriteCluster::settings_on(std::size_t node, const IndexUid& uid) {
    const json::Value settings = ask(node, "GET", "/indexes/" + uid.value + "/settings", "");
    const json::Value* words = settings.find("stopWords");
    if (words == nullptr || words->array().empty()) return -1;
    return std::stoi(words->array().front().string().substr(1));
}

int WriteCluster::settings_in_catalog(const IndexUid& uid) {
    for (const tasks::Record& record : store_->records("indexes")) {
        if (record.key != uid.value) continue;
        const auto entry = json::parse(record.value);
        const json::Value* settings = entry ? entry->find("settings") : nullptr;
        const json::Value* words = settings ? settings->find("stopWords") : nullptr;
        if (words != nullptr && words->is_array() && !words->array().empty())
            return std::stoi(words->array().front().string().substr(1));
    }
    return -1;
}

void WriteCluster::check_index(IndexStory& story) {
    const cluster::TopologyPtr topology = scribe().topology().current();
    ModelState found;
    std::map<int, json::Object> whole;
    std::map<int, std::set<NodeId>> holders;  // by name: a node may be forgotten meanwhile
    bool first = true;
    for (std::size_t i = 0; i < size() && !run_.failed(); ++i) {
        const auto place = topology->find(NodeId{node(i).name()});
        if (!place || topology->node(*place).standing.role == cluster::NodeRole::Removed) continue;
        for (auto& [id, document] : documents_on(i, story.uid)) {
            holders[id].insert(topology->node(*place).id);
            const auto [known, is_new] = whole.try_emplace(id, document);
            if (!is_new && !(known->second == document)) {
                run_.unsafe("replicas of document " + std::to_string(id) + " of " + story.uid.value +
                            " differ: " + json::to_text(json::Value(known->second)) + " and, on " + node(i).name() +
                            ", " + json::to_text(json::Value(document)));
            }
            found.documents[id] = model_of(document);
        }
        const int settings = settings_on(i, story.uid);
        if (!std::exchange(first, false) && settings != found.settings) {
            run_.unsafe("the settings of " + story.uid.value + " differ: w" + std::to_string(found.settings) +
                        " and, on " + node(i).name() + ", w" + std::to_string(settings));
        }
        found.settings = settings;
    }
    const int kept = settings_in_catalog(story.uid);
    if (kept != found.settings && !run_.failed()) {
        run_.unsafe("the catalog knows other settings of " + story.uid.value + " than the nodes: w" +
                    std::to_string(kept) + " and w" + std::to_string(found.settings));
    }
    for (const auto& [id, nodes] : holders) {
        std::set<NodeId> owners;
        for (const cluster::Replica& replica :
             topology->replicas_of(cluster::shard_of(std::to_string(id), options_.shards)))
            owners.insert(topology->node(replica.node).id);
        if (nodes != owners) {
            run_.unsafe("document " + std::to_string(id) + " of " + story.uid.value + " is on " +
                        std::to_string(nodes.size()) + " nodes, not on its " + std::to_string(owners.size()) +
                        " owners");
        }
        const json::Object& document = whole.at(id);
        if (!document.contains(cluster::kStampField) || !document.contains(cluster::kShardField)) {
            run_.unsafe("document " + std::to_string(id) + " lost a reserved field");
        }
    }
    if (const std::string wrong = judge(story.writes, found); !wrong.empty())
        run_.unsafe(story.uid.value + ": " + wrong);
}

void WriteCluster::check_task(const std::string& task, ModelWrite& write) {
    if (status_of({.key = {}, .value = task}) == "succeeded") return;
    if (write.kind == Kind::Settings && options_.settings_may_fail) {
        write.kind = Kind::Merge;  // of nothing
        return;
    }
    if (options_.writes_may_fail && task.contains("\"status\":\"failed\"")) {
        write.task.reset();
        write.in_part = true;
        return;
    }
    const bool may_fail = write.kind == Kind::Delete || write.kind == Kind::DeleteAll;  // when there is no index yet
    if (!may_fail || !task.contains("index_not_found"))
        run_.unsafe("an acknowledged write did not succeed: " + task.substr(0, 900));
}

void WriteCluster::check_all() {
    if (run_.failed()) return;
    check_tasks();
    if (!scribe().board().current()->lost.empty()) run_.unsafe("documents are told as lost");
    std::map<std::uint64_t, std::string> kept;
    for (const tasks::Record& record : store_->records("tasks")) kept[tasks::number_of(record.key)] = record.value;
    std::set<std::uint64_t> uids;
    for (const auto& story : stories_) {
        std::optional<std::uint64_t> last;
        for (ModelWrite& write : story->writes) {
            if (!write.task) continue;
            if (last && *write.task <= *last) run_.unsafe("uids of " + story->uid.value + " do not rise");
            last = write.task;
            if (!uids.insert(*write.task).second) run_.unsafe("two writes got one uid");
            if (!kept.contains(*write.task)) run_.unsafe("an acknowledged task is lost");
            check_task(kept[*write.task], write);
        }
    }
    for (const auto& story : stories_) {
        if (!run_.failed()) check_index(*story);
    }
}

void WriteCluster::check_nodes_forget() {
    constexpr double kSpare = 40;  // those by which it is recognised, and a tenth
    for (std::size_t i = 0; i < size() && !run_.failed(); ++i) {
        const json::Value page = ask(i, "GET", "/tasks?limit=1&statuses=succeeded,failed,canceled", "");
        const json::Value* total = page.find("total");
        if (total == nullptr) return run_.unsafe("a node does not say how many tasks it has");
        if (total->number() > static_cast<double>(options_.node_tasks_kept) + kSpare)
            run_.unsafe(node(i).name() + " keeps " + json::to_text(*total) + " finished tasks");
    }
}

void WriteCluster::check_places_are_kept(std::chrono::nanoseconds span) {
    for (std::size_t at = 0; at < stories_.size() && !run_.failed(); ++at) {
        const IndexUid uid = stories_[at]->uid;
        std::map<int, json::Value> before;
        for (std::size_t i = 0; i < size(); ++i) {
            if (!is_member(i)) continue;
            for (const auto& [id, document] : documents_on(i, uid)) before[id] = *document.find(cluster::kStampField);
        }
        std::vector<int> ids;
        for (const auto& [id, stamp] : before) ids.push_back(id);
        if (ids.empty() || run_.failed()) continue;
        const auto taken = [&] { return stories_[at]->writes.back().task.has_value(); };
        // A probe that the storm held up may still call a node down for a moment.
        for (int attempt = 0; attempt < 3 && (attempt == 0 || !taken()); ++attempt) {
            expect_calm(span);
            write_one(at, run_.chance(0.5) ? Kind::Merge : Kind::Replace, ids);
            run_.world.run_until(taken, 5s);
        }
        run_.expect_within(1ms, "a write in fair weather is taken", taken);
        if (!run_.failed()) expect_calm(span);
        if (run_.failed()) return;
        for (std::size_t i = 0; i < size() && !run_.failed(); ++i) {
            if (!is_member(i)) continue;
            for (const auto& [id, document] : documents_on(i, uid)) {
                const json::Value* stamp = document.find(cluster::kStampField);
                if (stamp == nullptr || !(*stamp == before[id])) {
                    run_.unsafe("document " + std::to_string(id) + " lost its place by an update: " +
                                json::to_text(before[id]) + " and now " + json::to_text(json::Value(document)));
                }
            }
        }
    }
}

}  // namespace miroir::sim

#include "sim/oracle/duel.h"

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

env::Task<void> handle(http::Handler& handler, http::Request request, std::optional<http::Reply>& out) {
    env::Task<http::Reply> answering = handler.handle(std::move(request), {});
    http::Reply reply = co_await answering;
    if (reply.stream) {
        Result<std::string> whole = co_await http::read_all(*reply.stream, SIZE_MAX);
        reply.body = whole ? *std::move(whole) : std::string();
    }
    out = std::move(reply);
}

// What two runs of one server differ in.
bool is_passing(std::string_view name) {
    return name == "processingTimeMs" || name == "requestUid" || name == "queryUid" || name == "performanceDetails" ||
           name == "link";
}

bool keeps_order(std::string_view name) { return name == "facetDistribution" || name == "distribution"; }

// Members in one order but where the order is part of the answer, numbers as they are.
json::Value normal(const json::Value& value, bool ordered) {
    if (value.is_array()) {
        json::Array out;
        for (const json::Value& item : value.array()) out.push_back(normal(item, ordered));
        return out;
    }
    if (!value.is_object()) return value;
    json::Object out;
    for (const json::Member& member : value.object()) {
        if (is_passing(member.first)) continue;
        out.append(member.first, normal(member.second, ordered || keeps_order(member.first)));
    }
    if (!ordered) out.sort_keys();
    return out;
}

}  // namespace

std::optional<std::string> difference(const Spoken& ours, const Spoken& theirs) {
    if (ours.exact.starts_with("false")) return std::nullopt;  // said so
    const std::string told = json::to_text(normal(ours.body, false));
    const std::string truth = json::to_text(normal(theirs.body, false));
    if (ours.status == theirs.status && told == truth) return std::nullopt;
    return "through Miroir " + std::to_string(ours.status) + " " + told + "\nfrom one node  " +
           std::to_string(theirs.status) + " " + truth;
}

Duel::Duel(const Story& story, std::uint64_t seed) : run_(seed) {
    alone_ = &run_.host("alone", embedded_node({}));
    cluster::TopologySpec spec{.nodes = {}, .shards = story.shards, .replicas = story.replicas};
    for (std::uint32_t i = 0; i < story.nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
        run_.host(name, embedded_node({.replication_parameters = true}));
    }
    OrchestratorOptions options{
        .topology = spec, .health = {}, .office = {}, .scatter = {}, .desk = {}, .store = store_};
    options.office.shards = story.shards;
    miroir_ = &run_.host("miroir", sim::orchestrator(options));
    run_.world.run_until([this] { return orchestrator().open(); }, 10s);
    run_.world.run_for(1s);  // all nodes are found healthy
    write({.method = "PATCH", .path = "/experimental-features", .body = json::Object{{"containsFilter", true}}});
    write({.method = "POST", .path = "/indexes", .body = json::Object{{"uid", "i"}, {"primaryKey", "id"}}});
    wait_for_tasks();
    write({.method = "PATCH", .path = "/indexes/i/settings", .body = story.settings});
    wait_for_tasks();
    for (const Write& told : story.writes) {
        write({.method = told.method, .path = "/indexes/i" + told.path, .body = told.body});
        wait_for_tasks();  // the one node shall not put several writes into one batch
    }
}

Spoken Duel::ask(Host& host, http::Handler& handler, const std::string& method, const std::string& path,
                 const json::Value& body) {
    http::Request request;
    request.method = method;
    request.target = path;
    if (!body.is_null()) {
        std::string bytes = json::to_text(body);
        request.headers.add("Content-Type", "application/json");
        request.content_length = bytes.size();
        request.body = http::body_of(std::move(bytes));
    }
    const auto reply = std::make_shared<std::optional<http::Reply>>();
    env::spawn(host.life(), handle(handler, std::move(request), *reply));
    const env::Monotonic end = run_.world.now() + 60s;
    while (!reply->has_value() && run_.world.now() < end && run_.world.step()) {
    }
    if (!reply->has_value()) return {};
    return {.status = (*reply)->status,
            .body = json::parse((*reply)->body).value_or(json::Value((*reply)->body)),
            .exact = std::string((*reply)->headers.get("X-Miroir-Exact"))};
}

Spoken Duel::ask_cluster(const Question& question) {
    return ask(*miroir_, *orchestrator().handler(), question.method, question.path, question.body);
}

Spoken Duel::ask_alone(const Question& question) {
    return ask(*alone_, *alone_->app<EmbeddedNode>().handler(), question.method, question.path, question.body);
}

void Duel::write(const Write& write) {
    const Question asked{.method = write.method, .path = write.path, .body = write.body};
    const Spoken ours = ask_cluster(asked);
    const Spoken theirs = ask_alone(asked);
    if (ours.status == theirs.status || trouble_) return;
    trouble_ = "write " + write.method + " " + write.path + ": through Miroir " + std::to_string(ours.status) + " " +
               json::to_text(ours.body) + ", from one node " + std::to_string(theirs.status);
}

void Duel::wait_for_tasks() {
    const auto all_ended = [this] {
        for (const bool cluster : {true, false}) {
            const Question asked{.method = "GET", .path = "/tasks?statuses=enqueued,processing&limit=1", .body = {}};
            const Spoken spoken = cluster ? ask_cluster(asked) : ask_alone(asked);
            const json::Value* total = spoken.body.find("total");
            if (total == nullptr || !total->is_unsigned() || total->unsigned_integer() != 0) return false;
        }
        return true;
    };
    const env::Monotonic end = run_.world.now() + 60s;
    while (!trouble_ && !all_ended()) {
        if (run_.world.now() > end) trouble_ = "a task does not end";
        run_.world.run_for(20ms);
    }
    const Question failed{.method = "GET", .path = "/tasks?statuses=failed&limit=1", .body = {}};
    const Spoken ours = ask_cluster(failed);
    const json::Value* total = ours.body.find("total");
    if (!trouble_ && total != nullptr && !(*total == json::Value(0)))
        trouble_ = "a task failed: " + json::to_text(ours.body);
}

}  // namespace miroir::sim

// Statistics and field names: counted on the nodes, each document once, what is ours left out.
#include <algorithm>
#include <set>

#include "api/routes.h"
#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/shard_clause.h"
#include "protocol/indexes/field_facts.h"
#include "protocol/indexes/requests.h"
#include "protocol/instance/stats.h"
#include "protocol/tasks/dates.h"

namespace miroir::api {
namespace {

using Reply = env::Task<Result<http::Reply>>;
using protocol::IndexStats;
using protocol::StatsQuery;

constexpr std::uint64_t kAllFields = 1'000'000;

bool is_ours(std::string_view field) { return field.starts_with(cluster::kReservedPrefix); }

// The node's answer, or null when it has none of use (a 404 too: it does not have the index).
env::Task<json::Value> ask_node(Desk& desk, cluster::TopologyPtr topology, plan::NodeCall call, http::Call context) {
    const Result<http::Reply> reply =
        co_await desk.scatter().send(std::move(topology), std::move(call), std::move(context));
    if (!reply || reply->status != 200) co_return json::Value();
    auto body = json::parse(reply->body);
    co_return body ? *std::move(body) : json::Value();
}

env::Task<std::vector<json::Value>> ask_nodes(Desk& desk, cluster::TopologyPtr topology,
                                              std::vector<plan::NodeCall> calls, http::Call context) {
    std::vector<env::Task<json::Value>> asking;
    for (plan::NodeCall& call : calls) asking.push_back(ask_node(desk, topology, std::move(call), context));
    co_return co_await env::gather(desk.env().executor, std::move(asking));
}

std::vector<plan::NodeCall> calls_to_all(const cluster::Topology& topology, const std::string& target) {
    std::vector<plan::NodeCall> calls;
    for (cluster::NodeIndex node = 0; node < topology.nodes().size(); ++node) {
        calls.push_back({.node = node, .shards = {}, .method = "GET", .target = target, .body = {}});
    }
    return calls;
}

// Documents of an index, each counted on one replica.
env::Task<Result<std::uint64_t>> count_documents(Desk& desk, cluster::TopologyPtr topology, plan::IndexPtr index,
                                                 http::Call context) {
    MIROIR_CO_TRY(const cluster::Cover cover, desk.cover(*topology, *index, 0));
    std::vector<plan::NodeCall> calls;
    for (const cluster::CoverPart& part : cover.parts) {
        json::Object body{{"limit", 0}, {"filter", plan::shard_clause(part.shards)}};
        calls.push_back({.node = part.node,
                         .shards = part.shards,
                         .method = "POST",
                         .target = "/indexes/" + index->uid.value + "/documents/fetch",
                         .body = json::to_text(json::Value(std::move(body)))});
    }
    const std::vector<json::Value> answers = co_await ask_nodes(desk, topology, std::move(calls), std::move(context));
    std::uint64_t count = 0;
    for (const json::Value& answer : answers) {
        const json::Value* total = answer.find("total");
        if (total != nullptr && total->is_unsigned()) count += total->unsigned_integer();
    }
    co_return count;
}

// From what all nodes say of the index. With every copy in place a division by the number of copies is exact;
// otherwise the documents are counted on a cover, and the rest is scaled to them.
env::Task<Result<IndexStats>> sum_of(Desk& desk, cluster::TopologyPtr topology, plan::IndexPtr index,
                                     std::vector<json::Value> views, http::Call context) {
    IndexStats sum;
    for (const json::Value& view : views) sum.add(protocol::index_stats_of(view));
    std::erase_if(sum.fields, [](const auto& field) { return is_ours(field.first); });
    const std::uint64_t copies = std::uint64_t{topology->replicas()} * topology->groups();
    const bool whole =
        std::ranges::all_of(topology->nodes(), [&](const cluster::Node& node) { return desk.is_in_step(node); });
    if (whole || sum.documents == 0) {
        sum.scale(1, copies);
        co_return sum;
    }
    MIROIR_CO_TRY(const std::uint64_t documents, co_await count_documents(desk, topology, index, std::move(context)));
    sum.scale(documents, sum.documents);
    co_return sum;
}

Reply index_stats(Visit visit) {
    MIROIR_CO_TRY(const StatsQuery query, protocol::parse_stats_query(visit.in.raw_query));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const cluster::TopologyPtr topology = visit.desk.topology();
    std::vector<plan::NodeCall> calls = calls_to_all(*topology, "/indexes/" + index->uid.value + "/stats");
    std::vector<json::Value> views = co_await ask_nodes(visit.desk, topology, std::move(calls), visit.in.call);
    MIROIR_CO_TRY(IndexStats stats, co_await sum_of(visit.desk, topology, index, std::move(views), visit.in.call));
    const std::set<std::string> at_work = co_await visit.desk.ask(visit.desk.office().indexes_at_work());
    stats.is_indexing = at_work.contains(index->uid.value);
    co_return ok(protocol::index_stats_view(stats, query));
}

std::uint64_t sum_at(const std::vector<json::Value>& answers, std::string_view key) {
    std::uint64_t sum = 0;
    for (const json::Value& answer : answers) {
        const json::Value* number = answer.find(key);
        if (number != nullptr && number->is_unsigned()) sum += number->unsigned_integer();
    }
    return sum;
}

// Each node's view of one index.
std::vector<json::Value> views_of(const std::vector<json::Value>& answers, const IndexUid& uid) {
    std::vector<json::Value> out;
    for (const json::Value& answer : answers) {
        const json::Value* indexes = answer.find("indexes");
        const json::Value* view = indexes == nullptr ? nullptr : indexes->find(uid.value);
        if (view != nullptr) out.push_back(*view);
    }
    return out;
}

Reply stats(Visit visit) {
    MIROIR_CO_TRY(const StatsQuery query, protocol::parse_stats_query(visit.in.raw_query));
    const cluster::TopologyPtr topology = visit.desk.topology();
    const plan::CatalogPtr catalog = visit.desk.catalog();
    const std::vector<json::Value> answers =
        co_await ask_nodes(visit.desk, topology, calls_to_all(*topology, "/stats"), visit.in.call);
    const std::set<std::string> at_work = co_await visit.desk.ask(visit.desk.office().indexes_at_work());
    json::Object indexes;
    std::int64_t last_ns = 0;
    for (const auto& [uid, index] : catalog->indexes) {
        last_ns = std::max(last_ns, index->updated_at_ns);
        if (!visit.grant.allows(uid.value)) continue;
        MIROIR_CO_TRY(IndexStats sum,
                      co_await sum_of(visit.desk, topology, index, views_of(answers, uid), visit.in.call));
        sum.is_indexing = at_work.contains(uid.value);
        indexes.append(uid.value, protocol::index_stats_view(sum, query));
    }
    json::Object out;
    out.append("databaseSize", protocol::size_value(sum_at(answers, "databaseSize"), query));
    out.append("usedDatabaseSize", protocol::size_value(sum_at(answers, "usedDatabaseSize"), query));
    const protocol::Instant last{std::chrono::nanoseconds(last_ns)};
    out.append("lastUpdate", last_ns == 0 ? json::Value() : json::Value(protocol::rfc3339(last)));
    out.append("indexes", std::move(indexes));
    co_return ok(out);
}

// Every name that some shard knows, and what the client's settings make of it.
Reply fields(Visit visit) {
    MIROIR_CO_TRY(const protocol::FieldsQuery query, protocol::parse_fields_query(visit.body));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const cluster::TopologyPtr topology = visit.desk.topology();
    MIROIR_CO_TRY(const cluster::Cover cover, visit.desk.cover(*topology, *index, 0));
    std::vector<plan::NodeCall> calls;
    for (const cluster::CoverPart& part : cover.parts) {
        calls.push_back({.node = part.node,
                         .shards = part.shards,
                         .method = "POST",
                         .target = "/indexes/" + index->uid.value + "/fields",
                         .body = json::to_text(json::Value(json::Object{{"limit", kAllFields}}))});
    }
    const std::vector<json::Value> answers = co_await ask_nodes(visit.desk, topology, std::move(calls), visit.in.call);
    std::set<std::string> names;
    for (const json::Value& answer : answers) {
        const json::Value* results = answer.find("results");
        if (results == nullptr || !results->is_array()) continue;
        for (const json::Value& field : results->array()) {
            const json::Value* name = field.find("name");
            if (name != nullptr && name->is_string() && !is_ours(name->string())) names.insert(name->string());
        }
    }
    std::vector<json::Value> all;
    for (const std::string& name : names) {
        const protocol::FieldFacts facts = protocol::field_facts(index->settings, name);
        if (!query.filter || protocol::field_passes(*query.filter, name, facts))
            all.push_back(protocol::field_view(name, facts));
    }
    co_return ok(protocol::paged(std::move(all), {.offset = query.offset, .limit = query.limit}));
}

constexpr Route kRoutes[] = {
    {"GET", "/stats", "stats.get", BodyKind::None, stats},
    {"GET", "/indexes/{index_uid}/stats", "stats.get", BodyKind::None, index_stats},
    {"POST", "/indexes/{index_uid}/fields", "fields.post", BodyKind::Json, fields},
};

}  // namespace

std::span<const Route> stats_routes() { return kRoutes; }

}  // namespace miroir::api

// Statistics and field names: counted on the nodes, each document once, what is ours left out.
#include <algorithm>
#include <set>

#include "api/cluster_stats.h"
#include "api/read/cover_round.h"
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

// What the nodes said, and whether all of them could be heard.
struct Heard {
    std::vector<json::Value> answers;
    bool all = true;
};

env::Task<Heard> ask_all(Desk& desk, cluster::TopologyPtr topology, std::string target, http::Call context) {
    std::vector<env::Task<json::Value>> asking;
    Heard heard;
    for (cluster::NodeIndex node = 0; node < topology->nodes().size(); ++node) {
        if (!desk.is_in_step(topology->node(node))) {
            heard.all = false;
            continue;
        }
        plan::NodeCall call{.node = node, .shards = {}, .method = "GET", .target = target, .body = {}};
        asking.push_back(ask_node(desk, topology, std::move(call), context));
    }
    heard.answers = co_await env::gather(desk.env().executor, std::move(asking));
    std::erase_if(heard.answers, [](const json::Value& answer) { return answer.is_null(); });
    heard.all = heard.all && heard.answers.size() == topology->nodes().size();
    co_return heard;
}

struct Counted {
    std::uint64_t documents = 0;
    std::vector<ShardId> missing;
};

// Documents of an index, each counted on one replica.
env::Task<Result<Counted>> count_documents(Desk& desk, cluster::TopologyPtr topology, plan::IndexPtr index,
                                           http::Call context) {
    const CallOf call_of = [&index](const cluster::CoverPart& part) {
        const json::Object body{{"limit", 0}, {"filter", plan::shard_clause(part.shards)}};
        return plan::NodeCall{.node = part.node,
                              .shards = part.shards,
                              .method = "POST",
                              .target = "/indexes/" + index->uid.value + "/documents/fetch",
                              .body = json::to_text(json::Value(body))};
    };
    Counted counted;
    const scatter::Accept accept = [&counted](scatter::Answered& answered) -> Result<void> {
        const auto body = json::parse(answered.reply.body);
        const json::Value* total = body ? body->find("total") : nullptr;
        if (total == nullptr || !total->is_unsigned())
            return fail(ErrorCode::MiroirNodeBadReply, "the node's answer has no total");
        counted.documents += total->unsigned_integer();
        return {};
    };
    RoundPlace place{
        .desk = desk, .topology = std::move(topology), .index = index, .seed = 0, .call = std::move(context)};
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(std::move(place), call_of, accept));
    counted.missing = std::move(round.missing);
    co_return counted;
}

struct Summed {
    IndexStats stats;
    std::vector<ShardId> missing;
    bool scaled = false;  // the number of documents is counted, the rest follows it
};

// From what all nodes say of the index. With every copy heard a division by the number of copies is exact; otherwise
// the documents are counted on a cover, and the rest is scaled to them.
env::Task<Result<Summed>> sum_of(Desk& desk, cluster::TopologyPtr topology, plan::IndexPtr index,
                                 std::vector<json::Value> views, bool all, http::Call context) {
    Summed sum;
    for (const json::Value& view : views) sum.stats.add(protocol::index_stats_of(view));
    std::erase_if(sum.stats.fields, [](const auto& field) { return is_ours(field.first); });
    const std::uint64_t copies = std::uint64_t{topology->replicas()} * topology->groups();
    if (all && topology->settled() && views.size() == topology->nodes().size()) {
        sum.stats.scale(1, copies);
        sum.missing = desk.lost_of(*index);
        co_return sum;
    }
    MIROIR_CO_TRY(Counted counted, co_await count_documents(desk, topology, index, std::move(context)));
    if (sum.stats.documents == 0) sum.stats.documents = counted.documents;
    else sum.stats.scale(counted.documents, sum.stats.documents);
    sum.missing = std::move(counted.missing);
    sum.scaled = true;
    co_return sum;
}

void tell(http::Reply& reply, const std::vector<ShardId>& missing, std::uint32_t shards, bool scaled) {
    add_coverage(reply, missing, shards);
    if (scaled) reply.headers.add("X-Miroir-Exact", "false; not every node was heard, sizes and fields are estimates");
}

Reply index_stats(Visit visit) {
    MIROIR_CO_TRY(const StatsQuery query, protocol::parse_stats_query(visit.in.raw_query));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const cluster::TopologyPtr topology = visit.desk.topology();
    Heard heard = co_await ask_all(visit.desk, topology, "/indexes/" + index->uid.value + "/stats", visit.in.call);
    MIROIR_CO_TRY(Summed sum,
                  co_await sum_of(visit.desk, topology, index, std::move(heard.answers), heard.all, visit.in.call));
    const std::set<std::string> at_work = co_await visit.desk.ask(visit.desk.office().indexes_at_work());
    sum.stats.is_indexing = at_work.contains(index->uid.value);
    http::Reply reply = ok(protocol::index_stats_view(sum.stats, query));
    tell(reply, sum.missing, index->shards, sum.scaled);
    co_return reply;
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
    MIROIR_CO_TRY(const ClusterStats sums, co_await cluster_stats(visit.desk, visit.grant, visit.in.call));
    json::Object indexes;
    for (const auto& [uid, sum] : sums.indexes) indexes.append(uid, protocol::index_stats_view(sum, query));
    json::Object out;
    out.append("databaseSize", protocol::size_value(sums.database_bytes, query));
    out.append("usedDatabaseSize", protocol::size_value(sums.used_bytes, query));
    out.append("lastUpdate", sums.last_update ? json::Value(protocol::rfc3339(*sums.last_update)) : json::Value());
    out.append("indexes", std::move(indexes));
    http::Reply reply = ok(out);
    tell(reply, {sums.missing.begin(), sums.missing.end()}, sums.shards, sums.scaled);
    co_return reply;
}

// Adds the names that a node knows. A reply that is no list of fields is no answer.
Result<void> take_names(const http::Reply& reply, std::set<std::string>& names) {
    const auto body = json::parse(reply.body);
    const json::Value* results = body ? body->find("results") : nullptr;
    if (results == nullptr || !results->is_array())
        return fail(ErrorCode::MiroirNodeBadReply, "the node's answer has no fields");
    for (const json::Value& field : results->array()) {
        const json::Value* name = field.find("name");
        if (name != nullptr && name->is_string() && !is_ours(name->string())) names.insert(name->string());
    }
    return {};
}

// Every name that some shard knows, and what the client's settings make of it.
Reply fields(Visit visit) {
    MIROIR_CO_TRY(const protocol::FieldsQuery query, protocol::parse_fields_query(visit.body));
    MIROIR_CO_TRY(const plan::IndexPtr index, visit.desk.open(visit.index_text()));
    const CallOf call_of = [&index](const cluster::CoverPart& part) {
        return plan::NodeCall{.node = part.node,
                              .shards = part.shards,
                              .method = "POST",
                              .target = "/indexes/" + index->uid.value + "/fields",
                              .body = json::to_text(json::Value(json::Object{{"limit", kAllFields}}))};
    };
    std::set<std::string> names;
    const scatter::Accept accept = [&names](scatter::Answered& answered) { return take_names(answered.reply, names); };
    RoundPlace place{.desk = visit.desk,
                     .topology = visit.desk.topology(),
                     .index = index,
                     .seed = visit.pin.value_or(0),
                     .call = visit.in.call};
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(std::move(place), call_of, accept));
    if (round.refusal) co_return std::move(*round.refusal);
    std::vector<json::Value> all;
    for (const std::string& name : names) {
        const protocol::FieldFacts facts = protocol::field_facts(index->settings, name);
        if (!query.filter || protocol::field_passes(*query.filter, name, facts))
            all.push_back(protocol::field_view(name, facts));
    }
    http::Reply reply = ok(protocol::paged(std::move(all), {.offset = query.offset, .limit = query.limit}));
    add_coverage(reply, round.missing, index->shards);
    co_return reply;
}

constexpr Route kRoutes[] = {
    {"GET", "/stats", "stats.get", BodyKind::None, stats},
    {"GET", "/indexes/{index_uid}/stats", "stats.get", BodyKind::None, index_stats},
    {"POST", "/indexes/{index_uid}/fields", "fields.post", BodyKind::Json, fields},
};

}  // namespace

env::Task<Result<ClusterStats>> cluster_stats(Desk& desk, protocol::Grant grant, http::Call context) {
    const cluster::TopologyPtr topology = desk.topology();
    const plan::CatalogPtr catalog = desk.catalog();
    const Heard heard = co_await ask_all(desk, topology, "/stats", context);
    const std::set<std::string> at_work = co_await desk.ask(desk.office().indexes_at_work());
    ClusterStats out{.database_bytes = sum_at(heard.answers, "databaseSize"),
                     .used_bytes = sum_at(heard.answers, "usedDatabaseSize"),
                     .last_update = {},
                     .indexes = {},
                     .missing = {},
                     .shards = topology->shards(),
                     .scaled = !heard.all};
    for (const auto& [uid, index] : catalog->indexes) {
        const protocol::Instant updated{std::chrono::nanoseconds(index->updated_at_ns)};
        if (!out.last_update || *out.last_update < updated) out.last_update = updated;
        if (!grant.allows(uid.value)) continue;
        MIROIR_CO_TRY(Summed sum,
                      co_await sum_of(desk, topology, index, views_of(heard.answers, uid), heard.all, context));
        sum.stats.is_indexing = at_work.contains(uid.value);
        out.missing.insert(sum.missing.begin(), sum.missing.end());
        out.shards = std::max(out.shards, index->shards);
        out.indexes.emplace(uid.value, std::move(sum.stats));
    }
    co_return out;
}

std::span<const Route> stats_routes() { return kRoutes; }

}  // namespace miroir::api

#include "sim/oracle/duel.h"

#include <algorithm>

#include "api/read/doubts.h"
#include "json/parse.h"
#include "json/write.h"
#include "protocol/text_normal.h"

namespace miroir::sim {
namespace {

using namespace std::chrono_literals;

// What two runs of one server differ in.
bool is_passing(std::string_view name) {
    return name == "processingTimeMs" || name == "requestUid" || name == "queryUid" || name == "performanceDetails" ||
           name == "link";
}

bool is_mark(std::string_view name) { return name == "_formatted" || name == "_matchesPosition"; }

bool is_score(std::string_view name) {
    return name == "_rankingScore" || name == "_rankingScoreDetails" || name == "weightedRankingScore";
}

bool keeps_order(std::string_view name) { return name == "facetDistribution" || name == "distribution"; }

// What Miroir says of its answer that it does not promise.
struct Promised {
    bool marks = true;                // how words are marked in hits
    bool scores = true;               // and what they are made of
    bool spelling = true;             // of facet values that are searched for
    bool order_of_counts = true;      // which of the facet values of equal counts comes first, or falls off the end
    std::vector<std::string> rest{};  // that touches more
};

Promised promised(const Spoken& ours) {
    Promised out;
    std::string_view left = ours.exact;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find("; "), left.size());
        const std::string_view reason = left.substr(0, end);
        if (reason == api::kMarksOfNodes) out.marks = false;
        else if (reason == api::kScoresOfNodes || reason == api::kPlacesOfNodes) out.scores = false;
        else if (reason == api::kSpellingOfValues) out.spelling = false;
        else if (reason == api::kOrderOfCounts) out.order_of_counts = false;
        else if (reason != "false") out.rest.emplace_back(reason);
        left.remove_prefix(std::min(end + 2, left.size()));
    }
    return out;
}

// Facet values as a set, without the names of those that share the smallest count.
json::Value unordered_counts(const json::Value& values) {
    std::map<std::uint64_t, std::set<std::string>> by_count;
    for (const json::Member& value : values.object()) by_count[value.second.unsigned_integer()].insert(value.first);
    json::Object out;
    for (const auto& [count, names] : by_count) {
        json::Array shown;
        if (count == by_count.begin()->first) shown.emplace_back(names.size());
        else shown.assign(names.begin(), names.end());
        out.append(std::to_string(count), std::move(shown));
    }
    return out;
}

// Facet hits by normal form.
json::Value unspelled(const json::Value& hits) {
    json::Array out;
    for (const json::Value& hit : hits.array())
        out.emplace_back(json::Object{{"value", protocol::normalize_facet(hit.find("value")->string())},
                                      {"count", *hit.find("count")}});
    return out;
}

// Members in one order but where the order is part of the answer, numbers as they are.
json::Value normal(const json::Value& value, const Promised& promise, bool ordered = false) {
    if (value.is_array()) {
        json::Array out;
        for (const json::Value& item : value.array()) out.push_back(normal(item, promise, ordered));
        return out;
    }
    if (!value.is_object()) return value;
    json::Object out;
    for (const json::Member& member : value.object()) {
        if (is_passing(member.first) || (!promise.marks && is_mark(member.first)) ||
            (!promise.scores && is_score(member.first)))
            continue;
        if (keeps_order(member.first) && !promise.order_of_counts && member.second.is_object()) {
            json::Object fields;
            for (const json::Member& field : member.second.object())
                fields.append(field.first, unordered_counts(field.second));
            out.append(member.first, std::move(fields));
            continue;
        }
        if (member.first == "facetHits" && !promise.spelling) {
            out.append(member.first, unspelled(member.second));
            continue;
        }
        out.append(member.first, normal(member.second, promise, ordered || keeps_order(member.first)));
    }
    if (!ordered) out.sort_keys();
    return out;
}

}  // namespace

bool is_error(const Spoken& ours) {
    const json::Value* code = ours.body.find("code");
    return code != nullptr && (ours.status == 429 || ours.status >= 500);
}

bool promises_order(const Spoken& ours) { return promised(ours).rest.empty(); }

std::vector<std::string> doubts_of(const Spoken& ours) { return promised(ours).rest; }

namespace {

std::optional<std::string> difference_under(const Promised& promise, const Spoken& ours, const Spoken& theirs) {
    const std::string told = json::to_text(normal(ours.body, promise));
    const std::string truth = json::to_text(normal(theirs.body, promise));
    if (ours.status == theirs.status && told == truth) return std::nullopt;
    return "through Miroir " + std::to_string(ours.status) + " " + told + "\nfrom one node  " +
           std::to_string(theirs.status) + " " + truth;
}

}  // namespace

bool differs_in_rest(const Spoken& ours, const Spoken& theirs) {
    return difference_under(promised(ours), ours, theirs).has_value();
}

std::optional<std::string> difference(const Spoken& ours, const Spoken& theirs) {
    const Promised promise = promised(ours);
    return promise.rest.empty() ? difference_under(promise, ours, theirs) : std::nullopt;
}

namespace {

// What the rules about words gave to each document, by its text; sorts and scores left out.
std::map<std::string, std::string> word_ranks(const Spoken& spoken) {
    std::map<std::string, std::string> out;
    const json::Value* hits = spoken.body.find("hits");
    if (hits == nullptr || !hits->is_array()) return out;
    for (const json::Value& hit : hits->array()) {
        json::Object rest = hit.object();
        json::Object ranks;
        const json::Value* details = hit.find("_rankingScoreDetails");
        for (const char* rule : {"words", "typo", "proximity", "attributeRank", "wordPosition", "exactness"}) {
            const json::Value* found = details != nullptr ? details->find(rule) : nullptr;
            if (found == nullptr) continue;
            json::Object entry = found->object();
            entry.erase("order");
            entry.erase("maxTypoCount");
            if (std::string_view(rule) == "typo") entry.erase("score");
            ranks.append(rule, std::move(entry));
        }
        for (const char* name : {"_rankingScoreDetails", "_rankingScore", "_formatted", "_matchesPosition"})
            rest.erase(name);
        out[json::to_text(normal(json::Value(std::move(rest)), {}))] = json::to_text(json::Value(std::move(ranks)));
    }
    return out;
}

// The searches that a question is made of, without what leaves documents out.
std::vector<Question> searches_of(const Question& question) {
    std::vector<json::Value> bodies;
    if (question.path.ends_with("/search") && !question.path.starts_with("/multi")) bodies.push_back(question.body);
    const json::Value* queries = question.body.is_object() ? question.body.find("queries") : nullptr;
    if (queries != nullptr && queries->is_array()) bodies = queries->array();
    std::vector<Question> out;
    for (json::Value& body : bodies) {
        if (!body.is_object() || body.find("q") == nullptr) continue;
        for (const char* name : {"indexUid", "federationOptions", "page", "hitsPerPage", "offset", "distinct", "facets",
                                 "rankingScoreThreshold", "attributesToRetrieve"})
            body.object().erase(name);
        body.object().set("limit", 1000);
        body.object().set("showRankingScoreDetails", true);
        out.push_back({.method = "POST", .path = "/indexes/i/search", .body = std::move(body)});
    }
    return out;
}

}  // namespace

bool ranks_by_other_words(Duel& duel, const Question& question) {
    return std::ranges::any_of(searches_of(question), [&](const Question& search) {
        const auto ours = word_ranks(duel.ask_cluster(search));
        const auto theirs = word_ranks(duel.ask_alone(search));
        return std::ranges::any_of(ours, [&](const auto& hit) {
            const auto found = theirs.find(hit.first);
            return found != theirs.end() && found->second != hit.second;
        });
    });
}

Duel::Duel(const Story& story, std::uint64_t seed, bool strict) : run_(seed) {
    alone_ = &run_.host("alone", embedded_node({}));
    cluster::TopologySpec spec{.nodes = {}, .shards = story.shards, .replicas = story.replicas};
    for (std::uint32_t i = 0; i < story.nodes; ++i) {
        const std::string name = "node-" + std::to_string(i);
        spec.nodes.push_back({.id = {name}, .address = "http://" + name + ":7700", .group = {0}, .zone = {}});
        nodes_.push_back(&run_.host(name, embedded_node({.replication_parameters = true})));
    }
    OrchestratorOptions options{
        .topology = spec, .health = {}, .office = {}, .scatter = {}, .desk = {}, .store = store_};
    options.office.shards = story.shards;
    options.office.writer.large_body = 64;
    if (story.keys_first) options.desk.keys_first_from = 1;
    if (strict) options.desk.unavailable_shards = api::UnavailableShards::Error;
    miroir_ = &run_.host("miroir", sim::orchestrator(options));
    run_.world.run_until([this] { return orchestrator().open(); }, 10s);
    run_.world.run_for(1s);  // all nodes are found healthy
    write({.method = "PATCH", .path = "/experimental-features", .body = json::Object{{"containsFilter", true}}});
    write({.method = "POST", .path = "/indexes", .body = json::Object{{"uid", "i"}, {"primaryKey", "id"}}});
    wait_for_tasks();
    write({.method = "PATCH", .path = "/indexes/i/settings", .body = story.settings});
    wait_for_tasks();
    for (const Write& told : story.writes) tell(told);
}

void Duel::tell(const Write& told) {
    write({.method = told.method, .path = "/indexes/i" + told.path, .body = told.body});
    wait_for_tasks();  // the one node shall not put several writes into one batch
}

void Duel::disturb() {
    NetworkOptions& wires = run_.network.options;
    const auto maybe = [this](double& chance, double most) { chance = run_.chance(0.5) ? run_.unit() * most : 0; };
    maybe(wires.loss_before, 0.3);
    maybe(wires.loss_after, 0.3);
    maybe(wires.duplicate, 0.3);
    maybe(wires.truncate, 0.3);
    maybe(wires.nonsense, 0.5);
    maybe(wires.burst, 0.1);
    if (run_.chance(0.3)) wires.delay_shape = DelayShape::HeavyTail;
    const auto somebody = [this]() -> Host& { return *nodes_[run_.below(nodes_.size())]; };
    if (run_.chance(0.3)) run_.network.slow(somebody().name(), run_.between(10ms, 8000ms));
    if (run_.chance(0.2)) run_.network.block("miroir", somebody().name());
    if (run_.chance(0.2)) run_.network.block(somebody().name(), "miroir");
    if (run_.chance(0.2)) run_.network.clog(somebody().name(), run_.world.now() + run_.between(10ms, 20000ms));
    if (Host& host = somebody(); run_.chance(0.2) && host.alive()) host.kill(run_.chance(0.5));
    if (run_.chance(0.5)) run_.world.run_for(run_.between(1ms, 3000ms));
}

void Duel::calm() {
    run_.network.heal();
    run_.network.options.delay_shape = DelayShape::Uniform;
    for (Host* host : nodes_) {
        if (!host->alive()) host->start();
    }
    run_.world.run_for(5s);
}

Duel::Answer Duel::begin(Host& host, http::Handler& handler, const Question& question) {
    http::Request request;
    request.method = question.method;
    request.target = question.path;
    if (!question.body.is_null()) {
        std::string bytes = json::to_text(question.body);
        request.headers.add("Content-Type", "application/json");
        request.content_length = bytes.size();
        request.body = http::body_of(std::move(bytes));
    }
    const auto reply = std::make_shared<std::optional<http::Reply>>();
    env::spawn(host.life(), ask_here(handler, std::move(request), *reply));
    return reply;
}

Spoken Duel::wait_for(const Answer& reply) {
    const env::Monotonic end = run_.world.now() + 60s;
    while (!reply->has_value() && run_.world.now() < end && run_.world.step()) {
    }
    if (!reply->has_value()) return {};
    return {.status = (*reply)->status,
            .body = json::parse((*reply)->body).value_or(json::Value((*reply)->body)),
            .exact = std::string((*reply)->headers.get("X-Miroir-Exact"))};
}

Spoken Duel::ask_cluster(const Question& question) {
    return wait_for(begin(*miroir_, *orchestrator().handler(), question));
}

Spoken Duel::ask_alone(const Question& question) {
    return wait_for(begin(*alone_, *alone_->app<EmbeddedNode>().handler(), question));
}

Spoken Duel::ask_cluster_amid(const Question& question, std::chrono::nanoseconds slow,
                              const std::function<void()>& amid) {
    for (const Host* node : nodes_) run_.network.slow(node->name(), slow);
    const Answer reply = begin(*miroir_, *orchestrator().handler(), question);
    run_.world.run_for(slow + slow / 4);
    amid();
    Spoken out = wait_for(reply);
    run_.network.heal();
    return out;
}

std::uint64_t Duel::requests_for(const Question& question, int times) {
    const auto sent = [this] {
        std::uint64_t sum = 0;
        for (const Host* node : nodes_) sum += run_.network.sent("miroir", node->name());
        return sum;
    };
    const std::uint64_t before = sent();
    std::vector<Answer> asked;
    for (int i = 0; i < times; ++i) asked.push_back(begin(*miroir_, *orchestrator().handler(), question));
    for (const Answer& reply : asked) wait_for(reply);
    return sent() - before;
}

void Duel::tell_nodes(const Write& told) {
    const Question asked{.method = told.method, .path = "/indexes/i" + told.path, .body = told.body};
    for (Host* node : nodes_) wait_for(begin(*node, *node->app<EmbeddedNode>().handler(), asked));
    ask_alone(asked);
    run_.world.run_for(5ms);
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

#include "api/read/word_knowledge.h"

#include <algorithm>
#include <functional>
#include <map>

#include "json/parse.h"
#include "json/write.h"
#include "plan/frequency_plan.h"

namespace miroir::api {
namespace {

// A word in quotes is found only as it stands, so a total of none says that the node does not know it.
std::string knowledge_body(const plan::SearchPlan& plan, const plan::FrequencyWords& words) {
    json::Array queries;
    for (const plan::FrequencyWords::Word& word : words.words) {
        if (!word.falls) continue;
        protocol::SearchQuery query;
        query.q = "\"" + word.text + "\"";
        query.limit = 0;
        json::Object one = protocol::to_json(query);
        one.set("indexUid", plan.index->uid.value);
        queries.emplace_back(std::move(one));
    }
    return json::to_text(json::Value(json::Object{{"queries", std::move(queries)}}));
}

std::optional<std::vector<bool>> known_words(const std::string& reply) {
    const auto parsed = json::parse(reply);
    const json::Value* results = parsed ? parsed->find("results") : nullptr;
    if (results == nullptr || !results->is_array()) return std::nullopt;
    std::vector<bool> out;
    for (const json::Value& result : results->array()) {
        const json::Value* total = result.find("estimatedTotalHits");
        if (total == nullptr || !total->is_unsigned()) return std::nullopt;
        out.push_back(total->unsigned_integer() > 0);
    }
    return out;
}

}  // namespace

env::Task<bool> know_all(LegPlace place, std::vector<cluster::NodeIndex> nodes, std::set<cluster::NodeIndex> judges) {
    const plan::SearchPlan& plan = place.plan;
    const auto words = plan::frequency_words(*plan.index, plan.asked.q.value_or(""));
    if (!words || std::ranges::none_of(words->words, &plan::FrequencyWords::Word::falls)) co_return false;
    const std::string body = knowledge_body(plan, *words);
    std::vector<plan::NodeCall> calls;
    for (const cluster::NodeIndex node : nodes) {
        plan::NodeCall& call =
            calls.emplace_back(plan::NodeCall{.node = node, .shards = {}, .method = "POST", .target = "/multi-search"});
        call.body = body;
    }
    std::map<cluster::NodeIndex, std::vector<bool>> known;
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return told_error(answered.reply);
        auto told = known_words(answered.reply.body);
        if (!told) return fail(ErrorCode::MiroirNodeBadReply, "the node's answer holds no counts");
        known[answered.call.node] = *std::move(told);
        return {};
    };
    // Of nobody else: it is about what these nodes know.
    const scatter::CallsElsewhere nobody = [](const auto&, const auto&) { return std::vector<plan::NodeCall>(); };
    co_await place.desk.scatter().run(plan.topology, std::move(calls), nobody, place.call, accept);
    if (known.size() != nodes.size()) co_return false;
    const auto falls_short = [&](cluster::NodeIndex judge) {
        return std::ranges::any_of(known, [&](const auto& node) {
            return !std::ranges::equal(node.second, known[judge], std::less_equal<>());
        });
    };
    co_return std::ranges::none_of(judges, falls_short);
}

}  // namespace miroir::api

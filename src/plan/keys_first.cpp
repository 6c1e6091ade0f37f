#include "plan/keys_first.h"

#include <algorithm>

#include "json/write.h"
#include "plan/replay_plan.h"

namespace miroir::plan {
namespace {

using protocol::SearchQuery;

// Frequencies are made of several searches, and a hybrid one may ask for a new vector of its text each time.
bool can_be_asked_again(const SearchPlan& plan) {
    const bool falls = plan.asked.matching_strategy == protocol::MatchingStrategy::Frequency;
    return !plan.alone && !plan.apart && !plan.asked.hybrid && !plan.frame.semantic && !plan.recipe.semantic_ratio &&
           !falls;
}

NodeCall document_call(const SearchPlan& plan, cluster::NodeIndex node, std::vector<ShardId> shards,
                       std::span<const std::string_view> stamps) {
    NodeCall call{.node = node, .shards = std::move(shards), .method = "POST", .target = {}};
    call.target = "/indexes/" + plan.index->uid.value + "/search";
    SearchPlan of_documents = plan;
    of_documents.asked = shown_in(plan);
    call.body = json::to_text(json::Value(protocol::to_json(shown_plan(of_documents, stamps).asked)));
    return call;
}

bool share_some(const std::vector<ShardId>& a, const std::vector<ShardId>& b) {
    return std::ranges::any_of(a, [&](ShardId shard) { return std::ranges::find(b, shard) != b.end(); });
}

}  // namespace

void ask_for_keys(SearchPlan& plan, std::uint64_t from) {
    if (plan.recipe.take == 0 || plan.recipe.end() < from || !can_be_asked_again(plan)) return;
    plan.keys_first = true;
    plan.shown = plan.asked;
    SearchQuery& asked = plan.asked;
    asked.attributes_to_retrieve = std::set<std::string>();
    for (const std::string* field : {&plan.recipe.distinct_field, &plan.recipe.key_field}) {
        if (!field->empty()) asked.attributes_to_retrieve->insert(*field);
    }
    asked.attributes_to_highlight.reset();
    asked.attributes_to_crop.reset();
    asked.show_matches_position = false;
    asked.retrieve_vectors = false;
}

const SearchQuery& shown_in(const SearchPlan& plan) { return plan.shown ? *plan.shown : plan.asked; }

std::vector<NodeCall> document_calls(const SearchPlan& plan, std::span<const KeysOfNode> keys) {
    std::vector<NodeCall> calls;
    for (const KeysOfNode& one : keys) calls.push_back(document_call(plan, one.node, one.shards, one.stamps));
    return calls;
}

std::vector<NodeCall> document_calls(const SearchPlan& plan, std::span<const KeysOfNode> keys,
                                     const cluster::Cover& cover) {
    std::vector<NodeCall> calls;
    for (const cluster::CoverPart& part : cover.parts) {
        std::vector<std::string_view> stamps;
        for (const KeysOfNode& one : keys) {
            if (share_some(one.shards, part.shards)) stamps.insert(stamps.end(), one.stamps.begin(), one.stamps.end());
        }
        calls.push_back(document_call(plan, part.node, part.shards, stamps));
    }
    return calls;
}

}  // namespace miroir::plan

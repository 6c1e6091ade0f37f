#include "api/read/known_fields.h"

#include <algorithm>

#include "json/parse.h"
#include "json/write.h"
#include "plan/shard_clause.h"

namespace miroir::api {
namespace {

constexpr std::uint64_t kAllFields = 100'000;

plan::NodeCall fields_call(const plan::IndexEntry& index, const cluster::CoverPart& part) {
    plan::NodeCall call{.node = part.node, .shards = part.shards, .method = "POST", .target = {}};
    call.target = "/indexes/" + index.uid.value + "/fields";
    call.body = json::to_text(json::Value(json::Object{{"limit", kAllFields}}));
    return call;
}

Result<void> add_known(const std::string& reply, const std::set<std::string>& wanted, std::set<std::string>& known) {
    const auto parsed = json::parse(reply);
    const json::Value* results = parsed ? parsed->find("results") : nullptr;
    if (results == nullptr || !results->is_array())
        return fail(ErrorCode::MiroirNodeBadReply, "the node's answer holds no fields");
    for (const json::Value& field : results->array()) {
        const json::Value* name = field.find("name");
        if (name != nullptr && name->is_string() && wanted.contains(name->string())) known.insert(name->string());
    }
    return {};
}

}  // namespace

env::Task<Result<std::set<std::string>>> known_fields(RoundPlace place, std::set<std::string> fields) {
    Desk& desk = place.desk;
    const plan::IndexPtr index = place.index;
    std::set<std::string> known = desk.remembered_fields(*index);
    if (!std::ranges::includes(known, fields)) {
        const CallOf call_of = [&](const cluster::CoverPart& part) { return fields_call(*index, part); };
        const scatter::Accept accept = [&](scatter::Answered& answered) {
            return add_known(answered.reply.body, fields, known);
        };
        MIROIR_CO_TRY(const Round round, co_await ask_everywhere(std::move(place), call_of, accept));
        if (round.refusal) co_return fail(ErrorCode::MiroirNodeBadReply, "a node refused to tell its fields");
        desk.remember_fields(*index, known);
    }
    std::erase_if(fields, [&](const std::string& field) { return !known.contains(field); });
    co_return fields;
}

env::Task<Result<std::optional<json::Value>>> filter_for_nodes(RoundPlace place, std::optional<json::Value> filter) {
    std::set<std::string> fields = plan::differing_fields(filter);
    if (fields.empty()) co_return filter;
    MIROIR_CO_TRY(const std::set<std::string> known, co_await known_fields(std::move(place), std::move(fields)));
    co_return plan::node_filter(filter, known);
}

}  // namespace miroir::api

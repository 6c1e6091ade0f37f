#include "api/read/cover_round.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "json/parse.h"
#include "json/scan.h"
#include "merge/refusals.h"
#include "server/query.h"
#include "server/replies.h"

namespace miroir::api {
namespace {

// The code of a refusal that may not be shown as it is.
ErrorCode code_of(const std::string& body) {
    const auto parsed = json::parse(body);
    const json::Value* code = parsed ? parsed->find("code") : nullptr;
    const ErrorCode known =
        code != nullptr && code->is_string() ? error_code_of(code->string()) : ErrorCode::BadRequest;
    return known == ErrorCode::Internal ? ErrorCode::BadRequest : known;
}

}  // namespace

// A node whose index is being made anew does not know our fields yet: nobody else's query is at fault.
constexpr std::string_view kNotReady = "Attribute `_miroir_";

Result<void> told_error(const http::Reply& reply) {
    if (reply.body.find(kNotReady) != std::string::npos)
        return fail(ErrorCode::MiroirNodeBadReply, "the node's index is only being made");
    if (merge::is_error(reply.body)) return {};
    return fail(ErrorCode::MiroirNodeBadReply, "the node's refusal cannot be read");
}

std::string shards_text(const std::vector<ShardId>& shards) {
    std::string out = "shards=";
    for (const ShardId shard : shards) {
        if (out.back() != '=') out += ',';
        out += std::to_string(shard.value);
    }
    return out;
}

void add_lost(std::vector<ShardId>& missing, const std::vector<ShardId>& lost) {
    std::vector<ShardId> all;
    std::ranges::set_union(missing, lost, std::back_inserter(all));
    missing = std::move(all);
}

void add_coverage(http::Reply& reply, const std::vector<ShardId>& missing, std::uint32_t shards) {
    if (missing.empty()) return;
    reply.headers.add("X-Miroir-Degraded", shards_text(missing));
    reply.headers.add("X-Miroir-Coverage", std::to_string(shards - std::min<std::size_t>(shards, missing.size())) +
                                               "/" + std::to_string(shards));
}

Error nodes_too_busy() {
    return {.code = ErrorCode::TooManySearchRequests,
            .message = "Too many search requests are running on the nodes. Retry after 10s."};
}

Error shards_unavailable(const std::vector<ShardId>& shards) {
    return {.code = ErrorCode::MiroirShardUnavailable,
            .message = "No node answered for " + shards_text(shards) + ". Bring their nodes back."};
}

Error unanswered_error(const std::vector<ShardId>& shards, Unanswered why) {
    if (why.turned_away) return nodes_too_busy();
    if (!why.too_costly) return shards_unavailable(shards);
    return {.code = ErrorCode::MiroirTimeout,
            .message =
                "The query took longer than nodes may take for their part of it (`scatter.node_timeout_ms`), "
                "while they answer others. Ask for less, or raise the limit."};
}

http::Reply scrubbed(http::Reply reply) {
    if (reply.body.find(cluster::kReservedPrefix) != std::string::npos) {
        return server::error_reply({.code = code_of(reply.body), .message = "The query was refused by the engine."});
    }
    http::Reply out;
    out.status = reply.status;
    out.headers.add("Content-Type", "application/json");
    out.body = std::move(reply.body);
    return out;
}

cluster::Cover restricted(cluster::Cover cover, const std::vector<ShardId>& shards) {
    for (cluster::CoverPart& part : cover.parts) {
        const std::size_t all = part.shards.size();
        std::erase_if(part.shards, [&](ShardId shard) { return !std::ranges::binary_search(shards, shard); });
        if (part.shards.size() != all) part.whole = false;
    }
    std::erase_if(cover.parts, [](const cluster::CoverPart& part) { return part.shards.empty(); });
    return cover;
}

env::Task<Result<Round>> ask_everywhere(RoundPlace place, CallOf call_of, scatter::Accept accept) {
    const auto calls_of = [&](const cluster::Cover& cover) {
        std::vector<plan::NodeCall> calls;
        for (const cluster::CoverPart& part : cover.parts) calls.push_back(call_of(part));
        return calls;
    };
    const scatter::CallsElsewhere elsewhere =
        [&](const std::vector<ShardId>& shards,
            const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        MIROIR_TRY(cluster::Cover cover, place.desk.cover(*place.topology, *place.index, place.seed, avoid));
        return calls_of(restricted(std::move(cover), shards));
    };
    // Refusals are kept apart: only answers are shown to `accept`.
    const scatter::Accept accept_answer = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return told_error(answered.reply);
        return accept ? accept(answered) : Result<void>();
    };
    MIROIR_CO_TRY(const cluster::Cover cover, place.desk.cover(*place.topology, *place.index, place.seed));
    scatter::Gathered gathered =
        co_await place.desk.scatter().run(place.topology, calls_of(cover), elsewhere, place.call, accept_answer);
    Round round;
    round.missing = std::move(gathered.missing);
    round.missing.insert(round.missing.end(), cover.missing.begin(), cover.missing.end());
    std::ranges::sort(round.missing);
    for (scatter::Answered& answered : gathered.answers) {
        if (answered.reply.status >= 400) round.refusal = scrubbed(std::move(answered.reply));
        else round.answers.push_back(std::move(answered));
    }
    if (round.refusal) co_return round;
    const bool partial =
        place.desk.options().unavailable_shards == UnavailableShards::Partial && !round.answers.empty();
    if (!round.missing.empty() && !partial)
        co_return fail(
            unanswered_error(round.missing, {.turned_away = gathered.turned_away, .too_costly = gathered.too_costly}));
    add_lost(round.missing, place.desk.lost_of(*place.index));
    co_return round;
}

namespace {

// The document of this key, all its fields or, when `some` were asked for, any.
bool is_document(std::string_view body, const DocumentPlace& place) {
    const std::optional<std::string>& key = place.index->primary_key;
    const bool plain = key && key->find_first_of(".\"\\") == std::string::npos;  // stands in the bytes as it is
    const bool some = place.raw_query.find("fields") != std::string::npos || !plain;
    std::vector<json::MemberText> members;
    std::string_view rest = body;
    if (body.starts_with('{') && json::is_sound_utf8(body) && json::scan_object(rest, members) && rest.empty()) {
        return some || std::ranges::any_of(members, [&](const json::MemberText& member) {
                   const bool quoted = member.value.starts_with('"') && member.value.size() >= 2;
                   return member.name == *key &&
                          (quoted ? member.value.substr(1, member.value.size() - 2) : member.value) == place.id;
               });
    }
    const auto parsed = json::parse(body);
    return parsed && parsed->is_object() && (some || parsed->find(*key) != nullptr);
}

}  // namespace

env::Task<Result<http::Reply>> fetch_document(DocumentPlace place) {
    const ShardId shard = cluster::shard_of(place.id, place.index->shards);
    const cluster::TopologyPtr topology = place.desk.topology();
    plan::NodeCall call{.node = cluster::kNoNode, .shards = {shard}, .method = "GET", .target = {}};
    call.target = "/indexes/" + place.index->uid.value + "/documents/" + server::percent_encode(place.id);
    if (!place.raw_query.empty()) call.target += "?" + place.raw_query;
    const scatter::CallsElsewhere elsewhere =
        [&](const std::vector<ShardId>&,
            const std::vector<cluster::NodeIndex>& avoid) -> Result<std::vector<plan::NodeCall>> {
        MIROIR_TRY(const cluster::Cover cover, place.desk.cover(*topology, *place.index, place.seed, avoid, shard));
        std::vector<plan::NodeCall> calls;
        for (const cluster::CoverPart& part : cover.parts) {
            calls.push_back(call);
            calls.back().node = part.node;
        }
        return calls;
    };
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        if (answered.reply.status >= 400) return told_error(answered.reply);
        if (answered.reply.status != 200 || is_document(answered.reply.body, place)) return {};
        return fail(ErrorCode::MiroirNodeBadReply, "the node's answer cannot be read");
    };
    const std::vector<ShardId> shards = {shard};
    MIROIR_CO_TRY(std::vector<plan::NodeCall> calls, elsewhere(shards, {}));
    scatter::Gathered gathered =
        co_await place.desk.scatter().run(topology, std::move(calls), elsewhere, place.call, accept);
    if (gathered.turned_away) co_return fail(nodes_too_busy());
    if (gathered.answers.empty()) {
        co_return fail(ErrorCode::MiroirShardUnavailable,
                       "No node can answer for shard " + std::to_string(shard.value) + ". Bring its nodes back.");
    }
    co_return std::move(gathered.answers.front().reply);
}

}  // namespace miroir::api

// One question to a whole index: each shard is asked of one node, and again of another when that one fails. What every
// read but a search does; a search plans its own calls.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "api/desk.h"

namespace miroir::api {

struct RoundPlace {
    Desk& desk;
    cluster::TopologyPtr topology;
    plan::IndexPtr index;
    std::uint64_t seed = 0;  // the same seed prefers the same replicas
    http::Call call;
};

struct Round {
    std::vector<scatter::Answered> answers;  // status below 400
    std::vector<ShardId> missing;            // only where partial answers are allowed
    std::optional<http::Reply> refusal;      // a 4xx: the request's own fault, without our names
};

using CallOf = std::function<plan::NodeCall(const cluster::CoverPart& part)>;

// MiroirShardUnavailable when shards stay unanswered and the policy wants all of them, or when nobody answers.
env::Task<Result<Round>> ask_everywhere(RoundPlace place, CallOf call_of, scatter::Accept accept);

// One document from a node that holds its shard: the node's reply, reserved fields and all.
struct DocumentPlace {
    Desk& desk;
    plan::IndexPtr index;
    std::string id;
    std::string raw_query;
    http::Call call;
    std::uint64_t seed = 0;
};
env::Task<Result<http::Reply>> fetch_document(DocumentPlace place);

// The part of a cover that concerns these shards only.
cluster::Cover restricted(cluster::Cover cover, const std::vector<ShardId>& shards);

// Names lost shards beside those that nobody answered for. Both ascending.
void add_lost(std::vector<ShardId>& missing, const std::vector<ShardId>& lost);
// "shards=1,2": the value of X-Miroir-Degraded.
std::string shards_text(const std::vector<ShardId>& shards);
// Says in the headers what is missing, if anything: X-Miroir-Degraded: shards=1,2 and X-Miroir-Coverage: 14/16.
void add_coverage(http::Reply& reply, const std::vector<ShardId>& missing, std::uint32_t shards);
Error nodes_too_busy();  // 503 with Retry-After, as one busy node says it
Error shards_unavailable(const std::vector<ShardId>& shards);
// Why shards have no answer, as the client is told.
struct Unanswered {
    bool turned_away = false;  // all nodes that were asked are too busy
    bool too_costly = false;   // the query itself took too long
};
Error unanswered_error(const std::vector<ShardId>& shards, Unanswered why);

// Is the refusal an error as the engine tells them? Else the node failed.
Result<void> told_error(const http::Reply& reply);

// A refusal that names what is ours was provoked by what we added; the client gets its code without the text.
http::Reply scrubbed(http::Reply reply);

}  // namespace miroir::api

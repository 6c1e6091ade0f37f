// The way to one node for writes: in order, each exactly once. The uid of the node's task is chosen here and sent along
// (header TaskId); the node refuses a second send of it, so that after a lost reply its task list tells the truth.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/lane.h"
#include "http/client.h"
#include "protocol/tasks/task.h"
#include "quorum/claim.h"

namespace miroir::quorum {

struct LinkOptions {
    std::string node_key;
    std::chrono::nanoseconds timeout = std::chrono::seconds(5);
    std::size_t reply_limit = 64 << 20;
    // To find out who is at an address: where no breaker is in the way. None: the one for everything.
    http::Client* inquirer = nullptr;
    std::shared_ptr<Claim> claim{};  // none: it writes without a name
};

// What became of one send.
struct SendOutcome {
    enum class Kind : std::uint8_t {
        Accepted,   // the node has it, as `uid`
        Refused,    // the node answered with an error of its own and has not enqueued it
        Missed,     // the node cannot be reached; it does not have it
        Unknown,    // it may or may not have it, or may get it yet: send it again under the same uid
        Overtaken,  // the node is past this uid and has not used it for this: choose another
    };
    Kind kind = Kind::Unknown;
    std::uint64_t uid = 0;
    Error error;
    std::string enqueued_at{};  // as the node says, once it has accepted
};

class NodeLink {
public:
    NodeLink(env::Env env, http::Client& client, NodeId id, LinkOptions options);

    const NodeId& id() const { return id_; }
    env::Lane& lane() { return lane_; }  // held from choosing a uid until the send has ended

    // Learns from the node what it has already, and leaves our name there; the first time, and after ask_anew().
    env::Task<Result<void>> meet(std::string address);
    // Once more, so that it is among the newest tasks of one that has been met.
    env::Task<Result<void>> leave_name(std::string address, std::uint64_t ahead = 0);
    // The uid for the next send, to one that has been met.
    env::Task<Result<std::uint64_t>> next_uid(std::string address);
    // This uid has been given out to this node: it and those before it are not given again.
    void reserve_up_to(std::uint64_t uid);
    // The highest uid that a request of ours to the node can have, as far as is known.
    std::optional<std::uint64_t> highest() const { return next_uid_ > 0 ? std::optional(next_uid_ - 1) : std::nullopt; }
    // The node's counter is not where we thought.
    void ask_anew() { known_ = false; }
    // Whose the node is now: after ours another's name is not left there for nothing.
    env::Task<Result<ClaimNote>> look_for_claim(std::string address);
    // Has somebody who had our store written to this node, as it shows at kClaimsTarget?
    bool bears_our_name(const json::Value& page) const;

    env::Task<SendOutcome> send(std::string address, NodeRequest request, std::uint64_t uid);
    // Any other request to the node: reads, and what enqueues nothing. MiroirNodeUnreachable where another server is.
    env::Task<Result<http::Reply>> ask(std::string address, http::Outgoing request);
    // What it shows there (GET); null when it could not be asked or does not show it.
    env::Task<json::Value> look(std::string address, std::string target);
    env::Task<json::Value> look(std::string address, std::string target, json::Value question);  // POST
    // The same to whoever is there: to find out who it is.
    env::Task<Result<http::Reply>> ask_anybody(std::string address, http::Outgoing request);
    // The node's task, or nothing when it has none of this uid.
    env::Task<Result<std::optional<json::Value>>> task(std::string address, std::uint64_t uid);
    // Those of its tasks that have one of these uids, by uid.
    using Told = std::map<std::uint64_t, json::Value>;
    env::Task<Result<Told>> tasks(std::string address, std::vector<std::uint64_t> uids);

private:
    env::Task<Result<http::Reply>> exchange(http::Client& client, std::string address, http::Outgoing request,
                                            std::string peer);
    env::Task<Result<void>> claim(std::string address);
    env::Task<json::Value> shown(std::string address, http::Outgoing request);
    // Nothing: the reply does not say whether the node has it.
    std::optional<SendOutcome> outcome_of(const http::Reply& reply, std::uint64_t uid);
    env::Task<SendOutcome> find_out(std::string address, std::string target, SendOutcome outcome);

    env::Env env_;
    http::Client& client_;
    NodeId id_;
    LinkOptions options_;
    env::Lane lane_;
    bool known_ = false;
    bool claimed_ = false;  // our name has been left there
    std::uint64_t next_uid_ = 0;
};

}  // namespace miroir::quorum

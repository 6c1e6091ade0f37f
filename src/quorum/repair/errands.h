// What repairs ask of single nodes: to have come to rest, to show documents, to carry out requests in their order.
// Lives on one executor.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "quorum/writer.h"

namespace miroir::quorum {

struct ErrandOptions {
    std::chrono::nanoseconds drain_timeout = std::chrono::seconds(10);
    std::chrono::nanoseconds poll = std::chrono::milliseconds(10);
    std::chrono::nanoseconds full_for = std::chrono::minutes(1);  // then it is tried again
};

class Errands {
public:
    Errands(env::Env env, Writer& writer, ErrandOptions options) : env_(env), writer_(writer), options_(options) {}

    // Waits until the node has worked off all that it was given for the index; not longer than `at_most`.
    env::Task<bool> drained(cluster::Node node, IndexUid index, std::optional<std::chrono::nanoseconds> at_most = {});
    // Waits until it has worked off what it was given for the index up to this uid, whatever came behind it.
    env::Task<bool> drained_to(cluster::Node node, IndexUid index, std::optional<std::uint64_t> uid,
                               std::optional<std::chrono::nanoseconds> at_most = {});
    // One look at the same. Nothing: it could not be asked.
    env::Task<std::optional<bool>> has_done(cluster::Node node, IndexUid index, std::optional<std::uint64_t> uid);
    // Its link knows of every task that the node has, when this returns true.
    env::Task<bool> learn_tasks(cluster::Node node);
    // Documents as the node has them, Miroir's fields included. `bytes`: how large the answer was.
    env::Task<std::optional<json::Array>> read(cluster::Node node, const plan::IndexPtr& index, json::Object body,
                                               std::size_t* bytes = nullptr);
    // Sends in order and waits until the node has carried them out. `must_from`: the ones before need not succeed.
    // Nothing is sent when something that was held back has been let go since there were `releases` of them.
    env::Task<bool> tell(cluster::Node node, std::vector<NodeRequest> requests, std::size_t must_from,
                         std::uint64_t releases);
    // The two halves of it. What is written once the node has taken everything comes behind it.
    struct Sent {
        std::vector<std::uint64_t> uids;
        std::size_t must_from = 0;
    };
    env::Task<std::optional<Sent>> send(cluster::Node node, std::vector<NodeRequest> requests, std::uint64_t releases);
    env::Task<bool> carried_out(cluster::Node node, Sent sent, std::optional<std::chrono::nanoseconds> at_most = {});

    // It said lately that it has no room, and has taken nothing since.
    bool is_full(const NodeId& node) const;

private:
    env::Env env_;
    Writer& writer_;
    ErrandOptions options_;
    std::map<NodeId, env::Monotonic> full_since_;
};

}  // namespace miroir::quorum

// One question to one node: is it well, which engine is it. Answers are judged, never trusted: bounded in time and
// size, and what is not Meilisearch is recognised.
#pragma once

#include <optional>
#include <string>

#include "cluster/health.h"
#include "env/env.h"
#include "http/client.h"

namespace miroir::workers {

struct ProbeSettings {
    std::chrono::nanoseconds timeout = std::chrono::seconds(2);
    std::string node_key;  // only /version needs one
};

struct Probe {
    cluster::ProbeOutcome outcome = cluster::ProbeOutcome::Unreachable;
    std::string reason;     // why it is not healthy, for people; empty when it is
    bool canceled = false;  // nothing was learnt
};

struct VersionAnswer {
    std::string version;  // "1.50.0", or empty
    std::string trouble;  // "refuses the node key", or empty
};

// Does the node let the sender choose the uids of its tasks (--experimental-replication-parameters)? Nothing is learnt
// from an answer that tells neither.
env::Task<std::optional<bool>> ask_numbering(env::Clock& clock, http::Client& client, std::string address,
                                             ProbeSettings settings, env::Cancel cancel);

env::Task<Probe> probe_health(env::Clock& clock, http::Client& client, std::string address, ProbeSettings settings,
                              env::Cancel cancel);
env::Task<VersionAnswer> ask_version(env::Clock& clock, http::Client& client, std::string address,
                                     ProbeSettings settings, env::Cancel cancel);

}  // namespace miroir::workers

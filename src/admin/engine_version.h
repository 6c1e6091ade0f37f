// The engine's version object, asked of a healthy node and kept for a while. One executor; callers who come while it
// is being asked for ask for themselves.
#pragma once

#include <chrono>
#include <string>

#include "cluster/snapshot.h"
#include "env/env.h"
#include "http/client.h"
#include "http/handler.h"

namespace miroir::admin {

struct EngineVersionOptions {
    std::string node_key;  // what nodes want to see; empty: nothing
    std::chrono::nanoseconds keep = std::chrono::seconds(60);
    std::chrono::nanoseconds node_timeout = std::chrono::seconds(2);
};

class EngineVersion {
public:
    EngineVersion(env::Env env, http::Client& client, const cluster::SnapshotHolder& topology,
                  EngineVersionOptions options);

    // {"commitSha","commitDate","pkgVersion"} as text, or MiroirNotReady while no node tells it.
    env::Task<Result<std::string>> get(http::Call call);

private:
    env::Task<Result<std::string>> ask(http::Address node, http::Call call);

    env::Env env_;
    http::Client& client_;
    const cluster::SnapshotHolder& topology_;
    EngineVersionOptions options_;
    std::string kept_;
    env::Monotonic kept_until_{};
};

}  // namespace miroir::admin

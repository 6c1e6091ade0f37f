// Node: an embedded engine that speaks the engine's protocol, as one http::Handler over a disk. Everything of it lives
// on one executor; the disk outlives it. Call close() and let it end before the node is destroyed, unless the whole
// world around it ends at once (a simulated crash): then nothing but the disk's synced bytes counts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/env.h"
#include "http/handler.h"
#include "node/faults/fault_table.h"
#include "node/store/disk.h"

namespace miroir::node {

struct NodeOptions {
    std::optional<std::string> master_key{};
    std::size_t payload_limit = 100'000'000;  // bytes of a request's body
    std::size_t batched_tasks_max = SIZE_MAX;
    std::size_t slice = 512;                      // documents that are indexed before other requests get their turn
    std::uint64_t log_min = 32u << 20;            // bytes of log from which on a snapshot may replace it
    bool replication_parameters = false;          // honours the headers TaskId and DryRun
    std::vector<std::string> allowed_networks{};  // for outgoing calls, as CIDR or `any`
    std::vector<Fault> faults{};
    bool faults_route = false;  // /_node/faults may change them
};

class Node final : public http::Handler {
public:
    // Reads what the disk holds; fails when that cannot be trusted.
    static Result<std::unique_ptr<Node>> open(env::Env env, Disk& disk, NodeOptions options);
    ~Node();

    env::Task<http::Reply> handle(http::Request request, http::Call call) override;

    FaultTable& faults();
    bool idle() const;  // no task is waiting or running
    std::size_t task_count() const;
    env::Task<void> close();  // gives up what runs (it stays enqueued) and writes what is left

private:
    struct Parts;
    explicit Node(std::unique_ptr<Parts> parts);
    env::Task<http::Reply> suffer(Misfortune misfortune, http::Request request, http::Call call);

    std::unique_ptr<Parts> parts_;
};

}  // namespace miroir::node

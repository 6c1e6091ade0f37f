// A thread for long work that serves nobody: making dumps and sending exports. It has an executor, connections to the
// nodes and a desk of its own, so that no search waits for it.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "app/hall.h"
#include "dump/exporter.h"
#include "dump/maker.h"
#include "env/real/disk_folder.h"

namespace miroir::app {

class BackRoom {
public:
    BackRoom(Shared shared, const ClientSide& clients);
    BackRoom(const BackRoom&) = delete;
    BackRoom& operator=(const BackRoom&) = delete;
    ~BackRoom();

    void start();
    // Ends the thread; false when it had to leave work undone.
    bool stop();

    // To be awaited on `home`.
    env::Task<Result<json::Value>> make_dump(env::Executor& home, protocol::Task task);
    env::Task<Result<json::Value>> send_export(env::Executor& home, protocol::Task task, json::Value wish);

private:
    env::Task<Result<json::Value>> counted(env::Task<Result<json::Value>> work);

    env::Reactor reactor_;
    wire::Client client_;
    admin::KeyedClient keyed_;
    admin::MeteredClient metered_;
    api::Desk desk_;
    env::DiskFolder folder_;
    dump::Maker maker_;
    wire::Client outside_;
    dump::Exporter exporter_;
    std::atomic<int> at_work_ = 0;
    std::thread thread_;
};

}  // namespace miroir::app

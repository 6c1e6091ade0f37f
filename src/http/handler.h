// Who answers requests: the front door, the embedded node, a fake in a test. Also what a simulated host is.
#pragma once

#include "env/cancel.h"
#include "env/deadline.h"
#include "env/task.h"
#include "http/message.h"

namespace miroir::http {

struct Call {
    env::Deadline deadline;
    env::Cancel cancel;      // the client has gone away, or the process drains
    std::string request_id;  // set by the front door
};

class Handler {
public:
    // One call for each request; must always answer. The handler outlives the returned task.
    virtual env::Task<Reply> handle(Request request, Call call) = 0;

protected:
    ~Handler() = default;
};

}  // namespace miroir::http

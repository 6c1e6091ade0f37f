// How a node is told to misbehave: rules that pick requests and say what happens to them, and rules for tasks and the
// disk. Empty by default. Set from tests, from the command line (parse_fault) or over the control route.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/random.h"
#include "json/value.h"
#include "protocol/tasks/task.h"

namespace miroir::node {

// How a rule is written:
//
//   delay=50ms[..200ms][:share=0.1][:path=/indexes/*/search][:times=3]     before the work
//   status=503[:retry-after=2][...]        instead of the work
//   lost[...]                              the work is done, the connection ends without a reply
//   truncated[...] | malformed[...]        the work is done, the body is cut or no JSON
//   hang[...]                              no answer until the caller gives up
//   task-fails[=documentAdditionOrUpdate]  tasks end as failed
//   read-only                              nothing that writes is taken
struct Fault {
    enum class Kind : std::uint8_t { Delay, Status, Lost, Truncated, Malformed, Hang, TaskFails, ReadOnly };
    Kind kind = Kind::Delay;
    std::chrono::nanoseconds delay_min{0};
    std::chrono::nanoseconds delay_max{0};  // drawn evenly between the two
    int status = 503;
    std::optional<int> retry_after{};  // seconds
    double share = 1.0;                // of the requests that match
    std::string method{};              // empty: any
    std::string path{};                // empty: any; `*` stands for one segment, a trailing `**` for the rest
    std::optional<protocol::TaskType> task_type{};
    std::optional<std::uint64_t> times{};  // how often it still happens
};

Result<Fault> parse_fault(std::string_view text);
json::Value fault_view(const Fault& fault);

// What is to happen to one request: at most one fault of each kind, the first that matches.
struct Misfortune {
    std::chrono::nanoseconds delay{0};
    std::optional<int> status{};
    std::optional<int> retry_after{};
    bool lost = false;
    bool truncated = false;
    bool malformed = false;
    bool hang = false;
    bool any() const { return delay.count() != 0 || status || lost || truncated || malformed || hang; }
};

class FaultTable {
public:
    void add(Fault fault) { faults_.push_back(std::move(fault)); }
    void clear() { faults_.clear(); }
    bool empty() const { return faults_.empty(); }
    const std::vector<Fault>& faults() const { return faults_; }

    Misfortune draw(std::string_view method, std::string_view path, env::Random& random);
    // The error with which a task is to fail.
    std::optional<Error> draw_for_task(const protocol::Task& task, env::Random& random);
    bool read_only() const;

private:
    bool strikes(Fault& fault, env::Random& random);

    std::vector<Fault> faults_;
};

}  // namespace miroir::node

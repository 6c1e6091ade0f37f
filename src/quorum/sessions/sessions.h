// Read your writes: which unfinished writes each session made, and the bell that rings when a task has ended. In memory
// and bounded; after a restart every session counts as the author of what was unfinished then. Lives with the office.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "env/env.h"
#include "env/metrics.h"
#include "env/task.h"
#include "tasks/task_book.h"

namespace miroir::quorum {

struct SessionLimits {
    std::chrono::nanoseconds ttl = std::chrono::seconds(900);  // without a request
    std::size_t sessions_max = 100'000;                        // beyond it the longest unused is forgotten
};

class Sessions {
public:
    using Finished = std::function<bool(std::uint64_t task)>;

    Sessions(SessionLimits limits, Finished finished, env::Metrics& metrics);
    // What an earlier process left unfinished may be anybody's.
    void inherit(const std::vector<const tasks::TaskEntry*>& unfinished, env::Monotonic now);

    void note(const std::string& session, std::uint64_t task, const std::vector<std::string>& indexes,
              env::Monotonic now);
    // Its last unfinished write to one of these indexes; none given: to any.
    std::optional<std::uint64_t> pending(const std::string& session, const std::vector<std::string>& indexes,
                                         env::Monotonic now);
    std::size_t size() const { return sessions_.size(); }

private:
    using LastWrites = std::map<std::string, std::uint64_t>;  // by index; tasks of an index end in their order
    struct Session {
        LastWrites writes;
        env::Monotonic used;
        std::list<std::string>::iterator place;
    };
    using Book = std::unordered_map<std::string, Session>;

    void drop_finished(LastWrites& writes) const;
    static std::optional<std::uint64_t> last_of(const LastWrites& writes, const std::vector<std::string>& indexes);
    void forget(Book::iterator session);
    void make_room(env::Monotonic now);

    SessionLimits limits_;
    Finished finished_;
    env::Gauge& active_;
    Book sessions_;
    std::list<std::string> by_use_;  // longest unused first
    LastWrites inherited_;
    env::Monotonic inherited_until_;
};

// Wakes those who wait for the end of a task, and tells the next in line.
class EndBell final : public tasks::EndWatch {
public:
    EndBell(env::Env env, Sessions::Finished finished, tasks::EndWatch* next)
        : env_(env), finished_(std::move(finished)), next_(next) {}

    void ending(const protocol::Task& task, tasks::Batch& batch) override;
    void ended() override;
    // True once the task has ended, false when it had not by then.
    env::Task<bool> wait(std::uint64_t task, env::Monotonic until);

private:
    env::Env env_;
    Sessions::Finished finished_;
    tasks::EndWatch* next_;
    std::multimap<std::uint64_t, env::OneShot<bool>> waiting_;
};

}  // namespace miroir::quorum

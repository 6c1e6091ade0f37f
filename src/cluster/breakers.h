// The circuit breakers of all nodes, one board for the process: whoever calls a node asks here first and says how it
// ended. Any thread; the lock is held for a few instructions. Health probes do not ask, they only tell.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.h"
#include "cluster/breaker.h"

namespace miroir::cluster {

class Breakers {
    struct Held {
        Breaker breaker;
        std::uint64_t openings = 0;
        Instant answered = Instant::min();  // when it last answered anything, a probe or a call
    };

public:
    explicit Breakers(BreakerOptions options = {}) : options_(options) {}

    // Permission for one call. Ends exactly once: with what it is told, or as given up when it is dropped.
    class Permit {
    public:
        Permit(Permit&& other) noexcept
            : board_(std::exchange(other.board_, nullptr)), of_(other.of_), trial_(other.trial_) {}
        Permit& operator=(Permit&&) = delete;
        ~Permit() { end(Outcome::GaveUp, {}, 0); }
        void succeeded(Instant now) { end(Outcome::Good, now, 0); }
        // The call ran out of its time. That is the node's failure only if it has answered nothing since it was given
        // the call: otherwise the call was too much for any node.
        void ran_late(Instant begun, Instant now, double unit_draw);
        void failed(Instant now, double unit_draw) { end(Outcome::Bad, now, unit_draw); }

    private:
        friend class Breakers;
        enum class Outcome : std::uint8_t { Good, Bad, GaveUp };
        Permit(Breakers* board, Held* of, bool trial) : board_(board), of_(of), trial_(trial) {}
        void end(Outcome outcome, Instant now, double unit_draw);

        Breakers* board_;
        Held* of_;
        bool trial_ = false;
    };

    std::optional<Permit> allow(const NodeId& node, Instant now);
    // Would a call be let through now?
    bool passes(const NodeId& node, Instant now) const;
    // A probe was answered: what is open lets one call try, now.
    void heard_from(const NodeId& node, Instant now);

    struct View {
        Breaker::State state = Breaker::State::Closed;
        std::uint64_t openings = 0;  // since the start
    };
    View view(const NodeId& node, Instant now) const;

private:
    BreakerOptions options_;
    mutable std::mutex mutex_;
    std::map<std::string, Held, std::less<>> held_;  // elements stay where they are and are never removed
};

std::string_view name_of(Breaker::State state);  // "half_open"

}  // namespace miroir::cluster

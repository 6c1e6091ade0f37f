// The wires between hosts. A host is called by its name; what one asks the other travels as a message that may be
// late, lost on either way, doubled or cut. Knows nothing of what is said.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "http/client.h"
#include "http/handler.h"
#include "http/introducer.h"
#include "sim/life.h"
#include "sim/network_options.h"

namespace miroir::sim {

class Network;

// One life of a host, to which a connection leads as long as it lasts.
struct Presence {
    std::string host;
    std::uint64_t life = 0;
    bool operator==(const Presence&) const = default;
};

// What one life sends goes through it.
class HostClient final : public http::Client {
public:
    HostClient(Network& network, Life& life) : network_(network), life_(life) {}
    env::Task<Result<http::Reply>> send(http::Address to, http::Outgoing request, http::SendOptions options) override;
    // Whom it calls by a name is asked by this first, once in each of its lives.
    void introduce_by(const http::Introducer& introducer) { introducer_ = &introducer; }

private:
    struct Sent {
        Result<http::Reply> reply;
        Presence by;          // life 0: nobody
        bool failed = false;  // to meet: nothing more is to be sent
    };
    env::Task<Sent> send_to(http::Address to, http::Outgoing request, http::SendOptions options, Presence only);
    env::Task<Sent> meet(http::Address to, http::Outgoing request, http::SendOptions options);

    Network& network_;
    Life& life_;
    const http::Introducer* introducer_ = nullptr;
    std::map<std::pair<std::string, std::string>, Presence> met_;  // by address and the name it was called by
};

class Network {
public:
    explicit Network(World& world);
    ~Network();

    NetworkOptions options;

    // The client of one life; what it has sent is cancelled when that life ends.
    std::unique_ptr<HostClient> client(Life& life) { return std::make_unique<HostClient>(*this, life); }
    // From now on this life answers for the host; nobody listens without one.
    void listen(Life& life, http::Handler& handler);
    // The life is over: nobody listens, its calls end, and those who waited for its answer hear of it or not.
    void drop(Life& life, bool power_lost);

    void block(const std::string& from, const std::string& to) { blocked_.insert({from, to}); }  // one way
    void block_both(const std::string& a, const std::string& b);
    void unblock(const std::string& from, const std::string& to) { blocked_.erase({from, to}); }
    void slow(const std::string& host, std::chrono::nanoseconds more) { slow_[host] = more; }  // what it is asked
    void clog(const std::string& host, env::Monotonic until) { clogged_[host] = until; }       // both ways
    void exchange_names(const std::string& one, const std::string& other);  // each is found where the other was
    // The host is called by another name from now on, and nobody by the one of before.
    void rename(const std::string& host, const std::string& name);
    void spoil(const std::string& host) { spoilt_.insert(host); }  // it answers nonsense
    void heal();                                                   // all of the above, and the options' chances

    std::uint64_t sent(const std::string& from, const std::string& to) const;  // requests on their way so far
    std::size_t in_flight() const { return calls_.size(); }

private:
    friend class HostClient;
    struct CancelCall;
    struct Call;
    using CallPtr = std::shared_ptr<Call>;

    CallPtr begin(Life& from, http::Address to, http::Outgoing request, const http::SendOptions& options);
    std::string host_called(const std::string& name) const;
    Presence presence_at(const std::string& name) const;  // life 0: nobody listens
    void deliver(const CallPtr& call);
    static env::Task<void> serve(Network& network, CallPtr call, http::Handler& handler, Life& server);
    void answer(const CallPtr& call, http::Reply reply);
    void arrive(const CallPtr& call, http::Reply reply);
    void finish(const CallPtr& call, Result<http::Reply> result);
    void lose(const CallPtr& call, ErrorCode told_as);
    void tell_unreachable(const CallPtr& call, std::string why);
    bool bursting(const std::string& host, int& status);
    std::string nonsense_of(const std::string& body);
    std::chrono::nanoseconds delay(const std::string& host);

    struct Listening {
        Life* life;
        http::Handler* handler;
    };
    World& world_;
    SeededRandom random_;
    std::map<std::string, Listening> listening_;
    std::map<std::uint64_t, CallPtr> calls_;
    std::uint64_t last_call_ = 0;
    std::set<std::pair<std::string, std::string>> blocked_;
    std::map<std::string, std::string> names_;  // host by name, where they differ; empty: nobody
    std::set<std::string> dark_;                // died by power loss: not even a refusal comes back
    std::set<std::string> spoilt_;
    std::map<std::string, std::chrono::nanoseconds> slow_;
    std::map<std::string, env::Monotonic> clogged_;
    std::map<std::string, std::pair<env::Monotonic, int>> bursts_;
    std::map<std::pair<std::string, std::string>, std::uint64_t> sent_;
};

}  // namespace miroir::sim

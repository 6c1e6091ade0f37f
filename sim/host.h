// A machine: lives and dies, keeps its disk. What runs on it is made anew by its factory at every start, through the
// same wiring the real program uses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/disk.h"
#include "sim/network.h"

namespace miroir::sim {

// What runs on a host. Destroyed only when everything it began has ended.
class App {
public:
    virtual ~App() = default;
    virtual http::Handler* handler() { return nullptr; }  // who answers for the host
    virtual env::Task<void> stop() { co_return; }         // ends its loops
};

struct AppContext {
    env::Env env;
    http::Client& client;
    node::Disk& disk;
    env::Cancel ended;                                       // an alternative to stop(): requested after death
    std::function<void(const http::Introducer&)> introduce;  // whom it calls by a name is asked by this first
};
using AppFactory = std::function<std::unique_ptr<App>(AppContext)>;

class Host {
public:
    Host(World& world, Network& network, std::string name, AppFactory factory);
    ~Host();
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    void start();
    // Memory is lost, what was not synced is torn. With power lost nobody is told: callers wait for their deadline.
    void kill(bool power_lost = false);
    // Kills before the n-th write from now.
    void kill_at_write(std::uint64_t n);
    // Runs out what dead lives had begun. Of all hosts before any of them goes: what one does may still name another.
    void bury_all();

    bool alive() const { return current_ != nullptr && current_->life.alive(); }
    const std::string& name() const { return name_; }
    Disk& disk() { return disk_; }
    Life& life() { return current_->life; }
    std::uint64_t lives() const { return lives_; }
    bool ended_cleanly() const { return ended_cleanly_; }  // no dead life went on without end

    // What runs now; only while alive.
    template <class T>
    T& app() {
        return static_cast<T&>(*current_->app);
    }

private:
    struct Incarnation {
        Life life;
        std::unique_ptr<node::Disk> disk;
        std::unique_ptr<HostClient> client;
        std::unique_ptr<App> app;
        Incarnation(World& world, const std::string& name, std::uint64_t number) : life(world, name, number) {}
    };
    void bury(Incarnation& dead);

    World& world_;
    Network& network_;
    std::string name_;
    AppFactory factory_;
    Disk disk_;
    std::uint64_t lives_ = 0;
    std::unique_ptr<Incarnation> current_;
    std::vector<std::unique_ptr<Incarnation>> dead_;  // lives are kept to the end: late messages still name them
    bool ended_cleanly_ = true;
};

// What a handler answers to one who stands beside it: over no wire, with the whole body.
env::Task<void> ask_here(http::Handler& handler, http::Request request, std::optional<http::Reply>& out);

}  // namespace miroir::sim

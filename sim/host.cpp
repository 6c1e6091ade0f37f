#include "sim/host.h"

#include <utility>

#include "base/assert.h"

namespace miroir::sim {

Host::Host(World& world, Network& network, std::string name, AppFactory factory)
    : world_(world),
      network_(network),
      name_(std::move(name)),
      factory_(std::move(factory)),
      disk_(world.random().fork("disk " + name_)) {}

Host::~Host() { bury_all(); }

void Host::bury_all() {
    if (alive()) kill();
    for (const auto& dead : dead_) bury(*dead);
}

void Host::start() {
    MIROIR_ASSERT(!alive());
    world_.mark("start " + name_);
    current_ = std::make_unique<Incarnation>(world_, name_, ++lives_);
    Incarnation& now = *current_;
    now.disk = disk_.open(now.life);
    now.client = network_.client(now.life);
    now.app = factory_({.env = now.life.env(),
                        .client = *now.client,
                        .disk = *now.disk,
                        .ended = now.life.ended(),
                        .introduce = [&now](const http::Introducer& by) { now.client->introduce_by(by); }});
    if (now.life.alive() && now.app->handler() != nullptr) network_.listen(now.life, *now.app->handler());
}

void Host::kill(bool power_lost) {
    if (!alive()) return;
    world_.mark("kill " + name_);
    Life& life = current_->life;
    life.die();
    network_.drop(life, power_lost);
    disk_.lose_unsynced();
    disk_.before_write(nullptr);
    dead_.push_back(std::move(current_));
    // Not now: the killer may be one of its own coroutines, still running.
    world_.post([this, dead = dead_.back().get()] { bury(*dead); });
}

void Host::kill_at_write(std::uint64_t n) {
    const std::uint64_t fatal = disk_.writes() + n;
    disk_.before_write([this, fatal](std::uint64_t number) {
        if (number == fatal) kill();
    });
}

void Host::bury(Incarnation& dead) {
    if (!dead.app) return;
    env::spawn(dead.life, dead.app->stop());
    ended_cleanly_ = dead.life.drain() && ended_cleanly_;
    if (ended_cleanly_) dead.app.reset();
}

env::Task<void> ask_here(http::Handler& handler, http::Request request, std::optional<http::Reply>& out) {
    env::Task<http::Reply> answering = handler.handle(std::move(request), {});
    http::Reply reply = co_await answering;
    if (reply.stream) {
        Result<std::string> whole = co_await http::read_all(*reply.stream, SIZE_MAX);
        reply.body = whole ? *std::move(whole) : std::string();
    }
    out = std::move(reply);
}

}  // namespace miroir::sim

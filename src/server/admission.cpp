#include "server/admission.h"

namespace miroir::server {

// A place that comes free goes to the first who still waits, so `running` does not change then. What was let in beyond
// the limit leaves no place behind.
Admission::Pass::~Pass() {
    if (!state_) return;
    while (state_->running <= state_->running_max && !state_->waiting.empty()) {
        const env::OneShot<bool> next = std::move(state_->waiting.front());
        state_->waiting.pop_front();
        if (next.set(true)) return;
    }
    --state_->running;
}

Admission::Pass Admission::enter_always() {
    ++state_->running;
    return Pass(state_);
}

env::Task<Admission::Entry> Admission::enter(std::chrono::nanoseconds wait, env::Cancel cancel) {
    if (state_->closed) co_return Entry{.verdict = Verdict::Closed, .pass = Pass()};
    if (state_->running < state_->running_max) co_return Entry{.verdict = Verdict::Admitted, .pass = enter_always()};
    if (state_->waiting.size() >= state_->waiting_max) co_return Entry{.verdict = Verdict::QueueFull, .pass = Pass()};

    const std::shared_ptr<State> state = state_;
    env::Executor& executor = env_.executor;
    const env::OneShot<bool> turn(executor);
    state->waiting.push_back(turn);
    const env::TimerId timer = executor.at(env_.clock.now() + wait, [turn] { turn.set(false); });
    const env::Cancel::Hook hook(cancel, [turn] { turn.set(false); });
    const bool came = co_await turn;
    executor.cancel(timer);
    if (came) co_return Entry{.verdict = Verdict::Admitted, .pass = Pass(state)};
    std::erase_if(state->waiting, [](const env::OneShot<bool>& one) { return one.is_set(); });
    co_return Entry{.verdict = state->closed ? Verdict::Closed : Verdict::WaitedTooLong, .pass = Pass()};
}

env::Task<void> Admission::Seat::come_back(env::Cancel cancel) {
    if (pass_ || state_ == nullptr || cancel.requested()) co_return;
    if (state_->running < state_->running_max) {
        ++state_->running;
        pass_.emplace(Pass(state_));
        co_return;
    }
    const env::OneShot<bool> turn(env_.executor);
    state_->waiting.push_front(turn);
    const env::Cancel::Hook hook(cancel, [turn] { turn.set(false); });
    const bool came = co_await turn;
    if (came) pass_.emplace(Pass(state_));
    else std::erase_if(state_->waiting, [](const env::OneShot<bool>& one) { return one.is_set(); });
}

void Admission::close() {
    state_->closed = true;
    for (const env::OneShot<bool>& one : state_->waiting) one.set(false);
}

}  // namespace miroir::server

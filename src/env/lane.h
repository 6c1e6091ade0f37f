// A lane: work that must go one after another while each piece may wait. Whoever holds the pass has the lane to
// himself; the others wait in the order in which they came. One executor, no threads.
#pragma once

#include <deque>
#include <memory>
#include <utility>

#include "env/task.h"

namespace miroir::env {

class Lane {
    struct State {
        bool taken = false;
        std::deque<OneShot<bool>> waiting;
    };

public:
    explicit Lane(Executor& executor) : executor_(&executor), state_(std::make_shared<State>()) {}

    class Pass {
    public:
        Pass() = default;
        Pass(Pass&& other) noexcept : state_(std::move(other.state_)) {}
        Pass& operator=(Pass&& other) noexcept {
            give_back();
            state_ = std::move(other.state_);
            return *this;
        }
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;
        ~Pass() { give_back(); }
        void give_back() {
            const std::shared_ptr<State> state = std::move(state_);
            if (!state) return;
            if (state->waiting.empty()) {
                state->taken = false;
                return;
            }
            const OneShot<bool> next = state->waiting.front();
            state->waiting.pop_front();
            next.set(true);
        }

    private:
        friend class Lane;
        explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };

    Task<Pass> enter() {
        const std::shared_ptr<State> state = state_;
        if (std::exchange(state->taken, true)) {
            const OneShot<bool> turn(*executor_);
            state->waiting.push_back(turn);
            co_await turn;
        }
        co_return Pass(state);
    }
    bool is_free() const { return !state_->taken; }
    std::size_t waiting() const { return state_->waiting.size(); }

private:
    Executor* executor_;
    std::shared_ptr<State> state_;
};

}  // namespace miroir::env

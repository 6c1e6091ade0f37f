// A wish to stop, shared by the one who may cancel and those who work for him. One executor, no locks.
// Copies share the wish. Work that is cancelled ends soon with ErrorCode::MiroirCanceled; nothing is torn down under
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "env/executor.h"

namespace miroir::env {

class Cancel {
    struct Entry {
        std::uint64_t id;
        Job job;
    };
    struct State {
        bool requested = false;
        std::uint64_t last_id = 0;
        std::vector<Entry> hooks;
    };

public:
    bool requested() const { return state_->requested; }

    // Runs what is hooked in, once, in the order of registration.
    void request() {
        if (std::exchange(state_->requested, true)) return;
        const std::shared_ptr<State> state = state_;  // a hook may drop the last other owner
        for (std::size_t i = 0; i < state->hooks.size(); ++i) {
            if (Job job = std::move(state->hooks[i].job)) job();
        }
        state->hooks.clear();
    }

    // While it lives, `job` runs on request(); at once if the wish is already there.
    class Hook {
    public:
        Hook() = default;
        Hook(const Cancel& cancel, Job job) : state_(cancel.state_) {
            if (state_->requested) {
                job();
                return;
            }
            id_ = ++state_->last_id;
            state_->hooks.push_back({.id = id_, .job = std::move(job)});
        }
        Hook(Hook&& other) noexcept : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}
        Hook& operator=(Hook&& other) noexcept {
            release();
            state_ = std::move(other.state_);
            id_ = std::exchange(other.id_, 0);
            return *this;
        }
        Hook(const Hook&) = delete;
        Hook& operator=(const Hook&) = delete;
        ~Hook() { release(); }

    private:
        void release() {
            if (const std::uint64_t id = std::exchange(id_, 0); id != 0) {
                for (Entry& entry : state_->hooks) {
                    if (entry.id == id) entry.job = nullptr;
                }
                if (!state_->requested) std::erase_if(state_->hooks, [](const Entry& entry) { return !entry.job; });
            }
        }

        std::shared_ptr<State> state_;
        std::uint64_t id_ = 0;
    };

private:
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace miroir::env

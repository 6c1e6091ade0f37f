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
        std::uint64_t id = 0;
        Job job;
    };
    struct State {
        bool requested = false;
        std::uint64_t last_id = 0;
        Entry first;              // nearly always the only one
        std::vector<Entry> more;  // registered after the first, which may be gone meanwhile

        void add(std::uint64_t id, Job job) {
            Entry entry{.id = id, .job = std::move(job)};
            if (first.id == 0 && more.empty()) first = std::move(entry);
            else more.push_back(std::move(entry));
        }
        void remove(std::uint64_t id) {
            if (first.id == id) {
                first.id = 0;
                const Job dead = std::exchange(first.job, nullptr);
                return;
            }
            for (Entry& entry : more) {
                if (entry.id == id) entry.job = nullptr;
            }
            if (!requested) std::erase_if(more, [](const Entry& entry) { return !entry.job; });
        }
    };

public:
    Cancel() = default;
    Cancel(const Cancel& other) : state_(other.state()) {}
    Cancel(Cancel&&) noexcept = default;
    Cancel& operator=(const Cancel& other) {
        state_ = other.state();
        return *this;
    }
    Cancel& operator=(Cancel&&) noexcept = default;
    ~Cancel() = default;

    bool requested() const { return state_ != nullptr && state_->requested; }

    // Runs what is hooked in, once, in the order of registration.
    void request() {
        const std::shared_ptr<State> state = this->state();  // a hook may drop the last other owner
        if (std::exchange(state->requested, true)) return;
        if (Job job = std::exchange(state->first.job, nullptr)) job();
        for (std::size_t i = 0; i < state->more.size(); ++i) {
            if (Job job = std::exchange(state->more[i].job, nullptr)) job();
        }
        state->more.clear();
    }

    // While it lives, `job` runs on request(); at once if the wish is already there.
    class Hook {
    public:
        Hook() = default;
        Hook(const Cancel& cancel, Job job) : state_(cancel.state()) {
            if (state_->requested) {
                job();
                return;
            }
            id_ = ++state_->last_id;
            state_->add(id_, std::move(job));
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
            if (const std::uint64_t id = std::exchange(id_, 0); id != 0) state_->remove(id);
        }

        std::shared_ptr<State> state_;
        std::uint64_t id_ = 0;
    };

private:
    // Made when it is first shared: most are replaced, or end, before.
    const std::shared_ptr<State>& state() const {
        if (state_ == nullptr) state_ = std::make_shared<State>();
        return state_;
    }
    mutable std::shared_ptr<State> state_;
};

}  // namespace miroir::env

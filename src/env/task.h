// Task<T>: a coroutine that starts when it is awaited and hands its value to the one who waits. Lives on one executor.
// Parameters of a coroutine are values, or references to what outlives it; never a capturing lambda.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "env/cancel.h"
#include "env/env.h"
#include "env/frame_store.h"

namespace miroir::env {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
        return self.promise().continuation;
    }
    void await_resume() noexcept {}
};

struct PromiseBase : StoredFrame {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr exception;

    std::suspend_always initial_suspend() noexcept { return {}; }
    FinalAwaiter final_suspend() noexcept { return {}; }
    void unhandled_exception() { exception = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (exception) std::rethrow_exception(exception);
        return std::move(*value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() {}
    void take() {
        if (exception) std::rethrow_exception(exception);
    }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    struct Awaiter {
        Handle handle;
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept {
            handle.promise().continuation = waiting;
            return handle;
        }
        T await_resume() { return handle.promise().take(); }
    };
    Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

private:
    Handle handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

// A coroutine that nobody waits for: it frees itself. An exception that reaches its end is our own mistake.
struct Detached {
    struct promise_type : StoredFrame {
        Detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

inline Detached run_detached(Task<void> task) { co_await task; }

}  // namespace detail

// Starts the task from the executor's queue; nobody waits for it.
inline void spawn(Executor& executor, Task<void> task) {
    executor.post([task = std::move(task)]() mutable { detail::run_detached(std::move(task)); });
}

// A value that comes once. The waiter is resumed from the executor's queue, never from inside set().
// set() more than once keeps the first value. Copies share the value; at most one waiter.
template <class T>
class OneShot {
    struct State {
        Executor* executor;
        std::optional<T> value;
        std::coroutine_handle<> waiting;
    };

public:
    explicit OneShot(Executor& executor) : state_(std::make_shared<State>(State{&executor, std::nullopt, nullptr})) {}

    bool is_set() const { return state_->value.has_value(); }
    bool set(T value) const {
        if (state_->value) return false;
        state_->value.emplace(std::move(value));
        if (state_->waiting) state_->executor->post([s = state_] { std::exchange(s->waiting, nullptr).resume(); });
        return true;
    }

    struct Awaiter {
        std::shared_ptr<State> state;
        bool await_ready() const noexcept { return state->value.has_value(); }
        void await_suspend(std::coroutine_handle<> waiting) noexcept { state->waiting = waiting; }
        T await_resume() { return std::move(*state->value); }
    };
    Awaiter operator co_await() const noexcept { return Awaiter{state_}; }

private:
    std::shared_ptr<State> state_;
};

// Waits until `when`, or until the wish to stop. True if the time came.
Task<bool> sleep_until(Env env, Monotonic when, Cancel cancel = {});
inline Task<bool> sleep_for(Env env, std::chrono::nanoseconds span, Cancel cancel = {}) {
    return sleep_until(env, env.clock.now() + span, std::move(cancel));
}

namespace detail {

template <class T>
struct Gathering {
    std::vector<std::optional<T>> values;
    std::size_t left;
    OneShot<bool> done;
};

template <class T>
Task<void> gather_one(Task<T> task, std::shared_ptr<Gathering<T>> all, std::size_t place) {
    all->values[place].emplace(co_await task);
    if (--all->left == 0) all->done.set(true);
}

}  // namespace detail

// Runs all side by side and gives their values in the order of the tasks.
template <class T>
Task<std::vector<T>> gather(Executor& executor, std::vector<Task<T>> tasks) {
    using State = detail::Gathering<T>;
    auto all = std::make_shared<State>(State{{}, tasks.size(), OneShot<bool>(executor)});
    all->values.resize(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        detail::run_detached(detail::gather_one(std::move(tasks[i]), all, i));
    }
    if (!tasks.empty()) co_await all->done;
    std::vector<T> out;
    out.reserve(all->values.size());
    for (std::optional<T>& value : all->values) out.push_back(std::move(*value));
    co_return out;
}

}  // namespace miroir::env

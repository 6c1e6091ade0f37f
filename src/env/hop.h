// Work of one executor done for a task of another: it runs there, and its value comes back here. The only way from one
// thread to another besides Executor::post.
#pragma once

#include <utility>

#include "env/task.h"

namespace miroir::env {

namespace detail {

template <class T>
Task<void> deliver(Task<T> work, Executor& home, OneShot<T> done) {
    T value = co_await work;
    home.post([done, value = std::move(value)]() mutable { done.set(std::move(value)); });
}

}  // namespace detail

// `work` has not started yet and owns its arguments, or they outlive it.
template <class T>
Task<T> hop(Executor& home, Executor& there, Task<T> work) {
    const OneShot<T> done(home);
    spawn(there, detail::deliver(std::move(work), home, done));
    co_return co_await done;
}

}  // namespace miroir::env

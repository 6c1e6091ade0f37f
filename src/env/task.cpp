#include "env/task.h"

namespace miroir::env {

Task<bool> sleep_until(Env env, Monotonic when, Cancel cancel) {
    const OneShot<bool> woken(env.executor);
    const TimerId timer = env.executor.at(when, [woken] { woken.set(true); });
    const Cancel::Hook hook(cancel, [woken] { woken.set(false); });
    const bool time_came = co_await woken;
    if (!time_came) env.executor.cancel(timer);
    co_return time_came;
}

}  // namespace miroir::env

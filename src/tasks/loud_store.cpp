#include "tasks/loud_store.h"

#include "env/log.h"

namespace miroir::tasks {
namespace {

constexpr std::string_view kTarget = "task_store";
constexpr std::chrono::nanoseconds kSayEvery = std::chrono::seconds(30);

}  // namespace

env::Task<Result<void>> LoudStore::commit(Batch batch) {
    Result<void> done = co_await store_->commit(std::move(batch));
    take_note(done);
    co_return done;
}

void LoudStore::take_note(const Result<void>& done) {
    if (done) {
        if (failed_ > 0) env_.log.info(kTarget, "the task store takes writes again", {{"failed", failed_}});
        failed_ = 0;
        return;
    }
    if (done.error().code == ErrorCode::MiroirStorageConflict) return;  // it is sound: somebody else was first
    const env::Monotonic now = env_.clock.now();
    if (++failed_ > 1 && now < say_again_at_) return;
    say_again_at_ = now + kSayEvery;
    env_.log.error(kTarget, "the task store takes no writes: clients are refused until it does",
                   {{"why", done.error().message}, {"failed", failed_}});
}

}  // namespace miroir::tasks

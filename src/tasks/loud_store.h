// Another store, and a log that tells the operator when it takes nothing any more, why, and when it does again. A store
// that is full answers each write with an error of its own; without this nobody but the clients would know.
#pragma once

#include <memory>

#include "env/env.h"
#include "tasks/store.h"

namespace miroir::tasks {

class LoudStore final : public Store {
public:
    LoudStore(env::Env env, std::unique_ptr<Store> store) : env_(env), store_(std::move(store)) {}

    env::Task<Result<void>> commit(Batch batch) override;
    env::Task<Result<std::optional<std::string>>> get(RecordKey at) override { return store_->get(std::move(at)); }
    env::Task<Result<std::vector<Record>>> scan(Scan scan) override { return store_->scan(std::move(scan)); }

private:
    void take_note(const Result<void>& done);

    env::Env env_;
    std::unique_ptr<Store> store_;
    std::uint64_t failed_ = 0;  // since it last took something
    env::Monotonic say_again_at_{};
};

}  // namespace miroir::tasks

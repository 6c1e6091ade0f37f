#include "tasks/loud_store.h"

#include <gtest/gtest.h>

#include "env/log.h"
#include "env/real/reactor.h"
#include "tasks/memory_store.h"

namespace miroir::tasks {
namespace {

class KeptLog final : public env::Log {
public:
    bool enabled(env::LogLevel) const override { return true; }
    void write(env::LogLevel level, std::string_view, std::string_view message, env::LogFields) override {
        lines += (level == env::LogLevel::Error ? "E " : "I ") + std::string(message.substr(0, 24)) + "\n";
    }
    std::string lines;
};

TEST(LoudStore, TellsOnceThatNothingIsTakenAndWhenItIsAgain) {
    env::Reactor reactor;
    KeptLog log;
    auto owned = std::make_unique<MemoryStore>();
    MemoryStore& memory = *owned;
    LoudStore store(reactor.env(log), std::move(owned));
    const auto commit = [&](const char* text) {
        Batch batch;
        batch.puts.push_back({.at = {.table = "t", .key = "k"}, .value = text});
        return env::run_task(reactor, store.commit(std::move(batch))).has_value();
    };
    EXPECT_TRUE(commit("1"));
    EXPECT_EQ(log.lines, "");
    memory.fail_commits(3);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(commit("2"));
    EXPECT_EQ(log.lines, "E the task store takes no \n");
    EXPECT_TRUE(commit("3"));
    EXPECT_TRUE(commit("4"));
    EXPECT_EQ(log.lines, "E the task store takes no \nI the task store takes wri\n");
    RecordKey at{.table = "t", .key = "k"};
    EXPECT_EQ(env::run_task(reactor, store.get(std::move(at))).value(), "4");
}

}  // namespace
}  // namespace miroir::tasks

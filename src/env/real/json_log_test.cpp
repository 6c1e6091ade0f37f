#include "env/real/json_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

#include "json/parse.h"

namespace miroir::env {
namespace {

class FixedClock final : public Clock {
public:
    Monotonic now() override { return {}; }
    WallTime wall() override { return time; }
    WallTime time{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(23) +
                  std::chrono::microseconds(59'000'007)};
};

class JsonLogTest : public ::testing::Test {
protected:
    static std::string text(const json::Value& line, std::string_view key) { return line.find(key)->string(); }

    json::Value parsed(std::string_view message, LogFields fields = {}) {
        const std::string line = log.line(LogLevel::Warn, "cluster", message, fields);
        const auto value = json::parse(line);
        EXPECT_TRUE(value) << line;
        return value ? *value : json::Value();
    }

    FixedClock clock;
    JsonLog log{clock, LogLevel::Info, "pod-1"};
};

TEST_F(JsonLogTest, ALineIsOneObjectInAFixedOrder) {
    EXPECT_EQ(
        log.line(LogLevel::Warn, "cluster", "node is down",
                 {{"node", "a"}, {"failures", 3}, {"share", 0.5}, {"ready", false}}),
        R"({"timestamp":"2026-01-31T23:00:59.000007Z","level":"WARN","target":"cluster","message":"node is down",)"
        R"("pod_id":"pod-1","fields":{"node":"a","failures":3,"share":0.5,"ready":false}})");
    EXPECT_EQ(log.line(LogLevel::Info, "t", "m", {}).find("fields"), std::string::npos);
}

TEST_F(JsonLogTest, AnyBytesMakeValidJson) {
    const json::Value line = parsed("a\"b\\c\n\t\x01\x7F \xC3\xA9 \xFF \xED\xA0\x80 \xF0\x9F\x98\x80 \xE2\x82",
                                    {{"not finite", std::numeric_limits<double>::infinity()}, {"", ""}});
    EXPECT_EQ(text(line, "message"),
              "a\"b\\c\n\t\x01\x7F \xC3\xA9 \xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x98\x80 "
              "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_TRUE(line.find("fields")->find("not finite")->is_null());
}

TEST_F(JsonLogTest, LongTextsAreCutBetweenCharacters) {
    std::string value(JsonLog::kMaxValueBytes - 1, 'x');
    value += "\xC3\xA9";  // would be cut in two
    const std::string shown = text(parsed(value), "message");
    EXPECT_EQ(shown, std::string(JsonLog::kMaxValueBytes - 1, 'x') + "...[cut]");
}

TEST_F(JsonLogTest, SecretsNeverAppear) {
    log.redact({"CANARY-key-1", "CANARY-key-1-and-longer", "CANARY\"quoted\"", "short", "CANARY-key-1"});
    const std::string_view inside_json = R"({"key":"CANARY\"quoted\""})";
    const std::string line =
        log.line(LogLevel::Info, "CANARY-key-1", "Bearer CANARY-key-1CANARY-key-1-and-longer",
                 {{"CANARY-key-1", "x"}, {"header", "CANARY\"quoted\"!"}, {"body", inside_json}, {"word", "short"}});
    EXPECT_EQ(line.find("CANARY"), std::string::npos) << line;
    EXPECT_EQ(line.find("longer"), std::string::npos) << "the tail of a longer secret: " << line;
    const auto value = json::parse(line);
    ASSERT_TRUE(value) << line;
    EXPECT_EQ(text(*value, "message"), "Bearer ******");
    EXPECT_EQ(value->find("fields")->find("word")->string(), "short") << "words are not secrets";
}

TEST_F(JsonLogTest, ACutDoesNotLetHalfASecretThrough) {
    log.redact({"CANARY-0123456789"});
    const std::string line =
        log.line(LogLevel::Info, "t", std::string(JsonLog::kMaxValueBytes - 6, 'x') + "CANARY-0123456789", {});
    EXPECT_EQ(line.find("CANARY"), std::string::npos);
}

// A pipe the log writes into.
class Pipe {
public:
    Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::string drain() {
        ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
        std::string out;
        std::array<char, 4096> buffer{};
        for (ssize_t n = 0; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
            out.append(buffer.data(), static_cast<std::size_t>(n));
        return out;
    }
    std::array<int, 2> ends{};
};

TEST(JsonLogWrite, OnlyTheLevelAndAbove) {
    FixedClock clock;
    Pipe pipe;
    JsonLog log(clock, LogLevel::Warn, "p", pipe.ends[1]);
    log.write(LogLevel::Info, "t", "hidden", {});
    log.warn("t", "seen");
    log.error("t", "seen too");
    const std::string out = pipe.drain();
    EXPECT_EQ(out.find("hidden"), std::string::npos);
    EXPECT_EQ(std::ranges::count(out, '\n'), 2);
    JsonLog silent(clock, LogLevel::Off, "p", pipe.ends[1]);
    silent.error("t", "nothing");
    silent.write(LogLevel::Off, "t", "nothing", {});
    EXPECT_EQ(pipe.drain(), "");
}

TEST(JsonLogWrite, LinesOfManyThreadsStayWhole) {
    FixedClock clock;
    Pipe pipe;
    ::fcntl(pipe.ends[1], F_SETPIPE_SZ, 1 << 20);
    JsonLog log(clock, LogLevel::Info, "p", pipe.ends[1]);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&log] {
                for (int i = 0; i < 200; ++i) log.info("t", "a message of some length", {{"i", i}});
            });
        }
    }
    const std::string out = pipe.drain();
    std::size_t lines = 0;
    for (std::size_t from = 0; from < out.size(); ++lines) {
        const std::size_t end = out.find('\n', from);
        ASSERT_NE(end, std::string::npos);
        ASSERT_TRUE(json::parse(std::string_view(out).substr(from, end - from)));
        from = end + 1;
    }
    EXPECT_EQ(lines, 800U);
}

TEST(JsonLogWrite, AFullPipeLosesLinesAndNotTheProcess) {
    FixedClock clock;
    Pipe pipe;
    ::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
    JsonLog log(clock, LogLevel::Info, "p", pipe.ends[1]);
    const std::string filler(4000, 'x');
    for (int i = 0; i < 100; ++i) log.info("t", filler);
    EXPECT_GT(log.dropped(), 0U);
    pipe.drain();
    log.info("t", "after");
    std::string out = pipe.drain();
    ASSERT_FALSE(out.empty());
    const std::size_t start = out.find('{');
    EXPECT_TRUE(json::parse(std::string_view(out).substr(start, out.find('\n', start) - start)))
        << "a torn line spoils only itself";
}

TEST_F(JsonLogTest, AListenerGetsWhatHeWantsInHisForm) {
    log.redact({"a-secret-of-mine"});
    const auto human = log.listen(*LogTargets::parse("cluster=debug"), LogTap::Form::Human);
    ASSERT_TRUE(human);
    EXPECT_FALSE(log.listen(LogTargets(), LogTap::Form::Human)) << "one at a time";
    log.debug("cluster", "node is down", {{"node", "a-secret-of-mine"}, {"failures", 3}, {"ready", false}});
    log.error("quorum", "not wanted");
    EXPECT_EQ(human->take().lines,
              "2026-01-31T23:00:59.000007Z DEBUG cluster: node is down node=*** failures=3 ready=false\n");
    log.end_listening(nullptr);
    EXPECT_TRUE(human->take().closed);

    const auto json = log.listen(LogTargets(), LogTap::Form::Json);
    ASSERT_TRUE(json);
    log.end_listening(human.get());  // his time is over already
    log.info("cluster", "two\nlines", {{"share", 0.5}});
    EXPECT_EQ(json->take().lines, R"({"timestamp":"2026-01-31T23:00:59.000007Z","level":"INFO",)"
                                  R"("fields":{"message":"two\nlines","share":0.5},"target":"cluster"})"
                                  "\n");
    log.end_listening(json.get());
    EXPECT_FALSE(log.enabled(LogLevel::Debug)) << "nobody wants it any more";
}

TEST(JsonLogWrite, WhatIsPrintedCanBeChanged) {
    FixedClock clock;
    Pipe pipe;
    JsonLog log(clock, LogLevel::Info, "p", pipe.ends[1]);
    log.print_only(*LogTargets::parse("quorum=debug"));
    log.info("api", "not this");
    log.debug("quorum", "but this");
    const std::string out = pipe.drain();
    EXPECT_EQ(out.find("not this"), std::string::npos);
    EXPECT_NE(out.find("but this"), std::string::npos);
}

}  // namespace
}  // namespace miroir::env

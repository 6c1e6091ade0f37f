#include "admin/prometheus_metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

namespace miroir::admin {
namespace {

constexpr env::MetricName kHits{.name = "hits_total", .help = "Hits."};
constexpr env::MetricName kLevel{.name = "level", .help = "Level."};
constexpr env::MetricName kTook{.name = "took_seconds", .help = "Time."};

TEST(PrometheusMetrics, ShowsWhatWasCounted) {
    PrometheusMetrics metrics;
    metrics.counter(kHits, {{"index", "films"}}).add();
    metrics.counter(kHits, {{"index", "films"}}).add(2);  // the same series
    metrics.counter(kHits, {{"index", "a\"b\nc"}}).add();
    metrics.gauge(kLevel, {}).set(7);
    metrics.gauge(kLevel, {}).add(-2.5);
    constexpr auto kBounds = std::to_array<double>({0.1, 1});
    metrics.histogram(kTook, kBounds, {}).observe(0.5);
    const std::string text = metrics.text();
    for (const std::string_view line :
         {"# TYPE hits_total counter", "# HELP hits_total Hits.", "hits_total{index=\"films\"} 3",
          "hits_total{index=\"a\\\"b\\nc\"} 1", "level 4.5", "took_seconds_bucket{le=\"0.1\"} 0",
          "took_seconds_bucket{le=\"1\"} 1", "took_seconds_bucket{le=\"+Inf\"} 1", "took_seconds_count 1"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
    }
}

TEST(PrometheusMetrics, BoundsTheSeriesOfAName) {
    PrometheusMetrics metrics(10);
    for (int i = 0; i < 1000; ++i) metrics.counter(kHits, {{"index", "index-" + std::to_string(i)}}).add();
    metrics.counter(kHits, {{"index", "index-3"}}).add();  // known before the bound: still its own
    const std::string text = metrics.text();
    EXPECT_EQ(std::ranges::count(text, '\n'), 2 + 10 + 1);
    EXPECT_NE(text.find("hits_total{index=\"other\"} 990\n"), std::string::npos) << text;
    EXPECT_NE(text.find("hits_total{index=\"index-3\"} 2\n"), std::string::npos) << text;
}

TEST(PrometheusMetrics, IsSharedByThreads) {
    PrometheusMetrics metrics;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&metrics] {
            for (int i = 0; i < 1000; ++i) metrics.counter(kHits, {{"index", std::to_string(i % 7)}}).add();
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_NE(metrics.text().find("hits_total{index=\"0\"} 572\n"), std::string::npos) << metrics.text();
}

}  // namespace
}  // namespace miroir::admin

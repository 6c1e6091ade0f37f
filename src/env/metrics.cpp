#include "env/metrics.h"

namespace miroir::env {
namespace {

class NoCounter final : public Counter {
    void add(double) override {}
};
class NoGauge final : public Gauge {
    void set(double) override {}
    void add(double) override {}
};
class NoHistogram final : public Histogram {
    void observe(double) override {}
};

class NoMetrics final : public Metrics {
    Counter& counter(const MetricName&, Labels) override { return counter_; }
    Gauge& gauge(const MetricName&, Labels) override { return gauge_; }
    Histogram& histogram(const MetricName&, std::span<const double>, Labels) override { return histogram_; }

    NoCounter counter_;
    NoGauge gauge_;
    NoHistogram histogram_;
};

}  // namespace

Metrics& no_metrics() {
    static NoMetrics none;
    return none;
}

}  // namespace miroir::env

// env::Metrics over a Prometheus registry. Thread-safe. One name has at most `series_max` series: beyond it, label
// values become "other", so that no client can grow this process by inventing names.
#pragma once

#include <memory>
#include <string>

#include "env/metrics.h"

namespace miroir::admin {

class PrometheusMetrics final : public env::Metrics {
public:
    explicit PrometheusMetrics(std::size_t series_max = 1000);
    ~PrometheusMetrics();
    PrometheusMetrics(const PrometheusMetrics&) = delete;
    PrometheusMetrics& operator=(const PrometheusMetrics&) = delete;

    env::Counter& counter(const env::MetricName& metric, env::Labels labels) override;
    env::Gauge& gauge(const env::MetricName& metric, env::Labels labels) override;
    env::Histogram& histogram(const env::MetricName& metric, std::span<const double> bounds,
                              env::Labels labels) override;

    // The text exposition of everything, version 0.0.4.
    std::string text() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace miroir::admin

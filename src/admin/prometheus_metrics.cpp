#include "admin/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <sstream>
#include <unordered_map>

#include "base/assert.h"

namespace miroir::admin {
namespace {

class CounterOf final : public env::Counter {
public:
    explicit CounterOf(prometheus::Counter& inner) : inner_(inner) {}
    void add(double amount) override { inner_.Increment(amount); }

private:
    prometheus::Counter& inner_;
};

class GaugeOf final : public env::Gauge {
public:
    explicit GaugeOf(prometheus::Gauge& inner) : inner_(inner) {}
    void set(double value) override { inner_.Set(value); }
    void add(double amount) override { inner_.Increment(amount); }

private:
    prometheus::Gauge& inner_;
};

class HistogramOf final : public env::Histogram {
public:
    explicit HistogramOf(prometheus::Histogram& inner) : inner_(inner) {}
    void observe(double value) override { inner_.Observe(value); }

private:
    prometheus::Histogram& inner_;
};

// All series of one name and kind.
template <class Inner, class Handle>
class Shelf {
public:
    explicit Shelf(prometheus::Family<Inner>& family) : family_(family) {}

    template <class... Extra>
    Handle& find(env::Labels labels, std::size_t series_max, const Extra&... extra) {
        prometheus::Labels named;
        for (const env::Label& label : labels) named.emplace(label.name, label.value);
        std::string key = key_of(named);
        auto place = handles_.find(key);
        if (place == handles_.end() && handles_.size() >= series_max && !named.empty()) {
            for (auto& [name, value] : named) value = "other";
            key = key_of(named);
            place = handles_.find(key);
        }
        if (place == handles_.end()) {
            place = handles_.emplace(std::move(key), std::make_unique<Handle>(family_.Add(named, extra...))).first;
        }
        return *place->second;
    }

private:
    static std::string key_of(const prometheus::Labels& labels) {
        std::string key;
        for (const auto& [name, value] : labels) key.append(name).append(1, '\0').append(value).append(1, '\0');
        return key;
    }

    prometheus::Family<Inner>& family_;
    std::unordered_map<std::string, std::unique_ptr<Handle>> handles_;
};

using Counters = Shelf<prometheus::Counter, CounterOf>;
using Gauges = Shelf<prometheus::Gauge, GaugeOf>;
using Histograms = Shelf<prometheus::Histogram, HistogramOf>;

// The registry throws when one name is asked for as two kinds: a mistake of ours, as is a malformed name.
template <class Shelf, class Build>
Shelf& shelf_of(std::unordered_map<std::string, Shelf>& shelves, const env::MetricName& metric,
                prometheus::Registry& registry, Build build) {
    const std::string name(metric.name);
    auto place = shelves.find(name);
    if (place == shelves.end()) {
        auto& family = build().Name(name).Help(std::string(metric.help)).Register(registry);
        place = shelves.emplace(name, Shelf(family)).first;
    }
    return place->second;
}

}  // namespace

struct PrometheusMetrics::Core {
    std::size_t series_max;
    std::mutex mutex;
    prometheus::Registry registry;
    std::unordered_map<std::string, Counters> counters;
    std::unordered_map<std::string, Gauges> gauges;
    std::unordered_map<std::string, Histograms> histograms;
};

PrometheusMetrics::PrometheusMetrics(std::size_t series_max) : core_(std::make_unique<Core>()) {
    MIROIR_ASSERT(series_max > 0);
    core_->series_max = series_max;
}
PrometheusMetrics::~PrometheusMetrics() = default;

env::Counter& PrometheusMetrics::counter(const env::MetricName& metric, env::Labels labels) {
    const std::lock_guard lock(core_->mutex);
    return shelf_of(core_->counters, metric, core_->registry, prometheus::BuildCounter).find(labels, core_->series_max);
}

env::Gauge& PrometheusMetrics::gauge(const env::MetricName& metric, env::Labels labels) {
    const std::lock_guard lock(core_->mutex);
    return shelf_of(core_->gauges, metric, core_->registry, prometheus::BuildGauge).find(labels, core_->series_max);
}

env::Histogram& PrometheusMetrics::histogram(const env::MetricName& metric, std::span<const double> bounds,
                                             env::Labels labels) {
    const prometheus::Histogram::BucketBoundaries buckets(bounds.begin(), bounds.end());
    MIROIR_ASSERT(std::ranges::is_sorted(buckets));
    const std::lock_guard lock(core_->mutex);
    return shelf_of(core_->histograms, metric, core_->registry, prometheus::BuildHistogram)
        .find(labels, core_->series_max, buckets);
}

std::string PrometheusMetrics::text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, core_->registry.Collect());
    return std::move(out).str();
}

}  // namespace miroir::admin

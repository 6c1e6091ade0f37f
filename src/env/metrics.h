// Numbers for operators. A series is found once (by name and label values) and its handle kept: the handle is cheap
// and thread-safe, and lives as long as the Metrics. The number of series of one name is bounded: beyond it all
// further label values share one series labelled "other".
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

namespace miroir::env {

class Counter {
public:
    virtual void add(double amount = 1) = 0;  // amount >= 0

protected:
    ~Counter() = default;
};

class Gauge {
public:
    virtual void set(double value) = 0;
    virtual void add(double amount) = 0;

protected:
    ~Gauge() = default;
};

class Histogram {
public:
    virtual void observe(double value) = 0;

protected:
    ~Histogram() = default;
};

// Always a constant: one name has one help text, one kind, one list of label names.
struct MetricName {
    std::string_view name;  // "miroir_requests_total"
    std::string_view help;
};

struct Label {
    std::string_view name;
    std::string_view value;
};
using Labels = std::initializer_list<Label>;

class Metrics {
public:
    virtual Counter& counter(const MetricName& metric, Labels labels = {}) = 0;
    virtual Gauge& gauge(const MetricName& metric, Labels labels = {}) = 0;
    // `bounds`: upper bounds of the buckets, ascending; the first caller's hold.
    virtual Histogram& histogram(const MetricName& metric, std::span<const double> bounds, Labels labels = {}) = 0;

protected:
    ~Metrics() = default;
};

// Counts nothing: tests, and rooms that run without an operator.
Metrics& no_metrics();

}  // namespace miroir::env

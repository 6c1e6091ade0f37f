#include "merge/rank_key.h"

#include <algorithm>
#include <cmath>

namespace miroir::merge {
namespace {

// Scores are fractions of small integers computed alike on every node; this only absorbs their printing.
constexpr double kSameNumber = 1e-12;

std::strong_ordering order_numbers(double a, double b) {
    if (a < b - kSameNumber) return std::strong_ordering::less;
    if (b < a - kSameNumber) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
}

// Places nearer to each other than this, as seen from where one sorts from, are one place to the engine, in metres.
constexpr double kSamePlace = 1.0;

std::strong_ordering reversed_unless(bool ascending, std::strong_ordering order) {
    return ascending ? order : 0 <=> order;
}

std::strong_ordering order_values(const RankEntry& a, const RankEntry& b) {
    if (!a.present || !b.present) return b.present <=> a.present;
    if (a.is_text != b.is_text) return a.is_text <=> b.is_text;
    if (a.is_text) return reversed_unless(a.ascending, a.text <=> b.text);
    if (a.shape == RankEntry::Shape::Distance && std::abs(a.number - b.number) <= kSamePlace)
        return std::strong_ordering::equal;
    return reversed_unless(a.ascending, order_numbers(a.number, b.number));
}

std::strong_ordering order_entries(const RankEntry& a, const RankEntry& b) {
    using Shape = RankEntry::Shape;
    if (a.shape == Shape::Skipped || b.shape == Shape::Skipped) {
        return (a.shape == Shape::Skipped) <=> (b.shape == Shape::Skipped);
    }
    if (a.shape != b.shape) return a.shape <=> b.shape;
    if (a.shape == Shape::Weight) {
        if (!a.present || !b.present) return b.present <=> a.present;
        return order_numbers(b.number, a.number);
    }
    return order_values(a, b);
}

}  // namespace

std::strong_ordering compare(RankKey a, RankKey b) {
    const std::size_t shared = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < shared; ++i) {
        if (const auto order = order_entries(a[i], b[i]); order != std::strong_ordering::equal) return order;
    }
    return b.size() <=> a.size();  // the one with more rules behind it went further
}

std::size_t deciding_place(RankKey a, RankKey b) {
    const std::size_t shared = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < shared; ++i) {
        if (order_entries(a[i], b[i]) != std::strong_ordering::equal) return i;
    }
    return shared;
}

std::size_t place_of(RankKey key, RankEntry::Rule rule) {
    return static_cast<std::size_t>(std::ranges::find(key, rule, &RankEntry::rule) - key.begin());
}

std::string_view stamp_of(RankKey key) {
    return key.empty() || !key.back().is_text ? std::string_view() : key.back().text;
}

}  // namespace miroir::merge

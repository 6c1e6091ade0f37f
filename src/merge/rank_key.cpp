#include "merge/rank_key.h"

#include <algorithm>

namespace miroir::merge {
namespace {

// Scores are fractions of small integers computed alike on every node; this only absorbs their printing.
constexpr double kSameNumber = 1e-12;

std::strong_ordering order_numbers(double a, double b) {
    if (a < b - kSameNumber) return std::strong_ordering::less;
    if (b < a - kSameNumber) return std::strong_ordering::greater;
    return std::strong_ordering::equal;
}

std::strong_ordering reversed_unless(bool ascending, std::strong_ordering order) {
    return ascending ? order : 0 <=> order;
}

std::strong_ordering order_values(const RankEntry& a, const RankEntry& b) {
    if (!a.present || !b.present) return b.present <=> a.present;
    if (a.is_text != b.is_text) return a.is_text <=> b.is_text;
    if (a.is_text) return reversed_unless(a.ascending, a.text <=> b.text);
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

}  // namespace miroir::merge

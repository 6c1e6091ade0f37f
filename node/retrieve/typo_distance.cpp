#include "node/retrieve/typo_distance.h"

#include <algorithm>
#include <vector>

namespace miroir::node {
namespace {

std::vector<char32_t> code_points(std::string_view text) {
    std::vector<char32_t> points;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
            point = (point << 6U) | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
        }
        points.push_back(point);
        i += length;
    }
    return points;
}

// The distance of `wanted` to every beginning of `text`, the whole one last.
std::vector<unsigned> distances(std::string_view wanted, std::string_view text) {
    const auto a = code_points(wanted);
    const auto b = code_points(text);
    std::vector<std::vector<unsigned>> rows(b.size() + 1, std::vector<unsigned>(a.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) rows[0][i] = static_cast<unsigned>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
        rows[j][0] = static_cast<unsigned>(j);
        for (std::size_t i = 1; i <= a.size(); ++i) {
            const unsigned substitution = rows[j - 1][i - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[j][i] = std::min({substitution, rows[j - 1][i] + 1, rows[j][i - 1] + 1});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) rows[j][i] = std::min(rows[j][i], rows[j - 2][i - 2] + 1);
        }
    }
    std::vector<unsigned> ends;
    for (const auto& row : rows) ends.push_back(row.back());
    return ends;
}

}  // namespace

bool within_typos(std::string_view wanted, std::string_view text, unsigned typos) {
    return distances(wanted, text).back() <= typos;
}

bool begins_within_typos(std::string_view wanted, std::string_view text, unsigned typos) {
    if (typos == 0) return text.starts_with(wanted);
    // No beginning longer than this can be within the distance.
    const std::string_view head = text.substr(0, 4 * (wanted.size() + typos));
    return std::ranges::any_of(distances(wanted, head), [&](unsigned distance) { return distance <= typos; });
}

}  // namespace miroir::node

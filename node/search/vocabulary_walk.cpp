#include "node/search/vocabulary_walk.h"

#include <algorithm>
#include <optional>
#include <string>

#include "node/text/utf8.h"

// The sorted vocabulary is walked like a tree: one row of edit distances per letter, rows of a shared beginning are
// kept, and a beginning that can no longer come near is left behind with all its words.

namespace miroir::node {

namespace {

std::u32string decode(std::string_view text) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point_at(text, at);
        out.push_back(point.value);
        at += point.bytes;
    }
    return out;
}

class Walk {
public:
    Walk(const Postings& postings, std::string_view word, std::uint8_t most_typos, bool prefix)
        : postings_(postings), query_(decode(word)), most_(most_typos), prefix_(prefix) {
        Row first{.distances = std::vector<std::uint8_t>(query_.size() + 1)};
        for (std::size_t j = 0; j <= query_.size(); ++j)
            first.distances[j] = static_cast<std::uint8_t>(std::min<std::size_t>(j, 99));
        rows_.push_back(std::move(first));
    }

    NearWords run() {
        const auto sorted = postings_.sorted();
        for (std::size_t at = 0; at < sorted.size() && !full();) {
            const WordEntry& entry = postings_.word(sorted[at]);
            const std::size_t dead_bytes = feed(entry.text);
            if (dead_bytes > 0) {
                const std::string_view beginning = std::string_view(entry.text).substr(0, dead_bytes);
                at = static_cast<std::size_t>(
                    std::partition_point(
                        sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end(),
                        [&](WordId id) { return std::string_view(postings_.word(id).text).starts_with(beginning); }) -
                    sorted.begin());
                continue;
            }
            if (!entry.tolerant.empty()) consider(sorted[at]);
            ++at;
        }
        return std::move(found_);
    }

private:
    struct Row {
        char32_t letter = 0;
        std::size_t end_byte = 0;             // in the word, behind the letter
        std::vector<std::uint8_t> distances;  // to each beginning of the query
        std::optional<std::uint8_t> settled;  // under `prefix`: the distance whatever follows
    };

    bool same_first() const { return rows_.size() > 1 && rows_[1].letter == query_.front(); }
    std::uint8_t limit() const { return most_ == 2 && rows_.size() > 1 && !same_first() ? 1 : most_; }
    bool full() const {
        return found_.one_typo.size() >= kMostOneTypo && (most_ == 1 || found_.two_typos.size() >= kMostTwoTypos);
    }

    // Makes the rows those of `text`; how many bytes of it are a dead end (0: none is).
    std::size_t feed(const std::string& text) {
        std::size_t shared = 0;
        std::size_t at = 0;
        while (shared + 1 < rows_.size() && at < text.size()) {
            const CodePoint point = code_point_at(text, at);
            if (rows_[shared + 1].letter != point.value) break;
            at += point.bytes;
            ++shared;
        }
        rows_.resize(shared + 1);
        while (at < text.size()) {
            const CodePoint point = code_point_at(text, at);
            at += point.bytes;
            push(point.value, at);
            if (rows_.size() == 2 && most_ == 1 && !same_first()) return at;
            if (!rows_.back().settled && is_dead()) return at;
        }
        return 0;
    }

    void push(char32_t letter, std::size_t end_byte) {
        const Row& before = rows_.back();
        Row row{.letter = letter, .end_byte = end_byte, .distances = {}, .settled = before.settled};
        if (!row.settled) {
            row.distances.resize(query_.size() + 1);
            row.distances[0] = static_cast<std::uint8_t>(std::min<std::size_t>(rows_.size(), 99));
            for (std::size_t j = 1; j <= query_.size(); ++j) {
                const bool same = query_[j - 1] == letter;
                int best = std::min(
                    {before.distances[j] + 1, row.distances[j - 1] + 1, before.distances[j - 1] + (same ? 0 : 1)});
                const bool swapped =
                    rows_.size() > 1 && j > 1 && query_[j - 2] == letter && query_[j - 1] == before.letter;
                if (swapped) best = std::min(best, rows_[rows_.size() - 2].distances[j - 2] + 1);
                row.distances[j] = static_cast<std::uint8_t>(best);
            }
            if (prefix_) settle(row);
        }
        rows_.push_back(std::move(row));
    }

    // The whole query has been met, and no shorter part of it is nearer: what follows does not matter.
    void settle(Row& row) const {
        const std::uint8_t whole = row.distances.back();
        if (whole > (most_ == 2 ? 2 : 1)) return;
        const bool may_improve = std::any_of(row.distances.begin(), row.distances.end() - 1,
                                             [&](std::uint8_t distance) { return distance < whole; });
        if (!may_improve) row.settled = whole;
    }

    bool is_dead() const {
        const auto nearest = [](const Row& row) { return *std::ranges::min_element(row.distances); };
        if (nearest(rows_.back()) <= limit()) return false;
        return rows_.size() < 2 || nearest(rows_[rows_.size() - 2]) + 1 > limit();
    }

    void consider(WordId word) {
        const std::uint8_t distance = rows_.back().settled.value_or(
            rows_.back().distances.empty() ? std::uint8_t{99} : rows_.back().distances.back());
        if (distance > limit()) return;
        const bool two_left = found_.two_typos.size() < kMostTwoTypos;
        if (most_ == 2 && !same_first() && two_left) {
            found_.two_typos.push_back(word);
        } else if (distance == 1 && found_.one_typo.size() < kMostOneTypo) {
            found_.one_typo.push_back(word);
        } else if (distance == 2 && two_left) {
            found_.two_typos.push_back(word);
        }
    }

    const Postings& postings_;
    std::u32string query_;
    std::uint8_t most_;
    bool prefix_;
    std::vector<Row> rows_;
    NearWords found_;
};

}  // namespace

NearWords near_words(const Postings& postings, std::string_view word, std::uint8_t most_typos, bool prefix) {
    if (word.empty()) return {};
    return Walk(postings, word, most_typos, prefix).run();
}

}  // namespace miroir::node

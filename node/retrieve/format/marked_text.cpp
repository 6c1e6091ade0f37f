#include "node/retrieve/format/marked_text.h"

#include <algorithm>

#include "node/retrieve/format/crop_window.h"

namespace miroir::node {

MarkedText::MarkedText(std::string_view text, const Tokenizer& tokenizer, const std::vector<std::string>& locales,
                       const MatchingWords& words)
    : text_(text), tokens_(tokenizer.tokenize(text, locales)), matches_(words.find_in(tokens_)) {}

std::size_t MarkedText::after_chars(std::size_t start, std::size_t count, std::size_t limit) const {
    std::size_t at = start;
    for (; count > 0 && at < limit; --count) {
        ++at;
        while (at < limit && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
    }
    return at;
}

json::Array MarkedText::places(std::span<const std::size_t> places) const {
    json::Array found;
    for (const Match& match : matches_) {
        const std::size_t start = tokens_[match.first_token].start;
        const std::size_t end = after_chars(start, match.chars, tokens_[match.last_token].end);
        json::Object bounds{{"start", start}, {"length", end - start}};
        if (!places.empty()) {
            json::Array indices;
            for (const std::size_t place : places) indices.emplace_back(place);
            bounds.append("indices", std::move(indices));
        }
        found.push_back(std::move(bounds));
    }
    return found;
}

std::string MarkedText::formatted(const TextFormat& format, const Marks& marks) const {
    if (!format.changes_text()) return std::string(text_);
    std::size_t start = 0;
    std::size_t end = text_.size();
    if (format.crop.value_or(0) > 0) std::tie(start, end) = crop_window(text_.size(), tokens_, matches_, *format.crop);
    std::string out;
    if (start > 0) out += marks.crop;
    std::size_t at = start;
    const auto copy_to = [&](std::size_t to) {
        if (at < to) out += text_.substr(at, to - at);
        at = std::max(at, to);
    };
    for (const Match& match : matches_) {
        if (!format.highlight) break;
        const std::size_t match_start = tokens_[match.first_token].start;
        const std::size_t match_end = tokens_[match.last_token].end;
        if (match_end < start || match_start > end) continue;
        const std::size_t from = std::max(match_start, start);
        const std::size_t to = std::min(match_end, end);
        copy_to(from);
        at = from;
        out += marks.before;
        copy_to(after_chars(from, match.chars, std::max(to, from)));
        out += marks.after;
        copy_to(to);  // the rest of a word of which only the beginning was asked for
    }
    copy_to(end);
    if (end < text_.size()) out += marks.crop;
    return out;
}

}  // namespace miroir::node

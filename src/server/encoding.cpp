#include "server/encoding.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace miroir::server {
namespace {

struct Wish {
    std::string_view name;
    int weight;  // in thousandths
};

std::string_view trim(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

// "0.5" is 500; what is no weight counts as 1000.
int weight_of(std::string_view parameters) {
    const std::size_t at = std::min(parameters.find("q="), parameters.find("Q="));
    if (at == std::string_view::npos) return 1000;
    const std::string_view text = trim(parameters.substr(at + 2));
    double weight = 1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
    if (error != std::errc() || weight < 0 || weight > 1) return 1000;
    return static_cast<int>(weight * 1000);
}

std::vector<Wish> wishes_of(std::string_view header) {
    constexpr std::size_t kWishesMax = 32;
    std::vector<Wish> wishes;
    while (!header.empty() && wishes.size() < kWishesMax) {
        const std::size_t comma = std::min(header.find(','), header.size());
        const std::string_view item = header.substr(0, comma);
        header.remove_prefix(std::min(comma + 1, header.size()));
        const std::size_t semicolon = std::min(item.find(';'), item.size());
        const std::string_view name = trim(item.substr(0, semicolon));
        if (!name.empty()) wishes.push_back({.name = name, .weight = weight_of(item.substr(semicolon))});
    }
    return wishes;
}

bool identity_accepted(const std::vector<Wish>& wishes) {
    const Wish* any = nullptr;
    for (const Wish& wish : wishes) {
        if (http::same_name(wish.name, "identity")) return wish.weight > 0;
        if (wish.name == "*") any = &wish;
    }
    return any == nullptr || any->weight > 0;
}

// Higher is better; 0 is what we do not offer.
int rank_of(Encoding encoding) {
    switch (encoding) {
        case Encoding::Brotli: return 4;
        case Encoding::Gzip: return 3;
        case Encoding::Deflate: return 2;
        case Encoding::Identity: return 1;
    }
    return 0;
}

}  // namespace

std::string_view encoding_name(Encoding encoding) {
    switch (encoding) {
        case Encoding::Brotli: return "br";
        case Encoding::Gzip: return "gzip";
        case Encoding::Deflate: return "deflate";
        case Encoding::Identity: return "identity";
    }
    return "identity";
}

std::optional<Encoding> encoding_of(std::string_view content_encoding) {
    for (const Encoding encoding : {Encoding::Brotli, Encoding::Gzip, Encoding::Deflate}) {
        if (http::same_name(trim(content_encoding), encoding_name(encoding))) return encoding;
    }
    return std::nullopt;
}

std::optional<Encoding> negotiate(std::string_view accept_encoding) {
    const std::vector<Wish> wishes = wishes_of(accept_encoding);
    if (wishes.empty()) return Encoding::Identity;
    std::optional<Encoding> best;
    int best_weight = 0;
    for (const Wish& wish : wishes) {
        const bool identity = http::same_name(wish.name, "identity");
        const std::optional<Encoding> encoding = identity ? Encoding::Identity : encoding_of(wish.name);
        if (!encoding || wish.weight == 0) continue;
        if (wish.weight > best_weight || (wish.weight == best_weight && rank_of(*encoding) > rank_of(*best))) {
            best = encoding;
            best_weight = wish.weight;
        }
    }
    if (best) return best;
    if (identity_accepted(wishes)) return Encoding::Identity;
    return std::nullopt;
}

}  // namespace miroir::server

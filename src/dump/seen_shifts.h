// What a dump has seen of swaps and renames. Each index is read by itself, so one that was read before a swap and
// another that was read after it would show the same documents twice and others never. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace miroir::dump {

class SeenShifts {
public:
    struct Read {
        std::uint64_t begun = 0;         // tasks from here on came after its beginning
        std::uint64_t ended = 0;         // and from here on after its end
        std::set<std::uint64_t> open{};  // tasks from before that had not ended when it began
    };

    void shift(std::uint64_t task, std::set<std::string> indexes) { shifts_[task] = std::move(indexes); }
    // Those that concern the index.
    std::set<std::uint64_t> of(const std::string& index) const;
    // Some of it may be of one index and some of another.
    bool is_torn(const std::string& index, const Read& read) const;
    void keep(const std::string& index, Read read) { reads_[index] = std::move(read); }
    // The reads that were kept show some index as before a shift and another as after it.
    bool are_torn() const;

private:
    enum class Saw : std::uint8_t { Before, Amid, After };
    static Saw saw(std::uint64_t task, const Read& read);

    std::map<std::uint64_t, std::set<std::string>> shifts_;
    std::map<std::string, Read> reads_;
};

}  // namespace miroir::dump

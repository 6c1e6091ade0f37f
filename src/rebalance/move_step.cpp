#include "rebalance/move_step.h"

#include <algorithm>
#include <array>

#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"

namespace miroir::rebalance {
namespace {

using cluster::MoveReason;

constexpr std::array kPhases = {MovePhase::Doubling, MovePhase::Copying, MovePhase::Grace, MovePhase::Cleaning,
                                MovePhase::Undoing};
constexpr std::array kReasons = {MoveReason::CopyMissing, MoveReason::NodeLost, MoveReason::NodeDrains,
                                 MoveReason::BetterPlace, MoveReason::OneTooMany};

std::string padded(std::uint32_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

MoveStep decide_filling(const MoveRecord& move, const MoveFacts& facts) {
    if (facts.given_up || facts.to_left) return MoveStep::Undo;
    if (move.phase == MovePhase::Doubling) return facts.older_writes_sent ? MoveStep::Owe : MoveStep::Wait;
    if (facts.no_source) return MoveStep::CutOverEmpty;
    return facts.filled ? MoveStep::CutOver : MoveStep::Wait;
}

}  // namespace

std::string_view name_of(MovePhase phase) {
    static constexpr std::array<std::string_view, 5> kNames = {"doubling", "copying", "grace", "cleaning", "undoing"};
    return kNames[static_cast<std::size_t>(phase)];
}

std::string_view name_of(MoveStep step) {
    static constexpr std::array<std::string_view, 8> kNames = {"wait", "owe",   "cut_over", "cut_over_empty",
                                                               "undo", "clean", "wipe",     "drop"};
    return kNames[static_cast<std::size_t>(step)];
}

std::string key_of(const MoveRecord& move) { return padded(move.shard.value, 5) + "/" + padded(move.group.value, 2); }

std::string to_record(const MoveRecord& move) {
    return json::to_text(json::Object{{"shard", move.shard.value},
                                      {"group", move.group.value},
                                      {"from", move.from.value},
                                      {"to", move.to.value},
                                      {"phase", name_of(move.phase)},
                                      {"reason", name_of(move.reason)},
                                      {"beganMs", static_cast<std::uint64_t>(std::max<std::int64_t>(0, move.began_ms))},
                                      {"topologyVersion", move.topology_version}});
}

Result<MoveRecord> move_from(const std::string& record) {
    const auto stored = json::parse(record);
    if (!stored) return fail(ErrorCode::MiroirStorageFailed, "a move in the store cannot be read");
    const auto phase = std::ranges::find(kPhases, text_at(*stored, "phase"), [](MovePhase p) { return name_of(p); });
    const auto reason =
        std::ranges::find(kReasons, text_at(*stored, "reason"), [](MoveReason r) { return name_of(r); });
    if (phase == kPhases.end() || reason == kReasons.end())
        return fail(ErrorCode::MiroirStorageFailed, "a move in the store cannot be read");
    return MoveRecord{.shard = {static_cast<std::uint32_t>(number_at(*stored, "shard"))},
                      .group = {static_cast<std::uint32_t>(number_at(*stored, "group"))},
                      .from = {text_at(*stored, "from")},
                      .to = {text_at(*stored, "to")},
                      .phase = *phase,
                      .reason = *reason,
                      .began_ms = static_cast<std::int64_t>(number_at(*stored, "beganMs")),
                      .topology_version = number_at(*stored, "topologyVersion")};
}

MoveStep decide(const MoveRecord& move, const MoveFacts& facts) {
    switch (move.phase) {
        case MovePhase::Doubling:
        case MovePhase::Copying: return decide_filling(move, facts);
        case MovePhase::Grace:
            if (facts.from_left) return MoveStep::Drop;
            return facts.grace_over && facts.readers_left ? MoveStep::Clean : MoveStep::Wait;
        case MovePhase::Cleaning: return facts.from_left ? MoveStep::Drop : MoveStep::Wipe;
        case MovePhase::Undoing:
            if (facts.to_left) return MoveStep::Drop;
            return facts.readers_left ? MoveStep::Wipe : MoveStep::Wait;
    }
    return MoveStep::Wait;
}

}  // namespace miroir::rebalance

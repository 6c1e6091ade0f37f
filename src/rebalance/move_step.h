// The life of one move, as data. Pure: what is known of a move goes in, the one thing to do next comes out. Each phase
// is durable before what follows from it is begun, so that after a crash at any point the same question is asked again.
//
//   doubling → copying → grace → cleaning → over        the old owner answers until the end of copying
//         ↘       ↘ undoing → over                      given up before the cut-over
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "cluster/rebalance_plan.h"

namespace miroir::rebalance {

enum class MovePhase : std::uint8_t {
    Doubling,  // both owners get new writes; those planned before are still on their way
    Copying,   // the new owner is in debt for the shard: filled and compared by the mender
    Grace,     // the new owner answers; readers may still hold the old topology
    Cleaning,  // the old copy is being deleted
    Undoing,   // given up: what the new owner got is being deleted
};
std::string_view name_of(MovePhase phase);  // "copying"

struct MoveRecord {
    ShardId shard;
    GroupId group;
    NodeId from;  // empty: a copy is added
    NodeId to;    // empty: there is one copy too many
    MovePhase phase = MovePhase::Doubling;
    cluster::MoveReason reason = cluster::MoveReason::BetterPlace;
    std::int64_t began_ms = 0;           // wall time, for people
    std::uint64_t topology_version = 0;  // placement version that the present phase made
    bool operator==(const MoveRecord&) const = default;
};
std::string key_of(const MoveRecord& move);  // "00003/00"
std::string to_record(const MoveRecord& move);
Result<MoveRecord> move_from(const std::string& record);

struct MoveFacts {
    bool given_up = false;           // by the operator
    bool older_writes_sent = false;  // all that were planned before the doubling
    bool filled = false;             // the new owner equals a replica, and has all writes
    bool no_source = false;          // no replica of the shard is left that could be copied
    bool from_left = false;          // written off: nobody to delete from
    bool to_left = false;
    bool grace_over = false;
    bool readers_left = false;  // nobody holds a topology from before the phase
};

enum class MoveStep : std::uint8_t {
    Wait,
    Owe,           // write down that the new owner lacks the shard, so that it is copied
    CutOver,       // the new owner answers, the old one does not
    CutOverEmpty,  // the same, with nothing to copy: the loss is told
    Undo,          // the new owner gets no more writes
    Clean,         // mark that the old copy may go
    Wipe,          // delete it
    Drop,          // the move is over: the placement forgets the copy
};
std::string_view name_of(MoveStep step);

MoveStep decide(const MoveRecord& move, const MoveFacts& facts);

}  // namespace miroir::rebalance

// The one table of who may change what. Role and reach are independent: each row names the roles and reaches from
// which its event is allowed and what it sets; what it does not set stays.
#include "cluster/standing.h"

#include <array>
#include <optional>
#include <string>

#include "base/assert.h"

namespace miroir::cluster {
namespace {

template <class... E>
constexpr std::uint8_t any_of(E... members) {
    return static_cast<std::uint8_t>(((1u << static_cast<unsigned>(members)) | ...));
}
template <class E>
constexpr bool in(std::uint8_t set, E member) {
    return (set >> static_cast<unsigned>(member) & 1u) != 0;
}

constexpr auto kJoining = NodeRole::Joining;
constexpr auto kActive = NodeRole::Active;
constexpr auto kDraining = NodeRole::Draining;
constexpr auto kRemoved = NodeRole::Removed;
constexpr auto kUnknown = NodeReach::Unknown;
constexpr auto kUp = NodeReach::Up;
constexpr auto kRestoring = NodeReach::Restoring;
constexpr auto kDown = NodeReach::Down;

constexpr std::uint8_t kPresent = any_of(kJoining, kActive, kDraining);
constexpr std::uint8_t kAnyReach = any_of(kUnknown, kUp, kRestoring, kDown);

struct Row {
    NodeEvent event;
    std::uint8_t roles;
    std::uint8_t reaches;
    std::optional<NodeRole> role;
    std::optional<NodeReach> reach;
};

constexpr std::array kTable = {
    Row{NodeEvent::Failed, kPresent, any_of(kUnknown, kUp, kRestoring), {}, kDown},
    Row{NodeEvent::Answered, kPresent, any_of(kUnknown, kDown), {}, kRestoring},
    Row{NodeEvent::Vouched, kPresent, any_of(kRestoring), {}, kUp},
    Row{NodeEvent::Filled, any_of(kJoining), any_of(kUp), kActive, {}},
    Row{NodeEvent::Drain, any_of(kJoining, kActive), kAnyReach, kDraining, {}},
    Row{NodeEvent::Undrain, any_of(kDraining), kAnyReach, kActive, {}},
    Row{NodeEvent::Emptied, any_of(kDraining), kAnyReach, kRemoved, {}},
    // A node in service is drained first; one that is gone, or never began, may be written off.
    Row{NodeEvent::Discard, any_of(kJoining), kAnyReach, kRemoved, {}},
    Row{NodeEvent::Discard, any_of(kActive, kDraining), any_of(kUnknown, kDown), kRemoved, {}},
};

}  // namespace

NodeState Standing::state() const {
    if (role == NodeRole::Removed) return NodeState::Removed;
    switch (reach) {
        case NodeReach::Unknown:
        case NodeReach::Down: return NodeState::Down;
        case NodeReach::Restoring: return NodeState::Restoring;
        case NodeReach::Up: break;
    }
    switch (role) {
        case NodeRole::Joining: return NodeState::Joining;
        case NodeRole::Draining: return NodeState::Draining;
        default: return NodeState::Active;
    }
}

bool Standing::readable() const {
    return reach == NodeReach::Up &&
           (role == NodeRole::Active || role == NodeRole::Draining || role == NodeRole::Joining);
}

bool Standing::writable() const {
    return role != NodeRole::Removed && (reach == NodeReach::Up || reach == NodeReach::Restoring);
}

Result<Standing> step(Standing before, NodeEvent event) {
    for (const Row& row : kTable) {
        if (row.event != event || !in(row.roles, before.role) || !in(row.reaches, before.reach)) continue;
        return Standing{.role = row.role.value_or(before.role), .reach = row.reach.value_or(before.reach)};
    }
    std::string message = "a node that is " + std::string(name_of(before.role)) + " and " +
                          std::string(name_of(before.reach)) + " cannot be " + std::string(name_of(event));
    if (event == NodeEvent::Discard && before.role != NodeRole::Removed) message += ": drain it first";
    return fail({.code = ErrorCode::MiroirInvalidRequest, .message = std::move(message), .node = {}, .status = 409});
}

std::string_view name_of(NodeState state) {
    static constexpr std::array<std::string_view, 6> kNames = {"joining", "active",  "draining",
                                                               "down",    "removed", "restoring"};
    return kNames[static_cast<std::size_t>(state)];
}

std::string_view name_of(NodeRole role) {
    static constexpr std::array<std::string_view, 4> kNames = {"joining", "active", "draining", "removed"};
    return kNames[static_cast<std::size_t>(role)];
}

std::string_view name_of(NodeReach reach) {
    static constexpr std::array<std::string_view, 4> kNames = {"unknown", "up", "restoring", "down"};
    return kNames[static_cast<std::size_t>(reach)];
}

std::string_view name_of(NodeEvent event) {
    static constexpr std::array<std::string_view, 8> kNames = {"failed",  "answered",  "vouched", "filled",
                                                               "drained", "undrained", "emptied", "discarded"};
    return kNames[static_cast<std::size_t>(event)];
}

}  // namespace miroir::cluster

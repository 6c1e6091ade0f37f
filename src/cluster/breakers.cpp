#include "cluster/breakers.h"

#include <algorithm>
#include <array>

namespace miroir::cluster {

std::string_view name_of(Breaker::State state) {
    static constexpr std::array<std::string_view, 3> kNames = {"closed", "open", "half_open"};
    return kNames[static_cast<std::size_t>(state)];
}

std::optional<Breakers::Permit> Breakers::allow(const NodeId& node, Instant now) {
    const std::lock_guard lock(mutex_);
    Held& held = held_.try_emplace(node.value, Held{.breaker = Breaker(options_)}).first->second;
    if (!held.breaker.allow(now)) return std::nullopt;
    return Permit(this, &held, held.breaker.state(now) == Breaker::State::HalfOpen);
}

void Breakers::Permit::end(Outcome outcome, Instant now, double unit_draw) {
    Breakers* const board = std::exchange(board_, nullptr);
    if (board == nullptr) return;
    const std::lock_guard lock(board->mutex_);
    Breaker& breaker = of_->breaker;
    if (outcome == Outcome::Good) of_->answered = std::max(of_->answered, now);
    // A call from before the opening that ends late says nothing: only the trial speaks, and only it makes room for
    // the next one.
    if (!trial_ && breaker.stands() != Breaker::State::Closed) return;
    switch (outcome) {
        case Outcome::Good: return breaker.succeeded();
        case Outcome::GaveUp: return breaker.gave_up();
        case Outcome::Bad: break;
    }
    breaker.failed(now, unit_draw);
    if (breaker.stands() == Breaker::State::Open) ++of_->openings;
}

void Breakers::Permit::ran_late(Instant begun, Instant now, double unit_draw) {
    if (board_ == nullptr) return;
    const bool answers = [&] {
        const std::lock_guard lock(board_->mutex_);
        return of_->answered >= begun;
    }();
    end(answers ? Outcome::GaveUp : Outcome::Bad, now, unit_draw);
}

bool Breakers::passes(const NodeId& node, Instant now) const {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(node.value);
    return at == held_.end() || at->second.breaker.would_allow(now);
}

void Breakers::heard_from(const NodeId& node, Instant now) {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(node.value);
    if (at == held_.end()) return;
    at->second.answered = std::max(at->second.answered, now);
    at->second.breaker.heard_from();
}

Breakers::View Breakers::view(const NodeId& node, Instant now) const {
    const std::lock_guard lock(mutex_);
    const auto at = held_.find(node.value);
    if (at == held_.end()) return {};
    return {.state = at->second.breaker.state(now), .openings = at->second.openings};
}

}  // namespace miroir::cluster

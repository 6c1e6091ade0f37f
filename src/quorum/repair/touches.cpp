#include "quorum/repair/touches.h"

#include <utility>

namespace miroir::quorum {

// When each document was last touched, in two generations: when the younger is full, the elder is forgotten.
struct Touches::Yard {
    std::size_t watches = 0;
    std::uint64_t upsets = 0;
    Moment next = 1;
    Moment known_from = 0;
    Moment young_from = 0;
    std::unordered_map<std::string, Moment> young, old;
};

Touches::Watch::Watch(std::shared_ptr<Yard> yard) : yard_(std::move(yard)) { ++yard_->watches; }

Touches::Watch::~Watch() {
    if (yard_) --yard_->watches;
}

Touches::Moment Touches::Watch::now() const { return yard_->next; }

bool Touches::Watch::knows_since(Moment moment) const { return moment >= yard_->known_from; }

bool Touches::Watch::touched_since(Moment moment, const std::string& id) const {
    const auto is_late = [&](const std::unordered_map<std::string, Moment>& touched) {
        const auto found = touched.find(id);
        return found != touched.end() && found->second >= moment;
    };
    return is_late(yard_->young) || is_late(yard_->old);
}

std::uint64_t Touches::Watch::upsets() const { return yard_->upsets; }

Touches::Watch Touches::watch(const IndexUid& index) {
    std::shared_ptr<Yard> yard = watched(index);
    if (!yard) yard = yards_[index] = std::make_shared<Yard>();
    return Watch(std::move(yard));
}

std::shared_ptr<Touches::Yard> Touches::watched(const IndexUid& index) {
    const auto found = yards_.find(index);
    if (found == yards_.end()) return nullptr;
    if (found->second->watches > 0) return found->second;
    yards_.erase(found);
    return nullptr;
}

void Touches::note(const IndexUid& index, std::optional<std::span<const std::string>> ids) {
    const std::shared_ptr<Yard> yard = watched(index);
    if (!yard) return;
    if (!ids) {
        yard->young.clear();
        yard->old.clear();
        yard->known_from = yard->young_from = ++yard->next;
        return;
    }
    for (const std::string& id : *ids) {
        yard->young[id] = yard->next++;
        if (yard->young.size() < ids_max_) continue;
        yard->old = std::exchange(yard->young, {});
        yard->known_from = std::max(yard->known_from, std::exchange(yard->young_from, yard->next));
    }
}

void Touches::upset(const IndexUid& index) {
    if (const std::shared_ptr<Yard> yard = watched(index)) ++yard->upsets;
}

}  // namespace miroir::quorum

#include "http/wire/pool.h"

#include <algorithm>

namespace miroir::wire {

std::shared_ptr<Stream> Pool::take(const http::Address& address) {
    const auto found = idle_.find(address);
    std::shared_ptr<Stream> out;
    while (!out && found != idle_.end() && !found->second.empty()) {
        std::shared_ptr<Stream> youngest = std::move(found->second.back());
        found->second.pop_back();
        --size_;
        youngest->on_unwaited(nullptr);
        if (is_alive(*youngest)) out = std::move(youngest);
        else youngest->close();
    }
    return out;
}

// One that was busy a moment ago is believed: its end would have been read.
bool Pool::is_alive(const Stream& stream) const {
    constexpr std::chrono::milliseconds kMoment{500};
    const bool just_left = stream.expires() - bounds_.idle_timeout + kMoment > reactor_.now();
    return just_left ? stream.is_quiet() : stream.is_silent();
}

void Pool::put(const http::Address& address, std::shared_ptr<Stream> stream) {
    if (closed_ || bounds_.per_address == 0 || size_ >= bounds_.total) {
        stream->close();
        return;
    }
    std::vector<std::shared_ptr<Stream>>& waiting = idle_[address];
    if (waiting.size() >= bounds_.per_address) {
        const std::shared_ptr<Stream> oldest = std::move(waiting.front());
        waiting.erase(waiting.begin());
        --size_;
        oldest->on_unwaited(nullptr);
        oldest->close();
    }
    stream->expire_at(reactor_.now() + bounds_.idle_timeout);
    stream->on_unwaited([pool = weak_from_this(), which = stream.get()] {
        if (const std::shared_ptr<Pool> alive = pool.lock()) alive->drop(which);
    });
    stream->settle_news();
    stream->read_ahead(Stream::kReplyRoom);
    waiting.push_back(std::move(stream));
    ++size_;
}

void Pool::drop(const Stream* stream) {
    for (auto& [address, waiting] : idle_) {
        const auto found = std::ranges::find(waiting, stream, &std::shared_ptr<Stream>::get);
        if (found == waiting.end()) continue;
        const std::shared_ptr<Stream> dropped = std::move(*found);
        waiting.erase(found);
        --size_;
        dropped->close();
        break;
    }
    std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
}

void Pool::close_all() {
    closed_ = true;
    for (auto& [address, waiting] : std::exchange(idle_, {})) {
        for (const std::shared_ptr<Stream>& one : waiting) {
            one->on_unwaited(nullptr);
            one->close();
        }
    }
    size_ = 0;
}

}  // namespace miroir::wire

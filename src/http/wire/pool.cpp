#include "http/wire/pool.h"

namespace miroir::wire {

std::shared_ptr<Stream> Pool::take(const http::Address& address) {
    const auto found = idle_.find(address);
    std::shared_ptr<Stream> out;
    while (!out && found != idle_.end() && !found->second.empty()) {
        std::shared_ptr<Stream> youngest = std::move(found->second.back());
        found->second.pop_back();
        --size_;
        youngest->on_unwaited(nullptr);
        if (youngest->is_silent()) out = std::move(youngest);
        else youngest->close();
    }
    if (found != idle_.end() && found->second.empty()) idle_.erase(found);
    return out;
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
    stream->on_unwaited([pool = weak_from_this(), address, which = stream.get()] {
        if (const std::shared_ptr<Pool> alive = pool.lock()) alive->drop(address, which);
    });
    stream->settle_news();
    stream->read_ahead(Stream::kReplyRoom);
    waiting.push_back(std::move(stream));
    ++size_;
}

void Pool::drop(const http::Address& address, const Stream* stream) {
    const auto found = idle_.find(address);
    if (found == idle_.end()) return;
    const std::size_t dropped = std::erase_if(found->second, [&](const std::shared_ptr<Stream>& one) {
        if (one.get() == stream) one->close();
        return one.get() == stream;
    });
    size_ -= dropped;
    if (found->second.empty()) idle_.erase(found);
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

#include "env/log_switch.h"

#include <utility>

namespace miroir::env {

void LogTap::put(std::string_view line) {
    const std::unique_lock lock(mutex_);
    if (closed_) return;
    if (lines_.size() + line.size() > bytes_max_) ++dropped_;
    else lines_ += line;
    tell();
}

void LogTap::close() {
    const std::unique_lock lock(mutex_);
    closed_ = true;
    tell();
}

void LogTap::tell() {
    if (const std::function<void()> job = std::exchange(job_, nullptr)) job();
}

LogTap::Taken LogTap::take() {
    const std::unique_lock lock(mutex_);
    return {.lines = std::exchange(lines_, {}), .dropped = std::exchange(dropped_, 0), .closed = closed_};
}

void LogTap::on_news(std::function<void()> job) {
    const std::unique_lock lock(mutex_);
    job_ = std::move(job);
    if (!lines_.empty() || dropped_ > 0 || closed_) tell();
}

}  // namespace miroir::env

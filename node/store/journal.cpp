#include "node/store/journal.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "env/log.h"

namespace miroir::node {
namespace {

constexpr std::string_view kLog = "log.";
constexpr std::string_view kSnapshot = "snapshot.";
constexpr std::string_view kPart = ".part";
constexpr std::string_view kDamaged = "damaged.";
constexpr std::size_t kSnapshotPiece = 1 << 20;
constexpr std::string_view kEnd = "{\"end\":true}";  // the last record of a whole snapshot

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view prefix) {
    if (!name.starts_with(prefix)) return std::nullopt;
    name.remove_prefix(prefix.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
    return number;
}

std::string snapshot_name(std::uint64_t generation) { return std::string(kSnapshot) + std::to_string(generation); }

}  // namespace

struct Journal::Generations {
    std::optional<std::uint64_t> snapshot;
    std::vector<std::uint64_t> logs;  // not older than the snapshot, in order
    std::vector<std::string> stale;
};

std::string Journal::log_name(std::uint64_t generation) const { return std::string(kLog) + std::to_string(generation); }

Result<Journal::Generations> Journal::survey() {
    MIROIR_TRY(const std::vector<std::string> names, disk_.list());
    Generations found;
    for (const std::string& name : names) {
        if (const auto number = number_of(name, kSnapshot))
            found.snapshot = std::max(found.snapshot.value_or(0), *number);
    }
    for (const std::string& name : names) {
        const auto log = number_of(name, kLog);
        const auto snapshot = number_of(name, kSnapshot);
        if (log && *log >= found.snapshot.value_or(0)) {
            found.logs.push_back(*log);
        } else if (log || (snapshot && snapshot != found.snapshot) || name.ends_with(kPart)) {
            found.stale.push_back(name);
        }
    }
    std::ranges::sort(found.logs);
    return found;
}

Result<void> Journal::replay_log(const std::string& name, const Visit& visit) {
    MIROIR_TRY(const std::string bytes, disk_.read(name));
    FrameReader reader(bytes);
    while (const auto frame = reader.next()) MIROIR_CHECK(visit(frame->head, frame->body));
    log_bytes_ += reader.good();
    file_bytes_ = reader.good();
    if (!reader.damaged()) return {};
    env_.log.warn("node.store", "the log ends in a damaged record, what follows is set aside",
                  {{"file", name}, {"sound_bytes", reader.good()}, {"bytes", bytes.size()}});
    const std::string aside = std::string(kDamaged) + name;
    MIROIR_CHECK(disk_.remove(aside));
    MIROIR_CHECK(disk_.append(aside, std::string_view(bytes).substr(reader.good())));
    return disk_.truncate(name, reader.good());
}

Result<void> Journal::recover(const Visit& visit) {
    MIROIR_TRY(const Generations found, survey());
    for (const std::string& name : found.stale) MIROIR_CHECK(disk_.remove(name));
    if (found.snapshot) {
        MIROIR_TRY(const std::string bytes, disk_.read(snapshot_name(*found.snapshot)));
        FrameReader reader(bytes);
        bool whole = false;
        while (const auto frame = reader.next()) {
            whole = frame->head == kEnd;
            if (!whole) MIROIR_CHECK(visit(frame->head, frame->body));
        }
        if (!whole) return fail(ErrorCode::InvalidStoreFile, "the snapshot of the data directory is damaged");
        snapshot_bytes_ = bytes.size();
        generation_ = *found.snapshot;
    }
    for (const std::uint64_t log : found.logs) {
        MIROIR_CHECK(replay_log(log_name(log), visit));
        generation_ = log;
    }
    return {};
}

void Journal::append(std::string_view head, std::string_view body) { append_frame(waiting_, head, body); }

Result<void> Journal::write_out() {
    if (waiting_.empty()) return {};
    const std::string name = log_name(generation_);
    // What a failed write left may end within a record: all of it is written again, from the last sound byte on.
    if (log_torn_) MIROIR_CHECK(disk_.truncate(name, file_bytes_));
    log_torn_ = true;
    MIROIR_CHECK(disk_.append(name, waiting_));
    MIROIR_CHECK(disk_.sync(name));
    log_torn_ = false;
    log_bytes_ += waiting_.size();
    file_bytes_ += waiting_.size();
    waiting_.clear();
    return {};
}

void Journal::flush() {
    flush_due_ = false;
    const Result<void> done = write_out();
    for (const auto& committer : std::exchange(committers_, {})) committer.set(done);
}

env::Task<Result<void>> Journal::commit() {
    env::OneShot<Result<void>> done(env_.executor);
    committers_.push_back(done);
    if (!std::exchange(flush_due_, true)) env_.executor.post([this] { flush(); });
    Result<void> result = co_await done;
    co_return result;
}

Result<void> Journal::begin_snapshot() {
    MIROIR_CHECK(write_out());
    ++generation_;
    log_bytes_ = 0;
    file_bytes_ = 0;
    snapshot_bytes_ = 0;
    snapshot_buffer_.clear();
    return disk_.remove(snapshot_name(generation_) + std::string(kPart));
}

Result<void> Journal::add_to_snapshot(std::string_view head, std::string_view body) {
    append_frame(snapshot_buffer_, head, body);
    if (snapshot_buffer_.size() < kSnapshotPiece) return {};
    snapshot_bytes_ += snapshot_buffer_.size();
    const std::string piece = std::exchange(snapshot_buffer_, {});
    return disk_.append(snapshot_name(generation_) + std::string(kPart), piece);
}

Result<void> Journal::publish_snapshot() {
    append_frame(snapshot_buffer_, kEnd);
    const std::string name = snapshot_name(generation_);
    const std::string part = name + std::string(kPart);
    MIROIR_CHECK(disk_.append(part, std::exchange(snapshot_buffer_, {})));
    MIROIR_CHECK(disk_.sync(part));
    MIROIR_CHECK(disk_.rename(part, name));
    MIROIR_TRY(const Generations found, survey());
    for (const std::string& stale : found.stale) MIROIR_CHECK(disk_.remove(stale));
    return {};
}

}  // namespace miroir::node

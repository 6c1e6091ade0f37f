// Comparing and copying, one stretch of the stamp after another.
#include <algorithm>

#include "json/write.h"
#include "plan/shard_clause.h"
#include "quorum/repair/mender.h"

namespace miroir::quorum {
namespace {

// Large documents on a slow node do not come in time: then fewer are asked for, and by and by more again.
void fit_page(std::size_t& page, bool in_time) {
    constexpr std::size_t kLeast = 50;
    constexpr std::size_t kMost = 1000;
    if (page < kLeast || page > kMost) return;
    page = in_time ? std::min(kMost, page + page / 8) : std::max(kLeast, page / 2);
}

}  // namespace

env::Task<Mender::Step> Mender::pass(const Job& job, const Group& group) {
    Step out = Step::Same;
    std::string after;
    for (bool last = false; !last;) {
        std::uint64_t bytes = 0;
        const Step step = co_await stretch(job, group, after, last, bytes);
        if (step == Step::GivenUp) co_return step;
        co_await keep_to_the_rate(bytes);
        if (step == Step::Changed) out = step;
    }
    co_return out;
}

// The lane is free meanwhile. Those who copy side by side share the rate.
env::Task<void> Mender::keep_to_the_rate(std::uint64_t bytes) {
    if (options_.bytes_per_second == 0 || bytes == 0) co_return;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(options_.bytes_per_second);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    rate_kept_until_ = std::max(rate_kept_until_, env_.clock.now()) + rest;
    co_await env::sleep_until(env_, rate_kept_until_, stop_);
}

env::Task<bool> Mender::wipe(cluster::Node node, std::vector<ShardId> shards) {
    std::vector<NodeRequest> requests;
    for (const auto& [uid, index] : catalog_.projected().indexes) {
        std::vector<ShardId> here;
        std::ranges::copy_if(shards, std::back_inserter(here), [&](ShardId s) { return s.value < index->shards; });
        if (here.empty()) continue;
        requests.push_back({.method = "POST",
                            .target = "/indexes/" + uid.value + "/documents/delete",
                            .content_type = "application/json",
                            .body = json::to_text(json::Object{{"filter", plan::shard_clause(here)}})});
    }
    if (requests.empty()) co_return true;
    co_return co_await errands_.tell(std::move(node), std::move(requests), 0, writer_.hints().releases());
}

env::Task<Mender::Step> Mender::stretch(const Job& job, const Group& group, std::string& after, bool& last,
                                        std::uint64_t& bytes) {
    const IndexUid uid = job.key.second;
    env::Lane::Pass pass = co_await writer_.lane(uid).enter();
    if (!is_current(job) || !still_gives(job, group)) co_return Step::GivenUp;
    const plan::IndexPtr index = catalog_.projected().find(uid);
    const cluster::Node source = job.topology->node(group.source);
    const cluster::Node target = job.topology->node(job.target);
    // What a change of settings holds back may have reached one of them only.
    const std::uint64_t releases = writer_.hints().releases();
    const bool at_rest = writer_.at_rest(source.id, uid) && writer_.at_rest(target.id, uid);
    if (!at_rest || writer_.debts().lacks(source.id, uid, group.shards)) co_return Step::GivenUp;
    const bool source_quiet = co_await errands_.drained(source, uid);
    const bool target_quiet = source_quiet && co_await errands_.drained(target, uid);
    if (!target_quiet) co_return Step::GivenUp;
    const std::size_t asked_for = options_.page;
    StretchBounds bounds{.after = after, .to = {}};
    json::Object ask_source = stretch_question(group.shards, bounds, asked_for);
    std::optional<json::Array> there = co_await errands_.read(source, index, std::move(ask_source));
    fit_page(options_.page, there.has_value());
    if (!there) co_return Step::GivenUp;
    last = there->size() < asked_for;
    if (!last) bounds.to = stamp_of(there->back());
    json::Object ask_target = stretch_question(group.shards, bounds, asked_for + 1);
    const std::optional<json::Array> here = co_await errands_.read(target, index, std::move(ask_target));
    if (!here) co_return Step::GivenUp;
    if (!last) after = bounds.to;
    if (*here == *there) co_return Step::Same;
    Stretch differing{.bounds = std::move(bounds), .releases = releases, .order = &pass, .bytes = &bytes};
    const bool done = co_await replace(job, group, *there, std::move(differing));
    co_return done ? Step::Changed : Step::GivenUp;
}

// What the node has of the stretch goes, what the source has comes.
env::Task<bool> Mender::replace(const Job& job, const Group& group, const json::Array& documents, Stretch stretch) {
    const plan::IndexPtr index = catalog_.projected().find(job.key.second);
    const std::string path = "/indexes/" + index->uid.value + "/documents";
    std::vector<NodeRequest> requests;
    requests.push_back({.method = "POST",
                        .target = path + "/delete",
                        .content_type = "application/json",
                        .body = json::to_text(json::Object{{"filter", stretch_filter(group.shards, stretch.bounds)}})});
    if (!documents.empty()) {
        std::string lines;
        for (const json::Value& document : documents) lines += json::to_text(document) + "\n";
        copied_.documents += documents.size();
        copied_.bytes += lines.size();
        *stretch.bytes += lines.size();
        requests.push_back({.method = "POST",
                            .target = path + "?primaryKey=" + index->primary_key.value_or(""),
                            .content_type = "application/x-ndjson",
                            .body = std::move(lines)});
    }
    const cluster::Node target = job.topology->node(job.target);
    co_return co_await errands_.tell(target, std::move(requests), 0, stretch.releases, stretch.order);
}

}  // namespace miroir::quorum

#include "quorum/repair/copier.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "env/log.h"
#include "json/write.h"
#include "protocol/documents/primary_key.h"
#include "quorum/repair/comparing.h"

namespace miroir::quorum {
namespace {

constexpr std::size_t kLeastPage = 50;
constexpr std::size_t kChangedMax = 5'000;
constexpr std::size_t kUnsureMax = 50'000;
constexpr std::size_t kIdsAtOnce = 500;
constexpr std::size_t kIdsAlone = 100;  // while nobody writes
constexpr int kPassesMax = 6;
constexpr int kLooksMax = 30;
constexpr int kLooksTogether = 6;              // then what is written all the time is looked at while nobody writes
constexpr int kShiftsMax = 3;                  // of the ground, then a stretch is looked at while nobody writes
constexpr std::chrono::seconds kPatience{60};  // with nodes that have much to work off
constexpr std::chrono::milliseconds kLookEvery{20};
constexpr int kAnewMax = 12;

}  // namespace

// Few large documents, or many small ones.
void CopyPace::fit_page(std::size_t documents, std::size_t bytes) {
    if (options_.page <= kLeastPage || documents == 0) return;
    const std::size_t fitting = options_.page_bytes / std::max<std::size_t>(1, bytes / documents);
    page_ = std::clamp(std::min(fitting, page_ + page_ / 4), kLeastPage, options_.page);
}

bool CopyPace::shrink_page() {
    if (page_ <= kLeastPage) return false;
    page_ = std::max(kLeastPage, page_ / 2);
    return true;
}

void CopyPace::count(std::size_t documents, std::size_t bytes) {
    copied_.documents += documents;
    copied_.bytes += bytes;
}

env::Task<void> CopyPace::rest(std::size_t bytes, env::Monotonic begun, env::Cancel stop) {
    const env::Monotonic now = env_.clock.now();
    if (options_.searches) courtesy_.look(options_.searches(now), now);
    env::Monotonic until = now + courtesy_.rest_after(now - begun);
    if (options_.bytes_per_second > 0) {
        const double seconds = static_cast<double>(bytes) / static_cast<double>(options_.bytes_per_second);
        rate_kept_until_ = std::max(rate_kept_until_, now) +
                           std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
        until = std::max(until, rate_kept_until_);
    }
    if (until > now) co_await env::sleep_until(env_, until, stop);
}

// What a change of settings holds back may have reached one of them only.
bool Copier::is_fit() const {
    const NodeId& source = order_.source.id;
    const NodeId& target = order_.target.id;
    return !stop_.requested() && order_.holds() && writer_.at_rest(source, order_.index) &&
           writer_.at_rest(target, order_.index) && !writer_.debts().lacks(source, order_.index, order_.shards);
}

bool Copier::knows(const Mark& mark) const {
    return watch_.knows_since(mark.moment) && mark.releases == writer_.hints().releases();
}

Copier::Mark Copier::mark_now() const {
    return {.moment = watch_.now(),
            .releases = writer_.hints().releases(),
            .source_uid = writer_.link(order_.source.id).highest(),
            .target_uid = writer_.link(order_.target.id).highest()};
}

// Whoever has the lane has sent what he had to send: the nodes have all that is noted before the mark.
env::Task<std::optional<Copier::Mark>> Copier::take_mark() {
    const env::Lane::Pass pass = co_await writer_.lane(order_.index).enter();
    if (!is_fit()) co_return std::nullopt;
    co_return mark_now();
}

env::Task<bool> Copier::reached(Mark mark) {
    const std::optional<bool> source = co_await errands_.has_done(order_.source, order_.index, mark.source_uid);
    if (!source.value_or(false)) co_return false;
    const std::optional<bool> target = co_await errands_.has_done(order_.target, order_.index, mark.target_uid);
    co_return target.value_or(false);
}

// The newest mark that both are known to have reached. A younger one is on its way meanwhile.
env::Task<Copier::Ground> Copier::find_ground() {
    const env::Deadline deadline = env::Deadline::after(env_.clock, kPatience);
    for (int shifts = 0; !deadline.expired(env_.clock);) {
        if (ground_ && !knows(*ground_)) ground_.reset();
        if (ahead_ && !knows(*ahead_)) ahead_.reset(), ++shifts;
        if (shifts >= kShiftsMax) co_return Ground::Shifting;
        if (!ahead_) ahead_ = co_await take_mark();
        if (!ahead_) co_return Ground::Lost;
        const bool there = co_await reached(*ahead_);
        if (there) {
            ground_ = std::exchange(ahead_, std::nullopt);
            if (!knows(*ground_)) ++shifts;
        }
        if (ground_ && knows(*ground_)) co_return Ground::Firm;
        if (!there) co_await env::sleep_for(env_, kLookEvery, stop_);
        if (!is_fit()) co_return Ground::Lost;
    }
    co_return Ground::Lost;
}

// The lane, once both have worked off everything. Nothing: that takes too long, and others want to write.
env::Task<std::optional<env::Lane::Pass>> Copier::hold_still() {
    constexpr std::chrono::seconds kLongest{4};
    const std::chrono::nanoseconds longest = stillness_;
    stillness_ = std::min<std::chrono::nanoseconds>(kLongest, stillness_ * 2);
    env::Lane::Pass pass = co_await writer_.lane(order_.index).enter();
    const bool source = co_await errands_.drained(order_.source, order_.index, longest);
    if (!source) co_return std::nullopt;
    const bool target = co_await errands_.drained(order_.target, order_.index, longest);
    if (!target) co_return std::nullopt;
    ground_ = mark_now();
    co_return pass;
}

env::Task<Copier::Step> Copier::hold_where(bool alone, env::Lane::Pass& held) {
    if (!alone) co_return Step::Done;
    std::optional<env::Lane::Pass> pass = co_await hold_still();
    if (!is_fit()) co_return Step::GivenUp;
    if (!pass) co_return Step::Anew;
    held = *std::move(pass);
    co_return Step::Done;
}

// False: the index has lost its key.
bool Copier::add_documents(View& view, json::Array documents, bool target) const {
    const plan::IndexPtr index = catalog_.projected().find(order_.index);
    if (!index || !index->primary_key) return false;
    for (json::Value& document : documents) {
        if (!document.is_object()) continue;
        Result<std::string> id = protocol::document_id(document.object(), *index->primary_key);
        if (!id) continue;
        if (target) view.here[*std::move(id)] = digest_of(document);
        else view.there.emplace_back(*std::move(id), std::move(document));
    }
    return true;
}

// `bounds.to` and `last` say in the end how far it reaches: not farther than what was read of either.
env::Task<std::optional<Copier::View>> Copier::read_stretch(StretchBounds& bounds, bool& last) {
    View view;
    const plan::IndexPtr index = catalog_.projected().find(order_.index);
    if (!index) co_return std::nullopt;
    const std::size_t limit = pace_.page();
    json::Object ask_source = stretch_question(order_.shards, bounds, limit);
    std::size_t bytes = 0;
    std::optional<json::Array> there = co_await errands_.read(order_.source, index, std::move(ask_source), &bytes);
    if (!there) co_return std::nullopt;
    pace_.fit_page(there->size(), bytes);
    last = there->size() < limit;
    if (!last) bounds.to = stamp_of(there->back());
    json::Object ask_target = stretch_question(order_.shards, bounds, 2 * limit);
    std::optional<json::Array> here = co_await errands_.read(order_.target, index, std::move(ask_target));
    if (!here) co_return std::nullopt;
    if (here->size() == 2 * limit) {  // it has more than the source
        last = false;
        bounds.to = stamp_of(here->back());
        std::erase_if(*there, [&](const json::Value& document) { return stamp_of(document) > bounds.to; });
    }
    if (!last && bounds.to <= bounds.after) co_return std::nullopt;  // no way forward
    const bool good = add_documents(view, *std::move(there), false) && add_documents(view, *std::move(here), true);
    if (!good) co_return std::nullopt;
    co_return view;
}

env::Task<std::optional<Copier::View>> Copier::read_ids(std::vector<std::string> ids) {
    View view;
    const plan::IndexPtr index = catalog_.projected().find(order_.index);
    if (!index) co_return std::nullopt;
    json::Array list;
    for (std::string& id : ids) list.emplace_back(std::move(id));
    for (const bool target : {false, true}) {
        json::Object body{{"ids", list}, {"limit", list.size()}};
        std::optional<json::Array> page =
            co_await errands_.read(target ? order_.target : order_.source, index, std::move(body));
        const bool good = page && add_documents(view, *std::move(page), target);
        if (!good) co_return std::nullopt;
    }
    co_return view;
}

// What differs and was not written since the mark is known for good; what was written is put aside.
Copier::Differing Copier::compare(const View& view, const Mark& mark) {
    Differing out;
    const auto put_aside = [&](const std::string& id) {
        const bool touched = watch_.touched_since(mark.moment, id);
        if (touched) unsure_.insert(id);
        return touched;
    };
    std::unordered_set<std::string_view> known;
    for (const auto& [id, document] : view.there) {
        known.insert(id);
        if (put_aside(id)) continue;
        const auto here = view.here.find(id);
        if (here != view.here.end() && here->second == digest_of(document)) continue;
        out.lines += json::to_text(document) + "\n";
        out.ids.push_back(id);
    }
    for (const auto& [id, digest] : view.here) {
        if (known.contains(id) || put_aside(id)) continue;
        out.gone.emplace_back(id);
        out.ids.push_back(id);
    }
    return out;
}

// `alone`: the lane is held, and nobody has written since the mark.
env::Task<Copier::Step> Copier::settle(View view, Mark mark, env::Lane::Pass held, bool alone) {
    const env::Monotonic begun = env_.clock.now();
    if (!knows(mark)) co_return Step::Anew;
    Differing differing = compare(view, mark);
    if (unsure_.size() > kUnsureMax) co_return Step::GivenUp;
    if (differing.empty()) co_return Step::Done;
    const bool room = co_await await_pages(pace_.options().in_flight - 1);
    if (!room) co_return Step::GivenUp;
    if (!alone) {
        held = co_await writer_.lane(order_.index).enter();
        if (!is_fit()) co_return Step::GivenUp;
        if (!knows(mark)) co_return Step::Anew;
        differing = compare(view, mark);
    }
    if (differing.empty()) co_return Step::Done;
    const std::size_t bytes = differing.lines.size();
    for (const std::string& id : differing.ids) {
        if (changed_.size() < kChangedMax) changed_.insert(id);
        else many_changed_ = true;
    }
    const bool sent = co_await send(std::move(differing), mark.releases);
    held.give_back();
    if (!sent) co_return Step::GivenUp;
    co_await pace_.rest(bytes, begun, stop_);
    co_return Step::Done;
}

env::Task<bool> Copier::send(Differing differing, std::uint64_t releases) {
    const plan::IndexPtr index = catalog_.projected().find(order_.index);
    if (!index) co_return false;
    const std::string path = "/indexes/" + order_.index.value + "/documents";
    std::vector<NodeRequest> requests;
    const std::size_t replaced = differing.ids.size() - differing.gone.size();
    if (!differing.gone.empty()) {
        requests.push_back({.method = "POST",
                            .target = path + "/delete-batch",
                            .content_type = "application/json",
                            .body = json::to_text(json::Value(std::move(differing.gone)))});
    }
    if (!differing.lines.empty()) {
        pace_.count(replaced, differing.lines.size());
        requests.push_back({.method = "POST",
                            .target = path + "?primaryKey=" + index->primary_key.value_or(""),
                            .content_type = "application/x-ndjson",
                            .body = std::move(differing.lines)});
    }
    std::optional<Errands::Sent> sent = co_await errands_.send(order_.target, std::move(requests), releases);
    if (!sent) co_return false;
    sent_.push_back(*std::move(sent));
    co_return true;
}

// Until no more than so many pages are left that the target has not carried out.
env::Task<bool> Copier::await_pages(std::size_t left) {
    while (sent_.size() > left) {
        Errands::Sent first = std::move(sent_.front());
        sent_.pop_front();
        const bool good = co_await errands_.carried_out(order_.target, std::move(first), kPatience);
        if (!good) co_return false;
    }
    co_return true;
}

env::Task<Copier::Step> Copier::stretch(std::string& after, bool& last, bool alone) {
    env::Lane::Pass held;
    const Step still = co_await hold_where(alone, held);
    if (still != Step::Done) co_return still;
    const Mark mark = *ground_;
    StretchBounds bounds{.after = after, .to = {}};
    std::optional<View> view = co_await read_stretch(bounds, last);
    if (!view) {
        co_return pace_.shrink_page() ? Step::Anew : Step::GivenUp;
    }
    const Step step = co_await settle(*std::move(view), mark, std::move(held), alone);
    if (step == Step::Done && !last) after = bounds.to;
    co_return step;
}

// Everything once, from the beginning.
env::Task<bool> Copier::pass() {
    unsure_.clear();
    changed_.clear();
    many_changed_ = false;
    ground_.reset();  // what the last pass copied is to be seen by this one
    ahead_.reset();
    std::string after;
    int anew = 0;
    for (bool last = false; !last;) {
        const Ground ground = co_await find_ground();
        if (ground == Ground::Lost) co_return false;
        const bool alone = ground == Ground::Shifting || anew >= kShiftsMax;
        const Step step = co_await stretch(after, last, alone);
        anew = step == Step::Anew ? anew + 1 : 0;
        if (step == Step::GivenUp || anew > kAnewMax) co_return false;
        last = last && step == Step::Done;
    }
    co_return co_await await_pages(0);
}

env::Task<Copier::Step> Copier::look_at(std::vector<std::string> ids, bool alone) {
    env::Lane::Pass held;
    const Step still = co_await hold_where(alone, held);
    if (still != Step::Done) co_return still;
    const Mark mark = *ground_;
    std::optional<View> view = co_await read_ids(std::move(ids));
    if (!view) co_return pace_.shrink_page() ? Step::Anew : Step::GivenUp;
    co_return co_await settle(*std::move(view), mark, std::move(held), alone);
}

// What was written or copied while it was looked at, document by document, until nothing of it is left.
env::Task<bool> Copier::look_again() {
    for (int i = 0; i < kLooksMax; ++i) {
        std::vector<std::string> ids(unsure_.begin(), unsure_.end());
        if (order_.once_more) std::ranges::set_difference(changed_, unsure_, std::back_inserter(ids));
        unsure_.clear();
        changed_.clear();
        if (ids.empty()) co_return true;
        ground_.reset();
        ahead_.reset();
        const Ground ground = co_await find_ground();
        if (ground == Ground::Lost) co_return false;
        const bool alone = ground == Ground::Shifting || (i >= kLooksTogether && ids.size() <= kIdsAlone);
        const std::size_t some = std::min(alone ? kIdsAlone : kIdsAtOnce, pace_.page());
        for (std::size_t at = 0; at < ids.size(); at += some) {
            const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), at + some));
            std::vector<std::string> part(ids.begin() + static_cast<std::ptrdiff_t>(at), end);
            const Step step = co_await look_at(part, alone);
            if (step == Step::GivenUp) co_return false;
            if (step == Step::Anew) unsure_.insert(part.begin(), part.end());
        }
        const bool done = co_await await_pages(0);
        if (!done) co_return false;
        if (alone) changed_.clear();  // copied while nobody wrote, and carried out
    }
    co_return false;
}

env::Task<bool> Copier::run() {
    const plan::IndexPtr index = catalog_.projected().find(order_.index);
    if (!index) co_return false;
    if (!index->primary_key) co_return true;  // it has no documents
    const bool source_known = co_await errands_.learn_tasks(order_.source);
    if (!source_known) co_return false;
    const bool target_known = co_await errands_.learn_tasks(order_.target);
    if (!target_known) co_return false;
    for (int i = 0; i < kPassesMax; ++i) {
        const bool whole = co_await pass();
        if (!whole) co_return false;
        if (many_changed_ && order_.once_more) continue;
        co_return co_await look_again();
    }
    env_.log.warn("quorum", "a node does not come to equal its replica; it is tried again",
                  {{"node", order_.target.id.value}, {"index", order_.index.value}});
    co_return false;
}

}  // namespace miroir::quorum

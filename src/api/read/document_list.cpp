#include "api/read/document_list.h"

#include <algorithm>

#include "api/read/page_ends.h"
#include "cluster/reserved.h"
#include "json/write.h"
#include "plan/documents_plan.h"

namespace miroir::api {
namespace {

using merge::DocumentsAnswer;
using plan::DocumentStretch;
using protocol::DocumentsQuery;

// So many documents before a page are read rather than passed over by another round.
constexpr std::uint64_t kNear = 128;
// A page begins near where another ended, or is looked for.
constexpr std::uint64_t kReach = 2 * kNear;
// Each round comes nearer by about the square root of what is left.
constexpr int kRoundsMost = 6;

// One list being asked for, piece by piece.
struct Listing {
    RoundPlace place;
    DocumentsQuery query;
    std::uint64_t name = 0;  // of the list, among those of which ends are known
};

struct Stretch {
    std::vector<DocumentsAnswer> answers;
    std::vector<std::size_t> shards;  // beside `answers`: how many each is about
    std::vector<ShardId> missing;
    std::optional<http::Reply> refusal;

    bool all_answered() const { return missing.empty() && !refusal; }
    std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const DocumentsAnswer& answer : answers) sum += answer.total();
        return sum;
    }
};

using StretchOf = std::function<DocumentStretch(const cluster::CoverPart&)>;

env::Task<Result<Stretch>> read_stretch(const Listing& listing, StretchOf stretch_of) {
    Stretch out;
    const plan::IndexPtr index = listing.place.index;
    const CallOf call_of = [&](const cluster::CoverPart& part) {
        return plan::documents_call(*index, part, listing.query, stretch_of(part));
    };
    const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
        const cluster::CoverPart part{.node = answered.call.node, .shards = answered.call.shards};
        const DocumentStretch stretch = stretch_of(part);
        MIROIR_TRY(DocumentsAnswer answer,
                   DocumentsAnswer::read(std::move(answered.reply.body), stretch.limit,
                                         stretch.own_order ? cluster::kStampField : std::string_view()));
        out.answers.push_back(std::move(answer));
        out.shards.push_back(part.shards.size());
        return {};
    };
    MIROIR_CO_TRY(Round round, co_await ask_everywhere(listing.place, call_of, accept));
    out.missing = std::move(round.missing);
    out.refusal = std::move(round.refusal);
    co_return out;
}

env::Task<Result<Stretch>> read_same(const Listing& listing, DocumentStretch stretch) {
    const StretchOf same = [&stretch](const cluster::CoverPart&) { return stretch; };
    co_return co_await read_stretch(listing, same);
}

env::Task<Result<Stretch>> count_all(const Listing& listing) {
    const DocumentStretch nothing{.limit = 0, .keys_only = true};
    co_return co_await read_same(listing, nothing);
}

// Of each node its likely share of the first `stretch.limit` documents.
env::Task<Result<Stretch>> read_shares(const Listing& listing, DocumentStretch stretch) {
    const StretchOf share_of = [&](const cluster::CoverPart& part) {
        DocumentStretch share = stretch;
        share.limit = plan::likely_share(stretch.limit, part.shards.size(), listing.place.index->shards);
        return share;
    };
    co_return co_await read_stretch(listing, share_of);
}

DocumentPage page_of(Stretch read, std::uint64_t skip, std::uint64_t take) {
    DocumentPage page;
    page.total = read.total();
    page.answers = std::move(read.answers);
    page.missing = std::move(read.missing);
    page.refusal = std::move(read.refusal);
    page.documents = merge::merge_documents(page.answers, skip, take);
    return page;
}

bool is_whole(const DocumentPage& page, std::uint64_t take) {
    return page.refusal || merge::is_complete(page.answers, page.documents, take);
}

// The documents from `skip` on of those that the stretch begins with.
env::Task<Result<DocumentPage>> read_documents(const Listing& listing, DocumentStretch stretch, std::uint64_t skip) {
    const std::uint64_t take = listing.query.limit;
    stretch.limit = take == 0 ? 0 : skip > UINT64_MAX - take ? UINT64_MAX : skip + take;
    MIROIR_CO_TRY(Stretch likely, co_await read_shares(listing, stretch));
    DocumentPage page = page_of(std::move(likely), skip, take);
    if (is_whole(page, take)) co_return page;
    MIROIR_CO_TRY(Stretch all, co_await read_same(listing, stretch));
    co_return page_of(std::move(all), skip, take);
}

using MaybePage = std::optional<DocumentPage>;

std::string stamp_before(std::span<const DocumentsAnswer> answers, std::uint64_t skip) {
    if (skip == 0) return {};
    const auto before = merge::merge_documents(answers, skip - 1, 1);
    return before.empty() ? std::string() : std::string(merge::stamp_of(before.front()->key));
}

// The documents of a page of which the keys are known.
env::Task<Result<MaybePage>> read_shown(const Listing& listing, const Stretch& keys, std::uint64_t skip) {
    const std::uint64_t take = listing.query.limit;
    const auto shown = merge::merge_documents(keys.answers, skip, take);
    if (shown.empty() || !merge::is_complete(keys.answers, shown, take)) co_return std::nullopt;
    const DocumentStretch exactly{.limit = shown.size(),
                                  .from = std::string(merge::stamp_of(shown.front()->key)),
                                  .through = std::string(merge::stamp_of(shown.back()->key))};
    MIROIR_CO_TRY(Stretch read, co_await read_same(listing, exactly));
    DocumentPage page = page_of(std::move(read), 0, take);
    const bool whole = !page.refusal && page.missing.empty() && page.documents.size() == shown.size();
    if (!whole) co_return std::nullopt;  // something came or went meanwhile
    co_return page;
}

// How many documents lie behind the stamp, and how many there are, tells how many lie before it now.
struct Behind {
    Stretch read;
    std::uint64_t total = 0;
    std::uint64_t skip = 0;  // documents between the stamp and the page
};

using MaybeBehind = std::optional<Behind>;

PageEnds& ends_of(const Listing& listing) { return *listing.place.desk.options().page_ends; }
env::Monotonic now(const Listing& listing) { return listing.place.desk.env().clock.now(); }

MaybeBehind behind_of(const Listing& listing, Stretch read, std::uint64_t total) {
    const std::uint64_t offset = listing.query.offset, rest = read.total();
    if (!read.all_answered() || rest > total || total - rest > offset) return std::nullopt;
    return Behind{.read = std::move(read), .total = total, .skip = offset - (total - rest)};
}

// With a count of a moment ago: nothing where it does not say that as many lie before the page as then.
env::Task<Result<MaybeBehind>> read_as_counted(const Listing& listing, DocumentStretch stretch, std::uint64_t likely) {
    const auto total = ends_of(listing).counted(listing.name, listing.place.index->epoch, now(listing));
    if (!total) co_return std::nullopt;
    MIROIR_CO_TRY(Stretch read, co_await read_shares(listing, std::move(stretch)));
    MaybeBehind behind = behind_of(listing, std::move(read), *total);
    if (behind && behind->skip != likely) co_return std::nullopt;
    co_return behind;
}

env::Task<Result<MaybeBehind>> count_and_read(const Listing& listing, DocumentStretch stretch) {
    std::vector<env::Task<Result<Stretch>>> both;
    both.push_back(count_all(listing));
    both.push_back(read_shares(listing, std::move(stretch)));
    auto read = co_await env::gather(listing.place.desk.env().executor, std::move(both));
    MIROIR_CO_TRY(const Stretch counted, std::move(read[0]));
    MIROIR_CO_TRY(Stretch behind, std::move(read[1]));
    if (!counted.all_answered()) co_return std::nullopt;
    co_return behind_of(listing, std::move(behind), counted.total());
}

// The page, from a place before it: its `offset` is what it was once, when a page was there, or a guess.
env::Task<Result<MaybePage>> read_behind(const Listing& listing, PageEnds::End end, bool was_there) {
    const std::uint64_t take = listing.query.limit;
    const std::uint64_t likely = listing.query.offset - std::min(end.offset, listing.query.offset);
    DocumentStretch stretch{.limit = likely + take, .after = end.stamp, .keys_only = likely > kNear / 2 + take};
    MaybeBehind behind;
    if (was_there) {
        MIROIR_CO_TRY(behind, co_await read_as_counted(listing, stretch, likely));
    }
    if (!behind) {
        MIROIR_CO_TRY(behind, co_await count_and_read(listing, stretch));
    }
    if (!behind || behind->skip > kReach + likely) co_return std::nullopt;
    const auto shows_all = [&] {
        const auto& answers = behind->read.answers;
        return merge::is_complete(answers, merge::merge_documents(answers, behind->skip, take), take);
    };
    if (!shows_all()) {  // one node has more of it than is likely
        stretch.limit = behind->skip + take;
        MIROIR_CO_TRY(behind->read, co_await read_same(listing, stretch));
        if (!behind->read.all_answered() || !shows_all()) co_return std::nullopt;
    }
    const PageEnds::End place{.offset = listing.query.offset - behind->skip, .stamp = end.stamp};
    ends_of(listing).note(listing.name, place);
    std::string before = stamp_before(behind->read.answers, behind->skip);
    MaybePage page;
    if (stretch.keys_only) {
        MIROIR_CO_TRY(page, co_await read_shown(listing, behind->read, behind->skip));
    } else {
        page = page_of(std::move(behind->read), behind->skip, take);
    }
    if (page) {
        page->total = behind->total;
        page->before = std::move(before);
    }
    co_return page;
}

// What a round found a little nearer to the page.
struct Nearer {
    Stretch probed;
    std::uint64_t passed = 0;  // at most so many documents lie between the two places,
    std::uint64_t spread = 0;  // and hardly so many fewer
    std::optional<std::string> stamp{};
};

// Of each node the stamp of one document, a little before its share of the distance: the earliest of them is taken.
env::Task<Result<Nearer>> go_nearer(const Listing& listing, std::optional<std::string> stamp, std::uint64_t distance,
                                    bool own_order) {
    const auto share_of = [&](std::size_t shards) {
        plan::SureShare share = plan::sure_share(distance, shards, listing.place.index->shards);
        share.documents = std::max<std::uint64_t>(share.documents, 1);
        return share;
    };
    const StretchOf place = [&](const cluster::CoverPart& part) {
        return DocumentStretch{.offset = share_of(part.shards.size()).documents - 1,
                               .limit = 1,
                               .after = stamp,
                               .keys_only = true,
                               .own_order = own_order};
    };
    Nearer out;
    MIROIR_CO_TRY(out.probed, co_await read_stretch(listing, place));
    for (std::size_t i = 0; i < out.probed.answers.size(); ++i) {
        const DocumentsAnswer& answer = out.probed.answers[i];
        const plan::SureShare share = share_of(out.probed.shards[i]);
        out.passed += share.documents;
        out.spread += share.spread;
        if (answer.documents().empty()) continue;
        std::string found(merge::stamp_of(answer.documents().front().key));
        if (!out.stamp || found < *out.stamp) out.stamp = std::move(found);
    }
    co_return out;
}

// Looks for a place near the page and reads from there. What lies behind a place tells whether it is before the page,
// so that the order in which nodes keep their documents, which is nearly that of the stamps, may be wrong.
env::Task<Result<MaybePage>> read_far(const Listing& listing, bool own_order) {
    const std::uint64_t offset = listing.query.offset;
    PageEnds::End place;  // none: the beginning
    std::uint64_t total = 0, distance = offset, spread = 0;
    std::optional<std::string> stamp;
    for (int round = 0; round < kRoundsMost && distance > kNear; ++round) {
        MIROIR_CO_TRY(Nearer nearer, co_await go_nearer(listing, stamp, distance, own_order));
        if (!nearer.probed.all_answered()) co_return std::nullopt;
        const std::uint64_t behind = nearer.probed.total();
        if (round == 0) total = behind;
        if (offset >= total) co_return page_of(std::move(nearer.probed), 0, 0);
        if (behind > total || total - behind > offset || !nearer.stamp) co_return std::nullopt;
        stamp = place.stamp = *std::move(nearer.stamp);
        place.offset = std::min(offset, total - behind + nearer.passed);
        spread = nearer.spread;
        const std::uint64_t before = std::exchange(distance, offset - place.offset);
        if (distance > before / 2) break;
    }
    if (!stamp) co_return std::nullopt;
    place.offset -= std::min(spread, place.offset);
    co_return co_await read_behind(listing, std::move(place), false);
}

env::Task<Result<DocumentPage>> find_page(const Listing& listing) {
    const DocumentsQuery& query = listing.query;
    const bool bounded = query.limit <= UINT64_MAX / 2 && query.offset <= UINT64_MAX / 2;
    if (plan::by_insertion(query) && query.limit > 0 && bounded) {
        if (auto end = ends_of(listing).last_before(listing.name, query.offset, kReach)) {
            MIROIR_CO_TRY(MaybePage behind, co_await read_behind(listing, *std::move(end), true));
            if (behind) co_return *std::move(behind);
        }
        if (plan::is_far(query)) {
            for (const bool own_order : {true, false}) {
                MIROIR_CO_TRY(MaybePage far, co_await read_far(listing, own_order));
                if (far) co_return *std::move(far);
            }
        }
    }
    const DocumentStretch from_the_first;
    co_return co_await read_documents(listing, from_the_first, query.offset);
}

std::uint64_t name_of(const plan::IndexEntry& index, const DocumentsQuery& query) {
    std::string text = index.uid.value + " " + std::to_string(index.created_at_ns);
    if (query.filter) text += " " + json::to_text(*query.filter);
    for (const std::string& id : query.ids.value_or(std::vector<std::string>())) text += " id " + id;
    return std::hash<std::string>()(text);
}

}  // namespace

env::Task<Result<DocumentPage>> read_page(RoundPlace place, DocumentsQuery query) {
    const std::uint64_t name = name_of(*place.index, query);
    const Listing listing{.place = std::move(place), .query = std::move(query), .name = name};
    const env::Monotonic asked_at = now(listing);
    MIROIR_CO_TRY(DocumentPage page, co_await find_page(listing));
    const bool told = !page.refusal && page.missing.empty() && !page.documents.empty();
    if (told && plan::by_insertion(listing.query)) {
        PageEnds& ends = ends_of(listing);
        const std::uint64_t offset = listing.query.offset;
        PageEnds::End last{.offset = offset + page.documents.size(),
                           .stamp = std::string(merge::stamp_of(page.documents.back()->key))};
        PageEnds::End first{.offset = offset, .stamp = std::move(page.before)};
        if (!last.stamp.empty()) ends.note(name, std::move(last));
        if (!first.stamp.empty()) ends.note(name, std::move(first));
        const std::uint64_t epoch = listing.place.index->epoch;
        if (ends.counted(name, epoch, asked_at) != page.total)  // else it may be that very count
            ends.note(name, PageEnds::Count{.epoch = epoch, .documents = page.total, .at = asked_at});
    }
    co_return page;
}

}  // namespace miroir::api

#include "api/read/document_list.h"

#include <algorithm>

#include "api/read/page_ends.h"
#include "json/write.h"
#include "plan/documents_plan.h"

namespace miroir::api {
namespace {

using merge::DocumentsAnswer;
using plan::DocumentStretch;
using protocol::DocumentsQuery;

// Where a page may begin to be read: so many documents before it are worth less than looking for a better place.
constexpr std::uint64_t kReach = plan::kFarOffset;

// One list being asked for, piece by piece.
struct Listing {
    RoundPlace place;
    DocumentsQuery query;
    std::uint64_t name = 0;  // of the list, among those of which ends are known
};

struct Stretch {
    std::vector<DocumentsAnswer> answers;
    std::vector<cluster::NodeIndex> nodes;  // beside `answers`
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
        MIROIR_TRY(DocumentsAnswer answer,
                   DocumentsAnswer::read(std::move(answered.reply.body), stretch_of(part).limit));
        out.answers.push_back(std::move(answer));
        out.nodes.push_back(answered.call.node);
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

// How many documents lie behind the stamp, and how many there are, tells how many lie before it: only when that is what
// it was, or less than before the page, the page can begin there.
env::Task<Result<MaybePage>> read_behind(const Listing& listing, PageEnds::End end) {
    const std::uint64_t offset = listing.query.offset;
    const std::uint64_t wanted = offset - end.offset + listing.query.limit;
    const DocumentStretch from_there{.limit = wanted, .after = end.stamp};
    std::vector<env::Task<Result<Stretch>>> both;
    both.push_back(count_all(listing));
    both.push_back(read_shares(listing, from_there));
    auto read = co_await env::gather(listing.place.desk.env().executor, std::move(both));
    MIROIR_CO_TRY(const Stretch counted, std::move(read[0]));
    MIROIR_CO_TRY(Stretch behind, std::move(read[1]));
    const std::uint64_t total = counted.total();
    if (!counted.all_answered() || !behind.all_answered() || behind.total() > total) co_return std::nullopt;
    const std::uint64_t rank = total - behind.total();
    if (rank < end.offset || rank > offset) co_return std::nullopt;  // documents came or went before it
    DocumentPage page = page_of(std::move(behind), offset - rank, listing.query.limit);
    if (!is_whole(page, listing.query.limit)) co_return std::nullopt;
    page.total = total;
    co_return page;
}

// A stamp that all but surely lies a little before the page: the earliest of what the nodes have there.
env::Task<Result<std::optional<std::string>>> probe(const Listing& listing, const Stretch& counted) {
    const StretchOf place = [&](const cluster::CoverPart& part) {
        std::uint64_t own = 0;
        for (std::size_t i = 0; i < counted.nodes.size(); ++i)
            own += counted.nodes[i] == part.node ? counted.answers[i].total() : 0;
        return DocumentStretch{
            .offset = plan::probe_offset(listing.query.offset, own, counted.total()), .limit = 1, .keys_only = true};
    };
    MIROIR_CO_TRY(const Stretch probed, co_await read_stretch(listing, place));
    std::optional<std::string> earliest;
    for (const DocumentsAnswer& answer : probed.answers) {
        if (answer.documents().empty()) continue;
        std::string stamp(merge::stamp_of(answer.documents().front().key));
        if (!earliest || stamp < *earliest) earliest = std::move(stamp);
    }
    co_return earliest;
}

// Short rounds instead of the whole prefix: how many documents each node has, a stamp a little before the page, the
// stamps from there on, and then only what the page shows.
env::Task<Result<MaybePage>> read_far(const Listing& listing) {
    const std::uint64_t offset = listing.query.offset, take = listing.query.limit;
    MIROIR_CO_TRY(Stretch counted, co_await count_all(listing));
    const std::uint64_t total = counted.total();
    if (!counted.all_answered()) co_return std::nullopt;
    if (offset >= total) co_return page_of(std::move(counted), 0, 0);
    MIROIR_CO_TRY(const std::optional<std::string> from, co_await probe(listing, counted));
    if (!from) co_return std::nullopt;
    const std::uint64_t slack = plan::probe_slack(offset, counted.nodes.size());
    const DocumentStretch keys{.limit = slack + std::min(take, total), .from = from, .keys_only = true};
    MIROIR_CO_TRY(const Stretch near, co_await read_shares(listing, keys));
    if (!near.all_answered() || near.total() > total || total - near.total() > offset) co_return std::nullopt;
    const std::uint64_t skip = offset - (total - near.total());
    const auto shown = merge::merge_documents(near.answers, skip, take);
    DocumentPage page;
    if (!shown.empty() && merge::is_complete(near.answers, shown, take)) {
        const DocumentStretch exactly{.limit = shown.size(),
                                      .from = std::string(merge::stamp_of(shown.front()->key)),
                                      .through = std::string(merge::stamp_of(shown.back()->key))};
        MIROIR_CO_TRY(Stretch read, co_await read_same(listing, exactly));
        page = page_of(std::move(read), 0, take);
    }
    if (page.refusal || !page.missing.empty()) co_return std::nullopt;
    if (page.documents.size() != shown.size() || shown.empty()) {  // something came or went meanwhile
        const DocumentStretch from_stamp{.from = from};
        MIROIR_CO_TRY(page, co_await read_documents(listing, from_stamp, skip));
        if (page.refusal || !page.missing.empty()) co_return std::nullopt;
    }
    page.total = total;
    co_return page;
}

env::Task<Result<DocumentPage>> find_page(const Listing& listing) {
    const DocumentsQuery& query = listing.query;
    const bool bounded = query.limit <= UINT64_MAX / 2 && query.offset <= UINT64_MAX / 2;
    if (plan::by_insertion(query) && query.limit > 0 && bounded) {
        const PageEnds& ends = *listing.place.desk.options().page_ends;
        if (auto end = ends.last_before(listing.name, query.offset, kReach)) {
            MIROIR_CO_TRY(MaybePage behind, co_await read_behind(listing, *std::move(end)));
            if (behind) co_return *std::move(behind);
        }
        if (plan::is_far(query)) {
            MIROIR_CO_TRY(MaybePage far, co_await read_far(listing));
            if (far) co_return *std::move(far);
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
    MIROIR_CO_TRY(DocumentPage page, co_await find_page(listing));
    const bool ends_somewhere = !page.refusal && page.missing.empty() && !page.documents.empty();
    if (ends_somewhere && plan::by_insertion(listing.query)) {
        const std::string_view stamp = merge::stamp_of(page.documents.back()->key);
        PageEnds::End end{.offset = listing.query.offset + page.documents.size(), .stamp = std::string(stamp)};
        if (!stamp.empty()) listing.place.desk.options().page_ends->note(listing.name, std::move(end));
    }
    co_return page;
}

}  // namespace miroir::api

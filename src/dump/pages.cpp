#include "dump/pages.h"

#include "api/read/cover_round.h"
#include "cluster/reserved.h"
#include "merge/document_merge.h"
#include "merge/hit_bytes.h"
#include "plan/documents_plan.h"

namespace miroir::dump {
namespace {

constexpr std::uint64_t kSmallestPage = 10;
constexpr std::uint64_t kLargestPage = 2'000;
constexpr std::uint64_t kPageOfTies = 200'000;
constexpr std::size_t kBytesWanted = 4u << 20;  // of one node's page
constexpr std::chrono::nanoseconds kPatience = std::chrono::minutes(2);
// As it was given: only what came for the merge is dropped.
const merge::HitShape kWhole{.score = true, .details = true, .drop_field = "_federation"};

// Pages of a few megabytes, whatever the documents weigh.
std::uint64_t better_page(std::uint64_t page, std::size_t largest) {
    if (largest > 2 * kBytesWanted) return std::max(kSmallestPage, page / 2);
    if (largest < kBytesWanted / 2) return std::min(kLargestPage, page * 2);
    return page;
}

}  // namespace

Pages::Pages(api::Desk& desk, plan::IndexPtr index, std::optional<json::Value> filter)
    : desk_(desk), index_(std::move(index)), filter_(std::move(filter)), cursor_(cluster::stamp_text(0)) {}

env::Task<Result<std::string>> Pages::next() {
    std::string lines;
    while (lines.empty() && !ended_) {
        protocol::DocumentsQuery query;
        query.retrieve_vectors = true;
        query.filter = filter_;
        const api::CallOf call_of = [&](const cluster::CoverPart& part) {
            return plan::documents_call(*index_, part, query, {.limit = page_, .from = cursor_});
        };
        std::vector<merge::DocumentsAnswer> answers;
        std::size_t largest = 0;
        const scatter::Accept accept = [&](scatter::Answered& answered) -> Result<void> {
            if (answered.reply.status != 200) return {};
            largest = std::max(largest, answered.reply.body.size());
            MIROIR_TRY(merge::DocumentsAnswer answer, merge::DocumentsAnswer::read(std::move(answered.reply.body)));
            answers.push_back(std::move(answer));
            return {};
        };
        api::RoundPlace place{.desk = desk_, .topology = desk_.topology(), .index = index_, .call = {}};
        place.call.deadline = env::Deadline::after(desk_.env().clock, kPatience);
        const Result<api::Round> round = co_await api::ask_everywhere(place, call_of, accept);
        if (!round) co_return fail(round.error());
        if (round->refusal)
            co_return fail(ErrorCode::MiroirNodeBadReply, "a node refused to give documents: " + round->refusal->body);
        if (!round->missing.empty()) co_return fail(api::shards_unavailable(round->missing));

        // Beyond the last document of a full page the node may have more: what lies before is complete.
        std::optional<std::string> cut;
        for (const merge::DocumentsAnswer& answer : answers) {
            if (answer.documents().size() < page_) continue;
            std::string last(merge::stamp_of(answer.documents().back().key));
            if (!cut || last < *cut) cut = std::move(last);
        }
        for (const merge::ListedDocument* document : merge::merge_documents(answers, 0, UINT64_MAX)) {
            if (cut && merge::stamp_of(document->key) >= *cut) break;
            if (!merge::append_hit(lines, document->bytes, kWhole))
                co_return fail(ErrorCode::MiroirNodeBadReply, "a node gave what is no document");
            lines += '\n';
            ++documents_;
        }
        ended_ = !cut;
        if (lines.empty() && cut && *cut == cursor_) {  // more of one stamp than fit a page
            if (page_ >= kPageOfTies) co_return fail(ErrorCode::MiroirInternalError, "too many documents of one stamp");
            page_ *= 2;
            continue;
        }
        if (cut) cursor_ = *std::move(cut);
        page_ = better_page(page_, largest);
    }
    co_return lines;
}

}  // namespace miroir::dump

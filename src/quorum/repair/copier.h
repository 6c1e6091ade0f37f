// Brings shards of one index from a replica to a node that lacks them, while both get all writes in one order. Stretch
// by stretch the two are read without holding anybody up, each no earlier than at a mark: a place in the order of
// writes that both had reached. What was written since the mark is looked at again later; what else differs is
// replaced, or deleted, under the lane of the index, which is held only until the node has taken the page. In the end
// what was written or copied meanwhile is compared once more, document by document. Only where writes come that may
// concern any document, or one document is written all the time, it is looked at while nobody writes. One executor.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <unordered_map>

#include "quorum/repair/errands.h"
#include "quorum/repair/stretches.h"
#include "quorum/turns/courtesy.h"

namespace miroir::quorum {

// Since the process started.
struct Copied {
    std::uint64_t documents = 0;
    std::uint64_t bytes = 0;
};

struct CopyOptions {
    std::size_t page = 1000;             // documents of one stretch, at most
    std::size_t page_bytes = 2 << 20;    // about; fewer documents are asked for where they are large
    std::size_t in_flight = 3;           // pages that the node has not carried out yet
    std::uint64_t bytes_per_second = 0;  // that are copied, by all; 0: as fast as it goes
    CourtesyOptions courtesy{};
    // What searches take on nodes of late; nothing: nobody searches.
    std::function<std::optional<std::chrono::nanoseconds>(env::Monotonic now)> searches{};
};

// What those who copy side by side share.
class CopyPace {
public:
    CopyPace(env::Env env, CopyOptions options)
        : env_(env), options_(std::move(options)), page_(options_.page), courtesy_(options_.courtesy) {}
    const CopyOptions& options() const { return options_; }
    const Copied& copied() const { return copied_; }
    std::size_t page() const { return page_; }
    void fit_page(std::size_t documents, std::size_t bytes);
    bool shrink_page();  // false: it is as small as it gets
    void count(std::size_t documents, std::size_t bytes);
    // After a page of so many bytes that was begun then: as long as the rate and those who search ask for.
    env::Task<void> rest(std::size_t bytes, env::Monotonic begun, env::Cancel stop);

private:
    env::Env env_;
    CopyOptions options_;
    std::size_t page_;
    Copied copied_;
    env::Monotonic rate_kept_until_{};
    Courtesy courtesy_;
};

struct CopyOrder {
    cluster::Node source, target;
    IndexUid index;
    std::vector<ShardId> shards;
    bool once_more = true;        // what was copied is compared once more
    std::function<bool()> holds;  // it is still to be done, and the source still gives them
};

class Copier {
public:
    Copier(env::Env env, CatalogBook& catalog, Writer& writer, Errands& errands, CopyPace& pace, env::Cancel stop,
           CopyOrder order)
        : env_(env),
          catalog_(catalog),
          writer_(writer),
          errands_(errands),
          pace_(pace),
          stop_(std::move(stop)),
          order_(std::move(order)),
          watch_(writer.touches().watch(order_.index)) {}

    // True: the target has of these shards what the source has, and keeps it so by the writes that both get.
    env::Task<bool> run();

private:
    struct Mark {
        Touches::Moment moment = 0;
        std::uint64_t releases = 0;                           // of hints
        std::optional<std::uint64_t> source_uid, target_uid;  // of the last tasks before it
    };
    enum class Ground : std::uint8_t { Firm, Shifting, Lost };  // Shifting: writes come that may concern any document
    // A part of both, as read.
    struct View {
        std::vector<std::pair<std::string, json::Value>> there;  // of the source, in its order
        std::unordered_map<std::string, std::uint64_t> here;     // of the target: digests
    };
    struct Differing {
        std::string lines;  // to be replaced
        json::Array gone;
        std::vector<std::string> ids;  // of both
        bool empty() const { return ids.empty(); }
    };
    enum class Step : std::uint8_t { Done, Anew, GivenUp };  // Anew: too much was written meanwhile

    bool is_fit() const;
    bool knows(const Mark& mark) const;
    Mark mark_now() const;
    env::Task<std::optional<Mark>> take_mark();
    env::Task<bool> reached(Mark mark);
    env::Task<Ground> find_ground();
    env::Task<std::optional<env::Lane::Pass>> hold_still();
    env::Task<Step> hold_where(bool alone, env::Lane::Pass& held);
    env::Task<std::optional<View>> read_stretch(StretchBounds& bounds, bool& last);
    env::Task<std::optional<View>> read_ids(std::vector<std::string> ids);
    bool add_documents(View& view, json::Array documents, bool target) const;
    Differing compare(const View& view, const Mark& mark);
    env::Task<Step> settle(View view, Mark mark, env::Lane::Pass held, bool alone);
    env::Task<bool> pass();
    env::Task<Step> stretch(std::string& after, bool& last, bool alone);
    env::Task<bool> look_again();
    env::Task<Step> look_at(std::vector<std::string> ids, bool alone);
    env::Task<bool> send(Differing differing, std::uint64_t releases);
    env::Task<bool> await_pages(std::size_t left);

    env::Env env_;
    CatalogBook& catalog_;
    Writer& writer_;
    Errands& errands_;
    CopyPace& pace_;
    env::Cancel stop_;
    CopyOrder order_;
    Touches::Watch watch_;
    std::optional<Mark> ground_;     // both nodes have reached it
    std::optional<Mark> ahead_;      // they are on their way there
    std::set<std::string> unsure_;   // written while they were looked at
    std::set<std::string> changed_;  // copied or deleted
    bool many_changed_ = false;      // more than are kept
    std::deque<Errands::Sent> sent_;
    std::chrono::nanoseconds stillness_{std::chrono::milliseconds(250)};  // writers wait; more each time
};

}  // namespace miroir::quorum

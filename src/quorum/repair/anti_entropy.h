// Compares the copies of every shard from time to time, whatever is known of them, and repairs what hints and debts did
// not: copies that somebody changed behind Miroir's back, documents without or with a wrong reserved field, copies left
// behind on nodes that ought to have none. An index whose nodes say that nothing has changed since it was last found
// equal is passed over. Otherwise copies are read stretch by stretch of the stamp without holding anybody up, and only
// numbers and sums are compared; what differs is looked at again, document by document, under the order of writes with
// all nodes at rest, and decided by an arbiter who knows of deletions. Keeps to its share of CPU. One executor.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quorum/repair/census.h"
#include "quorum/repair/comparing.h"
#include "quorum/repair/errands.h"

namespace miroir::quorum {

struct AntiEntropyOptions {
    bool enabled = true;
    std::chrono::nanoseconds every = std::chrono::hours(6);
    std::uint32_t shards_per_pass = 0;  // 0: all
    std::size_t at_once = 2;            // units that are compared side by side
    std::size_t page = 1000;
    double cpu_percent = 2;  // of one core, of nodes and Miroir together
    bool auto_repair = true;
    std::chrono::nanoseconds second_look = std::chrono::milliseconds(500);
    env::Metrics* metrics = &env::no_metrics();
};

struct Finding {
    std::int64_t at_ms = 0;  // wall time
    IndexUid index;
    std::string document;  // or empty: of many
    NodeId node;           // whose copy was wrong; empty: nobody knows
    std::string what;
    bool repaired = false;
};

class AntiEntropy {
public:
    // The stamp of a document that nobody has stamped.
    using NextStamp = std::function<std::uint64_t(const IndexUid& index, const std::string& id)>;

    AntiEntropy(env::Env env, tasks::Store& store, const tasks::TaskBook& tasks, CatalogBook& catalog, Writer& writer,
                Errands& errands, Census& census, NextStamp next_stamp, AntiEntropyOptions options)
        : env_(env),
          store_(store),
          tasks_(tasks),
          catalog_(catalog),
          writer_(writer),
          errands_(errands),
          census_(census),
          next_stamp_(std::move(next_stamp)),
          options_(options) {}

    env::Task<void> run(std::function<cluster::TopologyPtr()> topology, env::Cancel stop);
    void begin_pass() { wanted_ = true; }  // soon, whatever the schedule says

    struct Status {
        bool running = false;
        std::uint64_t passes = 0;  // since the process started, like all that follows
        std::uint64_t shards_scanned = 0, shards_passed_over = 0, documents_read = 0;
        std::uint64_t mismatches = 0, repaired = 0, undecided = 0;
        std::size_t units = 0, units_done = 0;  // of the pass
        std::uint64_t shards_not_compared = 0;  // of the last pass: their nodes were away
        std::uint64_t mismatches_last = 0;      // of the last pass
        std::int64_t last_completed_ms = 0;     // wall time; 0: never
        std::chrono::nanoseconds last_duration{0};
        std::deque<Finding> findings;  // the latest
    };
    const Status& status() const { return status_; }
    const AntiEntropyOptions& options() const { return options_; }

private:
    // From when an index is begun until all its shards have been compared.
    struct Round {
        std::uint64_t began_at = 0;    // a stamp
        std::uint64_t first_open = 0;  // the first task that had not ended
        std::uint64_t epoch = 0;       // of the index
        std::uint64_t placement = 0;
        std::map<NodeId, std::string> changed_at;  // as the nodes said at the beginning
        std::set<ShardId> compared;
        bool equal = true;
    };
    struct Case {  // one document, with all nodes at rest
        std::string id;
        std::vector<cluster::NodeIndex> owners;
        std::vector<const json::Value*> copies;  // beside them; nullptr: none, or none that is well formed
        std::vector<cluster::NodeIndex> strays;  // hold it and ought not to, or not so
        const json::Value* malformed = nullptr;  // one of these
    };
    struct Mending {        // of one node
        std::string lines;  // documents to write
        json::Array ids;    // to delete
    };
    using Copies = std::map<cluster::NodeIndex, std::map<std::string, json::Value>>;

    env::Task<void> pass();
    env::Task<bool> begin_round(IndexUid index);
    env::Task<std::optional<std::string>> changed_at(cluster::Node node, IndexUid index);
    env::Task<bool> work_on(std::shared_ptr<std::deque<CompareUnit>> units);
    env::Task<void> compare(CompareUnit unit);
    env::Task<bool> compare_stretch(const CompareUnit& unit, std::vector<cluster::Node> nodes, std::size_t page_size,
                                    std::string& after, bool& last, std::set<std::string>& suspects);
    env::Task<void> find_strays(IndexUid index);
    env::Task<void> clear_left_behind(IndexUid index);
    env::Task<void> end_round(IndexUid index);
    env::Task<void> rest_after(env::Monotonic began);
    bool may_be_compared(const cluster::Node& node, const IndexUid& index, const std::vector<ShardId>& shards) const;

    // See anti_entropy_settle.cpp.
    env::Task<std::vector<std::string>> still_differing(IndexUid index, std::vector<std::string> ids);
    env::Task<bool> settle(IndexUid index, std::vector<std::string> ids, std::set<NodeId> also);
    env::Task<bool> settle_some(IndexUid index, std::vector<std::string> ids, std::set<NodeId> also);
    env::Task<std::optional<Copies>> read_copies(cluster::TopologyPtr topology, plan::IndexPtr index,
                                                 std::set<cluster::NodeIndex> nodes, std::vector<std::string> ids);
    Case case_of(const cluster::Topology& topology, const plan::IndexEntry& index, const std::string& id,
                 const Copies& copies) const;
    struct Decided {
        std::map<cluster::NodeIndex, Mending> mendings;
        std::vector<Finding> findings;  // told once they are repaired
        std::uint64_t wrong = 0;        // documents
    };
    void decide(const cluster::Topology& topology, const plan::IndexEntry& index, const Case& one,
                const std::set<cluster::NodeIndex>& unaltered, Decided& out);
    std::vector<NodeRequest> requests_of(const plan::IndexEntry& index, Mending mending) const;
    void note(const IndexUid& index, const std::string& id, const NodeId& node, std::string what, bool repaired);
    void count(std::uint64_t mismatches, std::uint64_t repaired, std::uint64_t undecided);
    std::set<cluster::NodeIndex> owners_of(const cluster::Topology& topology, const plan::IndexEntry& index,
                                           const std::vector<std::string>& ids) const;
    env::Task<std::set<cluster::NodeIndex>> unaltered(cluster::TopologyPtr topology, IndexUid index,
                                                      std::set<cluster::NodeIndex> nodes);

    env::Env env_;
    tasks::Store& store_;
    const tasks::TaskBook& tasks_;
    CatalogBook& catalog_;
    Writer& writer_;
    Errands& errands_;
    Census& census_;
    NextStamp next_stamp_;
    AntiEntropyOptions options_;
    std::function<cluster::TopologyPtr()> topology_;  // while it runs
    env::Cancel stop_;
    bool wanted_ = false;
    std::uint32_t cursor_ = 0;  // the first shard of the next pass
    std::map<IndexUid, Round> rounds_;
    std::map<IndexUid, Round> found_equal_;  // the last round of each index, where all was equal
    Status status_;
};

}  // namespace miroir::quorum

// The cluster of the write scenarios: embedded nodes, one orchestrator with a store that outlives it, a client for each
// index that writes all the time, and the checks of what must be true when the storm is over.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sim/fakes/embedded_node.h"
#include "sim/fakes/scribe.h"
#include "sim/run.h"
#include "sim/scenarios/write_model.h"

namespace miroir::sim {

struct WriteClusterOptions {
    std::uint32_t groups = 1;
    std::uint32_t replicas = 2;
    std::uint32_t spare_nodes = 1;  // a group has so many more than replicas
    std::uint32_t shards = 8;
    std::size_t indexes = 1;
    bool settings = true;
    std::uint64_t settings_share = 6;  // of a hundred writes
    bool settings_may_fail = false;    // then they leave nothing behind
    bool writes_may_fail = false;      // on several nodes at once; copies are alike all the same
    bool by_filter = false;            // half of the deletions name what they delete by a filter
    std::uint64_t node_tasks_kept = 10'000;
    std::uint32_t newcomers = 0;                   // machines that stand by, not of the cluster yet
    bool skip_delta_pass = false;                  // what moves is compared once only
    bool readers = false;                          // somebody reads all the time what nobody changes
    std::chrono::milliseconds compare_every{0};    // anti-entropy; 0: only every six hours
    std::chrono::milliseconds write_off_after{0};  // a node that is away; 0: never
    bool take_back = false;                        // when it answers again
    std::chrono::milliseconds move_timeout{0};     // without progress; 0: never
};

class WriteCluster {
public:
    WriteCluster(Run& run, WriteClusterOptions options);

    std::size_t size() const { return nodes_.size(); }
    Host& node(std::size_t i) { return *nodes_[i]; }
    Host& scribe_host() { return *scribe_; }
    Scribe& scribe() { return scribe_->app<Scribe>(); }
    KeptStore& store() { return *store_; }
    // Another one is started with a copy of its store, and is the cluster's from now on. The one of before goes on.
    Host& stand_in();
    bool writing() { return scribe_->alive() && scribe().open(); }

    // From now on each client writes about so often.
    void write_every(std::chrono::milliseconds gap) { gap_ = gap; }
    void stop_writing() { gap_ = std::chrono::milliseconds(0); }
    void write_one(std::size_t index, ModelWrite::Kind kind, std::vector<int> ids);
    void write_something(std::size_t index);
    std::size_t acknowledged() const;

    // The operator's wishes; refusals and lost answers are his problem.
    void add(std::size_t newcomer, std::uint32_t group);
    void drain(std::size_t node);
    void recover(std::size_t node);
    void write_off(std::size_t node);  // lost for good
    void forget(std::size_t node);
    void rebalance(std::string wish);  // start, pause, cancel
    // Past Miroir, on one node: `path` behind the index.
    void meddle(std::size_t node, std::size_t index, std::string method, std::string path, json::Value body);
    json::Value copy_on(std::size_t node, std::size_t index, int id);  // as the node has it, or null
    std::vector<std::size_t> owners_of(int id);
    // Until a whole pass of anti-entropy has compared everything and found nothing.
    void expect_compared(std::chrono::nanoseconds span);
    // Documents that are written now and never again: the readers look for them.
    void hold_still(std::vector<int> ids);
    bool is_member(std::size_t node);
    // All nodes are called by other names from now on, and by none of before; the next start of the orchestrator is
    // told so.
    void move_addresses();
    std::size_t initial() const { return spec_.nodes.size(); }
    std::size_t reads() const { return reads_; }
    // No shard moves, and none has to.
    bool settled();

    // All tasks have ended, nobody is behind: within the span.
    void expect_calm(std::chrono::nanoseconds span);
    // Every promise about what is stored where.
    void check_all();
    // No node keeps many more finished tasks than it is to keep.
    void check_nodes_forget();
    // Places of documents survive an update of each of them.
    void check_places_are_kept(std::chrono::nanoseconds span);

private:
    struct IndexStory {
        IndexUid uid;
        std::vector<ModelWrite> writes;
        std::map<std::uint64_t, int> waiting;  // not answered yet, by the orchestrator's life
    };
    // By id: the stored text.
    using Copy = std::map<int, json::Object>;

    void again(std::size_t index);
    void read_again();
    std::optional<cluster::NodeIndex> place_of(std::size_t node);
    static env::Task<void> wish(Host& host, std::function<env::Task<Result<void>>(Scribe&)> what);
    static env::Task<void> read(WriteCluster& cluster, Host& host, IndexUid uid);
    void judge_read(const std::vector<int>& found, const IndexUid& uid);
    static env::Task<void> carry(std::shared_ptr<IndexStory> story, Host& host, std::size_t number);
    static env::Task<Result<quorum::Receipt>> submit(quorum::Office& office, IndexUid uid, ModelWrite write);
    bool calm();
    void check_tasks();
    void check_task(const std::string& task, ModelWrite& write);
    bool tasks_have_ended();
    // What was read of a task's record, and the record it was read from: they are looked at ten times a second.
    struct SeenTask {
        std::string record;
        bool ended = false;
    };
    bool has_ended(const std::string& key, const std::string& record);
    void check_index(IndexStory& story);
    json::Value ask(std::size_t node, const std::string& method, const std::string& target, const std::string& body);
    Copy documents_on(std::size_t node, const IndexUid& uid);
    int settings_in_catalog(const IndexUid& uid);
    int settings_on(std::size_t node, const IndexUid& uid);

    Run& run_;
    WriteClusterOptions options_;
    cluster::TopologySpec spec_;
    std::shared_ptr<KeptStore> store_ = std::make_shared<KeptStore>();
    std::shared_ptr<KeptStore> left_;  // of the one of before
    std::vector<Host*> nodes_;
    Host* scribe_ = nullptr;
    std::shared_ptr<ScribeOptions> scribe_options_ = std::make_shared<ScribeOptions>();  // of its next start
    std::vector<std::shared_ptr<IndexStory>> stories_;
    std::string moved_;  // before the names by which nodes are called
    std::chrono::milliseconds gap_{0};
    std::set<int> unchanging_;  // ids that were written before the readers began, and never since
    std::size_t reads_ = 0;     // whole ones
    std::map<std::uint64_t, SeenTask> seen_tasks_;
    std::uint64_t writes_checked_ = UINT64_MAX;  // of the store
};

}  // namespace miroir::sim

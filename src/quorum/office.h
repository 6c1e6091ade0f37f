// The writing side of one process: everything that changes data or settings comes through here. Lives on one executor
// (the first); the halls' threads reach it by env::hop. Turns a client's wish into an order, under the lane of its
// index, and hands it to the Writer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocol/documents/primary_key.h"
#include "protocol/documents/special_fields.h"
#include "quorum/repair/anti_entropy.h"
#include "quorum/repair/census.h"
#include "quorum/repair/mender.h"
#include "quorum/repair/mover.h"
#include "quorum/repair/sweeper.h"
#include "quorum/sessions/sessions.h"
#include "quorum/shelves/shelves.h"
#include "quorum/shelves/teller.h"
#include "quorum/stamps.h"
#include "quorum/turns/boarding.h"
#include "quorum/turns/wishes.h"
#include "quorum/writer.h"

namespace miroir::quorum {

struct OfficeOptions {
    WriterOptions writer;
    ErrandOptions errands{};
    MenderOptions mender{};
    SweeperOptions sweeper{};
    CensusOptions census{};
    AntiEntropyOptions anti_entropy{};
    std::uint32_t shards = 64;                // S of a new index
    std::optional<std::string> master_key{};  // from which client keys derive; none: everybody may do everything
    SessionLimits sessions{};
    std::chrono::nanoseconds look_for_others_every = std::chrono::seconds(5);  // who claim our nodes
};

// Whom the office tells of what has become durable.
struct Publishers {
    CatalogBook::Publish catalog;
    ShelfBook::Publish shelves;
    tasks::EndWatch* ends = nullptr;  // outlives the office
};

class Office {
public:
    using TopologySource = std::function<cluster::TopologyPtr()>;

    static env::Task<Result<std::unique_ptr<Office>>> open(env::Env env, http::Client& client, tasks::Store& store,
                                                           TopologySource topology, Publishers publish,
                                                           BehindBoard& board, OfficeOptions options);
    // Two nodes that are found where the other was are followed by this.
    void follow_addresses(Mender::Exchange exchange) { mender_.follow_addresses(std::move(exchange)); }
    // Is the node that answers again the one it was, with all that it took? See Mender::recognise.
    env::Task<bool> recognise(NodeId node, std::string address);
    const Claim& claim() const { return *options_.writer.claim; }  // on any thread
    // Follows tasks, replays hints and mends nodes until `stop`.
    env::Task<void> run(env::Cancel stop);

    env::Task<Result<Receipt>> create_index(IndexUid uid, std::optional<std::string> primary_key);
    env::Task<Result<Receipt>> delete_index(IndexUid uid);
    env::Task<Result<Receipt>> change_index(IndexUid uid, IndexWish wish);
    env::Task<Result<Receipt>> compact_index(IndexUid uid);
    // Refused as the engine would refuse it; the nodes are asked only once the function is known to compile.
    env::Task<Result<Receipt>> edit_documents(IndexUid uid, EditWish wish);
    env::Task<Result<Receipt>> swap_indexes(std::vector<Swap> swaps);
    env::Task<Result<Receipt>> change_settings(IndexUid uid, SettingsWish wish);
    env::Task<Result<Receipt>> add_documents(IndexUid uid, Documents documents);
    env::Task<Result<Receipt>> delete_documents(IndexUid uid, std::vector<std::string> ids,
                                                std::optional<std::string> metadata);
    env::Task<Result<Receipt>> delete_by_filter(IndexUid uid, json::Value filter, json::Value carried,
                                                std::optional<std::string> metadata);
    env::Task<Result<Receipt>> delete_all_documents(IndexUid uid, std::optional<std::string> metadata);

    // Each as the caller may see it: `grant` limits what is shown, and what may be deleted or cancelled.
    env::Task<Result<json::Value>> find_task(std::uint64_t uid, protocol::Grant grant);
    env::Task<Result<json::Value>> list_tasks(protocol::TaskQuery query, protocol::Grant grant);
    env::Task<Result<json::Value>> find_batch(std::uint64_t uid, protocol::Grant grant);
    env::Task<Result<json::Value>> list_batches(protocol::TaskQuery query, protocol::Grant grant);
    env::Task<Result<Receipt>> purge_tasks(protocol::TaskFilter filter, protocol::TaskPurge purge,
                                           std::string original_filter, protocol::Grant grant);
    // A task that only Miroir itself carries out.
    env::Task<Result<Receipt>> note_task(protocol::Task task, std::optional<Error> verdict, json::Value wish = {});
    // A change of the dynamic search rules, here and on every node. Nothing, and nothing is done, when the shelves are
    // not those any more that it was decided by.
    env::Task<Result<std::optional<Receipt>>> change_rules(RuleChange change);
    env::Task<Result<Receipt>> take_snapshots();  // every node its own
    // Who carries out the tasks of a type that are not the nodes' business; see Writer::carry_out_here.
    void carry_out_here(protocol::TaskType type, Writer::OwnWork work) {
        writer_.carry_out_here(type, std::move(work));
    }
    // Tasks from this uid on, ascending, at most `limit`.
    env::Task<std::vector<protocol::Task>> tasks_from(std::uint64_t uid, std::size_t limit);
    struct TaskCounts {
        std::vector<std::uint64_t> by_status, by_type;  // in the order of the enumerations
        std::optional<protocol::Instant> oldest_waiting;
        std::uint64_t processing() const {
            return by_status[static_cast<std::size_t>(protocol::TaskStatus::Processing)];
        }
    };
    env::Task<TaskCounts> task_counts();
    env::Task<std::set<std::string>> indexes_at_work();  // of tasks that are processing

    const ShelvesPtr& shelves() const { return shelves_->current(); }

    // Sessions that read their own writes: this task is one of them.
    env::Task<bool> note_session(std::string session, std::uint64_t task);
    // What a session's read of these indexes (none: of all) has to wait for, and whether that has ended.
    enum class SessionState : std::uint8_t { Free, Pending, Waited, TimedOut };
    env::Task<SessionState> look_at_session(std::string session, std::vector<std::string> indexes);
    env::Task<SessionState> await_session(std::string session, std::vector<std::string> indexes,
                                          std::chrono::nanoseconds wait);

    // See ShelfBook::put. Switches of features reach the nodes before it returns.
    env::Task<Result<bool>> put_on_shelves(std::uint64_t version, std::vector<ShelfPut> puts);
    // The parts of a task on the nodes, and what is still owed to these: for operators.
    env::Task<Result<json::Value>> inspect_task(std::uint64_t uid);

    // For the moving of shards.
    Mover& mover() { return mover_; }
    Census& census() { return census_; }
    AntiEntropy& anti_entropy() { return anti_entropy_; }
    Shifting& shifting() { return writer_.shifting(); }

private:
    Office(env::Env env, http::Client& client, tasks::Store& store, TopologySource topology,
           std::unique_ptr<tasks::TaskBook> tasks, std::unique_ptr<CatalogBook> catalog,
           std::unique_ptr<ShelfBook> shelves, BehindBoard& board, tasks::EndWatch* ends, OfficeOptions options);
    bool is_over(std::uint64_t task) const;
    env::Task<Result<void>> plant_default_keys();
    env::Task<void> look_for_others(env::Cancel stop);

    plan::IndexPtr index_of(const IndexUid& uid) const { return catalog_->projected().find(uid); }
    Stamps& stamps_of(const IndexUid& uid);
    env::Task<env::Lane::Pass> enter(IndexUid uid);  // its lane, behind all that waits for it
    std::uint64_t now_us() const;
    // What is about to be deleted, for those who compare copies.
    Grave grave_of(const IndexUid& uid, Grave::Kind kind, std::vector<std::string> ids = {});
    // What the owners of these documents have of them. See office_lookup.cpp.
    struct Found {
        json::Array documents;
        bool complete = true;  // all could be asked
    };
    env::Task<Found> fetch_known(plan::IndexPtr index, std::vector<std::string> ids, json::Object question);
    env::Task<Result<void>> learn_stamps(plan::IndexPtr index, std::vector<std::string> ids);
    env::Task<Result<void>> judge_lacking(plan::IndexPtr index, std::vector<protocol::LackingVectors> lacking);
    bool at_work_on(const IndexUid& uid) const;
    env::Task<Result<Receipt>> submit(Order order, std::optional<std::string> metadata = {});
    // Additions that have waited for the lane, which is held. See turns/additions.cpp.
    struct Ready {
        Boarding::Rider rider;
        protocol::BatchVerdict verdict;
    };
    env::Task<void> carry(IndexUid uid, std::vector<Boarding::Rider> riders);
    env::Task<Result<Receipt>> add_alone(IndexUid uid, Documents documents);
    std::optional<protocol::BatchVerdict> may_travel(const IndexUid& uid, const Documents& documents) const;
    env::Task<void> add_together(IndexUid uid, std::vector<Ready> ready);
    bool is_under_way(const IndexUid& uid, std::uint64_t first) const;

    env::Env env_;
    TopologySource topology_;
    std::unique_ptr<tasks::TaskBook> tasks_;
    std::unique_ptr<CatalogBook> catalog_;
    std::unique_ptr<ShelfBook> shelves_;
    OfficeOptions options_;
    Writer writer_;
    Errands errands_;
    Mender mender_;
    Census census_;
    AntiEntropy anti_entropy_;
    Sweeper sweeper_;
    Sessions sessions_;
    EndBell bell_;
    Mover mover_;
    Teller teller_;
    std::map<IndexUid, Stamps> stamps_;
    Boarding boarding_;
    std::set<NodeId> foreign_;  // nodes that hold what was not written from here, or take writes from elsewhere
};

}  // namespace miroir::quorum

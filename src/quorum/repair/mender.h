// Makes nodes whole again. Recognises a node before it is asked for anything: one that came back empty, older or as
// another goes into debt for all it held. Pays debts while writes go on: what the node lacks is copied from a replica
// that is in step (copier.h); when the two are equal, the debt is paid. What no replica has any more is told as lost.
// Lives on one executor.
#pragma once

#include <deque>
#include <functional>
#include <set>

#include "quorum/repair/copier.h"

namespace miroir::quorum {

struct MenderOptions {
    std::chrono::nanoseconds every = std::chrono::milliseconds(500);  // looks for debts and recognises
    CopyOptions copy{};
    std::size_t at_once = 4;       // debts that are paid side by side
    bool skip_delta_pass = false;  // what moves is not compared once more
};

class Mender {
public:
    Mender(env::Env env, tasks::Store& store, CatalogBook& catalog, Writer& writer, Errands& errands,
           MenderOptions options)
        : env_(env),
          store_(store),
          catalog_(catalog),
          writer_(writer),
          errands_(errands),
          options_(options),
          pace_(env, options.copy) {}

    // Is it who it was, with all that it took? When not, it is in debt once this returns. False: it could not be asked,
    // or another node is there.
    env::Task<bool> recognise(NodeId node, std::string address);

    // Which other node the server at this address is, by what it remembers of our writes. Fails where it does not say.
    env::Task<Result<std::optional<NodeId>>> known_as(NodeId asker, std::string address);

    // What makes it durable and known that two nodes are each where the other was. False: they are not any more.
    using Exchange = std::function<env::Task<Result<bool>>(cluster::NodeSpec one, cluster::NodeSpec other)>;
    void follow_addresses(Exchange exchange) { exchange_ = std::move(exchange); }

    // Deletes what the node has of these shards, of every index, and waits until it has done so. For copies that are
    // neither read nor written any more.
    env::Task<bool> wipe(cluster::Node node, std::vector<ShardId> shards);

    env::Task<void> run(env::Cancel stop);
    const Copied& copied() const { return pace_.copied(); }

private:
    struct Group {  // shards that one replica can give
        cluster::NodeIndex source = cluster::kNoNode;
        std::vector<ShardId> shards;
    };
    struct Job {
        cluster::TopologyPtr topology;
        Debts::Key key;
        cluster::NodeIndex target = cluster::kNoNode;
        std::uint64_t version = 0;    // of the debt
        std::vector<ShardId> shards;  // those of them that can be mended now
        std::vector<Group> groups;
        std::vector<ShardId> lost;  // no replica has them
        Touches::Watch watch;
        std::uint64_t upsets = 0;  // before anything was read
    };
    env::Task<std::optional<std::size_t>> unknown_of(NodeId node, std::string address, std::vector<Witness> witnesses);
    enum class Whereabouts : std::uint8_t { Unknown, Nowhere, Elsewhere };
    env::Task<Whereabouts> look_elsewhere(NodeId node, std::string address);
    env::Task<std::optional<NodeId>> found_at(NodeId node);
    env::Task<void> exchange(NodeId one, NodeId other, std::string address);
    std::deque<Debts::Key> by_urgency() const;
    void begin_mending();
    env::Task<void> mend_on();
    bool is_moving(const Job& job) const;
    env::Task<void> mend(Debts::Key key);
    bool plan_sources(Job& job, const plan::IndexEntry& index) const;  // false: some replica must come back first
    env::Task<bool> pay(Debts::Key key, std::vector<ShardId> shards, tasks::Batch batch);
    bool is_current(const Job& job) const;
    bool still_gives(const Job& job, const Group& group) const;
    env::Task<bool> make_ready(const Job& job);
    env::Task<bool> shows_settings(const Job& job, const plan::IndexEntry& index);
    bool owes_all(const Job& job, const plan::IndexEntry& index) const;
    env::Task<bool> drop_index(cluster::TopologyPtr topology, Debts::Key key);
    env::Task<bool> copy(const Job& job, const Group& group);
    env::Task<void> settle(const Job& job);

    env::Env env_;
    tasks::Store& store_;
    CatalogBook& catalog_;
    Writer& writer_;
    Errands& errands_;
    MenderOptions options_;
    env::Cancel stop_;
    std::deque<Debts::Key> waiting_;  // debts, the most urgent first
    std::set<Debts::Key> at_work_;
    std::set<Debts::Key> afresh_;  // whose documents stand against the settings: emptied first
    std::size_t workers_ = 0;
    CopyPace pace_;
    Exchange exchange_;
    std::set<std::pair<NodeId, NodeId>> one_at_two_;  // told of already
};

}  // namespace miroir::quorum

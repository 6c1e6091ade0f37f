#include "rebalance/topology_book.h"

#include "rebalance/layout.h"
#include "rebalance/topology_record.h"

namespace miroir::rebalance {
namespace {

constexpr std::string_view kTable = "cluster";
constexpr std::string_view kLayout = "layout";      // what was configured at the last start
constexpr std::string_view kTopology = "topology";  // what the cluster has become

tasks::RecordKey at(std::string_view key) { return {.table = std::string(kTable), .key = std::string(key)}; }

env::Task<Result<bool>> has_any(tasks::Store& store, std::string table) {
    tasks::Scan scan{.table = std::move(table), .from = {}, .limit = 1};
    const Result<std::vector<tasks::Record>> page = co_await store.scan(scan);
    if (!page) co_return fail(page.error());
    co_return !page->empty();
}

// Indexes, or tasks under way that make some.
env::Task<Result<bool>> has_data(tasks::Store& store) {
    const Result<bool> indexes = co_await has_any(store, "indexes");
    if (!indexes || *indexes) co_return indexes;
    co_return co_await has_any(store, "catalog_changes");
}

// The store's topology with what the configuration says anew since the last start: addresses, weights, zones.
Result<cluster::TopologyPtr> with_news(cluster::TopologyPtr topology, const Layout& last, const Layout& now) {
    cluster::SavedTopology news = saved(*topology);
    bool any = false;
    const auto take = [&any](auto& known, const auto& was, const auto& is) {
        if (is == was || is == known) return;
        known = is;
        any = true;
    };
    for (cluster::NodeSpec& node : news.nodes) {
        const auto before = last.nodes.find(node.id.value);
        const auto is = now.nodes.find(node.id.value);
        if (before == last.nodes.end() || is == now.nodes.end()) continue;
        take(node.address, before->second.address, is->second.address);
        take(node.weight, before->second.weight, is->second.weight);
        take(node.zone, before->second.zone, is->second.zone);
    }
    if (!any) return topology;
    ++news.placement_version;
    return restore_topology(news);
}

Error refusal_of(const std::string& hidden) {
    return {.code = ErrorCode::MiroirConfigInvalid,
            .message = "the data was written with " + hidden +
                       ", and would not be found now; start with the layout of before and change the cluster with "
                       "miroir-ctl node add, drain and remove, or name an empty task store and empty nodes and add the "
                       "documents again"};
}

// What an older Miroir left behind: only the layout, in which nothing ever moved.
Result<cluster::TopologyPtr> from_layout(const Layout& last, const cluster::Topology& configured) {
    cluster::TopologySpec spec{.nodes = {}, .shards = configured.shards(), .replicas = last.replicas};
    for (const auto& [name, seat] : last.nodes) {
        const auto node = configured.find(NodeId{name});
        std::string address = seat.address.empty() ? "http://" + name : seat.address;
        if (node) address = configured.node(*node).address;
        spec.nodes.push_back({.id = {name},
                              .address = std::move(address),
                              .group = {seat.group},
                              .zone = seat.zone,
                              .weight = seat.weight});
    }
    return make_topology(spec);
}

Result<cluster::TopologyPtr> judged(const std::optional<std::string>& kept, const Layout& last,
                                    const cluster::Topology& configured) {
    MIROIR_TRY(cluster::TopologyPtr stored,
               kept ? topology_from(*kept, configured.shards()) : from_layout(last, configured));
    const Layout now = layout_of(configured);
    if (const auto hidden = layout_refusal(last, layout_of(*stored), now)) return std::unexpected(refusal_of(*hidden));
    return with_news(std::move(stored), last, now);
}

bool same_layout(const Layout& a, const Layout& b) { return to_record(a) == to_record(b); }

}  // namespace

env::Task<Result<cluster::TopologyPtr>> open_topology(tasks::Store& store, cluster::TopologyPtr configured) {
    const Result<std::optional<std::string>> layout = co_await store.get(at(kLayout));
    if (!layout) co_return fail(layout.error());
    const Result<std::optional<std::string>> kept = co_await store.get(at(kTopology));
    if (!kept) co_return fail(kept.error());
    MIROIR_CO_TRY(const bool data, co_await has_data(store));
    const Layout now = layout_of(*configured);
    cluster::TopologyPtr start = configured;
    if (*layout) {
        MIROIR_CO_TRY(const Layout last, layout_from(**layout));
        if (data || (*kept && same_layout(last, now))) {
            MIROIR_CO_TRY(start, judged(*kept, last, *configured));
        }
    }
    tasks::Batch batch;
    batch.put(std::string(kTable), std::string(kLayout), to_record(now));
    batch.put(std::string(kTable), std::string(kTopology), to_record(*start));
    const bool same = *layout == batch.puts[0].value && *kept == batch.puts[1].value;
    if (!same) MIROIR_CO_CHECK(co_await store.commit(std::move(batch)));
    co_return start;
}

env::Task<Result<cluster::TopologyPtr>> TopologyBook::change(cluster::SnapshotHolder::Change change) {
    const auto recorded = [&change](const cluster::Topology& from, tasks::Batch&) { return change(from); };
    co_return co_await change_recorded(recorded);
}

env::Task<Result<bool>> TopologyBook::exchange_addresses(cluster::NodeSpec one, cluster::NodeSpec other) {
    bool exchanged = false;
    const auto exchange = [&](const cluster::Topology& from) -> Result<cluster::TopologyPtr> {
        for (const cluster::NodeSpec& seen : {one, other}) {
            const auto index = from.find(seen.id);
            if (!index || from.node(*index).address != seen.address) return nullptr;
        }
        exchanged = true;
        return with_addresses_exchanged(from, one.id, other.id);
    };
    MIROIR_CO_CHECK(co_await change(exchange));
    co_return exchanged;
}

env::Task<Result<cluster::TopologyPtr>> TopologyBook::change_recorded(RecordedChange change) {
    const env::Lane::Pass pass = co_await lane_.enter();
    const cluster::TopologyPtr before = current();
    tasks::Batch batch;
    MIROIR_CO_TRY(const cluster::TopologyPtr next, change(*before, batch));
    if (next) batch.put(std::string(kTable), std::string(kTopology), to_record(*next));
    if (!batch.empty()) MIROIR_CO_CHECK(co_await store_.commit(std::move(batch)));
    if (!next) co_return before;
    const auto publish = [&next](const cluster::Topology& now) -> Result<cluster::TopologyPtr> {
        return with_what_probes_know(*next, now);
    };
    co_return published_.update(publish);
}

}  // namespace miroir::rebalance

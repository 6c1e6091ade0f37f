#include "quorum/office.h"

#include <algorithm>

#include "cluster/reserved.h"
#include "env/log.h"
#include "env/unix_time.h"
#include "json/members.h"
#include "json/parse.h"
#include "json/write.h"
#include "plan/document_plan.h"
#include "plan/node_settings.h"
#include "protocol/documents/primary_key.h"

namespace miroir::quorum {
namespace {

Error reserved_setting() {
    return {.code = ErrorCode::MiroirReservedField,
            .message =
                "The settings use a name that begins with `_miroir_`: such names belong to Miroir. Rename the field."};
}

// A store in which nothing has ever happened knows nothing of what nodes hold: it belongs to new ones only.
Error foreign_node(const NodeId& node) {
    return {.code = ErrorCode::MiroirNoQuorum,
            .message = "Node " + node.value +
                       " holds indexes that the task store knows nothing of. Give Miroir the store it had "
                       "(task_store.path), or empty the node and load a dump."};
}

// Empty: it has none. Nothing: it could not be asked.
env::Task<std::optional<std::string>> first_index_of(NodeLink& link, std::string address) {
    http::Outgoing request;
    request.target = "/indexes?limit=1";
    const Result<http::Reply> reply = co_await link.ask_anybody(std::move(address), std::move(request));
    const auto body = reply && reply->status == 200 ? json::parse(reply->body) : json::parse("null");
    const json::Value* results = body ? body->find("results") : nullptr;
    if (results == nullptr || !results->is_array()) co_return std::nullopt;
    co_return results->array().empty() ? "" : text_at(results->array().front(), "uid");
}

env::Task<Result<void>> check_nodes_are_new(Writer& writer, cluster::TopologyPtr topology, const plan::Catalog& known) {
    for (const cluster::Node& node : topology->nodes()) {
        if (!node.writable()) continue;
        const std::optional<std::string> index = co_await first_index_of(writer.link(node.id), node.address);
        const bool is_ours = !index || index->empty() || known.find(IndexUid{*index}) != nullptr;
        if (!is_ours) co_return fail(foreign_node(node.id));
    }
    co_return Result<void>{};
}

}  // namespace

Office::Office(env::Env env, http::Client& client, tasks::Store& store, TopologySource topology,
               std::unique_ptr<tasks::TaskBook> tasks, std::unique_ptr<CatalogBook> catalog,
               std::unique_ptr<ShelfBook> shelves, BehindBoard& board, tasks::EndWatch* ends, OfficeOptions options)
    : env_(env),
      topology_(std::move(topology)),
      tasks_(std::move(tasks)),
      catalog_(std::move(catalog)),
      shelves_(std::move(shelves)),
      options_(options),
      writer_(env, client, store, topology_, *tasks_, *catalog_, board, options.writer),
      errands_(env, writer_, options.errands),
      mender_(env, store, *catalog_, writer_, errands_, options.mender),
      census_(env, store, *catalog_, writer_, board, options.census),
      anti_entropy_(
          env, store, *tasks_, *catalog_, writer_, errands_, census_,
          [this](const IndexUid& uid, const std::string& id) { return stamps_of(uid).assign({id}, now_us()).front(); },
          options.anti_entropy),
      sweeper_(env, store, *tasks_, writer_, options.sweeper),
      sessions_(
          options.sessions, [this](std::uint64_t task) { return is_over(task); }, *options.writer.metrics),
      bell_(
          env, [this](std::uint64_t task) { return is_over(task); }, ends),
      mover_(env, *catalog_, writer_, mender_, errands_, census_),
      teller_(env, store, *tasks_, writer_, *shelves_, topology_, options.writer.settings) {
    tasks_->watch_ends(&bell_);
    sessions_.inherit(tasks_->unfinished(), env_.clock.now());
}

env::Task<Result<std::unique_ptr<Office>>> Office::open(env::Env env, http::Client& client, tasks::Store& store,
                                                        TopologySource topology, Publishers publish, BehindBoard& board,
                                                        OfficeOptions options) {
    MIROIR_CO_TRY(std::unique_ptr<tasks::TaskBook> tasks, co_await tasks::TaskBook::open(store));
    MIROIR_CO_TRY(std::unique_ptr<CatalogBook> catalog, co_await CatalogBook::open(store, std::move(publish.catalog)));
    MIROIR_CO_TRY(std::unique_ptr<ShelfBook> shelves,
                  co_await ShelfBook::open(env.executor, store, options.master_key, std::move(publish.shelves)));
    std::unique_ptr<Office> office(new Office(env, client, store, std::move(topology), std::move(tasks),
                                              std::move(catalog), std::move(shelves), board, publish.ends, options));
    MIROIR_CO_CHECK(co_await office->writer_.open());
    MIROIR_CO_CHECK(co_await office->census_.open());
    MIROIR_CO_CHECK(co_await office->plant_default_keys());
    co_return office;
}

env::Task<void> Office::run(env::Cancel stop) {
    env::spawn(env_.executor, teller_.run(stop));
    env::spawn(env_.executor, writer_.watch_settings(topology_, stop));
    env::spawn(env_.executor, mender_.run(stop));
    env::spawn(env_.executor, sweeper_.run(topology_, stop));
    env::spawn(env_.executor, census_.run(topology_, stop));
    env::spawn(env_.executor, anti_entropy_.run(topology_, stop));
    env::spawn(env_.executor, look_for_others(stop));
    co_await writer_.follow(topology_, std::move(stop));
}

// A process that writes finds out by itself; one that only reads does so here.
env::Task<void> Office::look_for_others(env::Cancel stop) {
    while (!stop.requested() && claim().holds()) {
        co_await env::sleep_for(env_, options_.look_for_others_every, stop);
        const cluster::TopologyPtr topology = topology_();
        for (const cluster::Node& node : topology->nodes()) {
            if (node.writable() && !stop.requested()) (void)co_await writer_.link(node.id).look_for_claim(node.address);
        }
    }
}

env::Task<bool> Office::recognise(NodeId node, std::string address) {
    if (tasks_->next_uid() == 0) {
        const std::optional<std::string> index = co_await first_index_of(writer_.link(node), address);
        if (!index) co_return false;
        const bool is_foreign = !index->empty() && index_of(IndexUid{*index}) == nullptr;
        if (is_foreign && foreign_.insert(node).second)
            env_.log.error("quorum", foreign_node(node).message, {{"node", node.value}, {"index", *index}});
        if (is_foreign) co_return false;
    }
    const bool known = co_await mender_.recognise(node, address);
    if (!known) co_return false;
    NodeLink& link = writer_.link(node);
    const env::Lane::Pass pass = co_await link.lane().enter();
    if (const auto used = writer_.hints().highest_uid(node)) link.reserve_up_to(*used);
    const Result<void> met = co_await link.meet(std::move(address));
    const bool is_others = !met && met.error().code == ErrorCode::MiroirReplaced;
    if (is_others && foreign_.insert(node).second)
        env_.log.error("quorum", met.error().message, {{"node", node.value}});
    co_return !is_others;
}

Stamps& Office::stamps_of(const IndexUid& uid) {
    return stamps_.try_emplace(uid, index_of(uid) == nullptr).first->second;
}

env::Task<env::Lane::Pass> Office::enter(IndexUid uid) {
    boarding_.close(uid);
    co_return co_await writer_.lane(uid).enter();
}

std::uint64_t Office::now_us() const { return env::unix_us(env_.clock); }

Grave Office::grave_of(const IndexUid& uid, Grave::Kind kind, std::vector<std::string> ids) {
    return {.kind = kind, .at = stamps_of(uid).mark(now_us()), .task = 0, .ids = std::move(ids)};
}

env::Task<Result<Receipt>> Office::submit(Order order, std::optional<std::string> metadata) {
    order.write.task.custom_metadata = std::move(metadata);
    if (tasks_->next_uid() == 0)
        MIROIR_CO_CHECK(co_await check_nodes_are_new(writer_, topology_(), catalog_->projected()));
    co_return co_await writer_.submit(std::move(order.write), std::move(order.changes));
}

env::Task<Result<Receipt>> Office::create_index(IndexUid uid, std::optional<std::string> primary_key) {
    const env::Lane::Pass pass = co_await enter(uid);
    Order order = order_index_creation(topology_(), uid, index_of(uid), std::move(primary_key), options_.shards);
    if (!order.write.verdict) stamps_of(uid).forget_all(true);
    co_return co_await submit(std::move(order));
}

env::Task<Result<Receipt>> Office::delete_index(IndexUid uid) {
    const env::Lane::Pass pass = co_await enter(uid);
    Order order = order_index_deletion(topology_(), uid, index_of(uid));
    if (!order.write.verdict) stamps_of(uid).forget_all(true);
    co_return co_await submit(std::move(order));
}

env::Task<Result<Receipt>> Office::change_index(IndexUid uid, IndexWish wish) {
    std::vector<IndexUid> names = {uid};
    if (wish.name && *wish.name != uid) names.push_back(*wish.name);
    std::ranges::sort(names);
    std::vector<env::Lane::Pass> passes;
    for (const IndexUid& name : names) {
        passes.push_back(co_await enter(name));
        stamps_of(name).forget_all(false);
    }
    const bool taken = wish.name && *wish.name != uid && index_of(*wish.name);
    Order order = order_index_update(
        topology_(),
        {.uid = uid, .primary_key = std::move(wish.primary_key), .name = std::move(wish.name), .name_taken = taken},
        index_of(uid));
    co_return co_await submit(std::move(order));
}

env::Task<Result<Receipt>> Office::compact_index(IndexUid uid) {
    const env::Lane::Pass pass = co_await enter(uid);
    Order order = order_compaction(topology_(), uid, index_of(uid));
    co_return co_await submit(std::move(order));
}

env::Task<Result<Receipt>> Office::swap_indexes(std::vector<Swap> swaps) {
    std::vector<IndexUid> names;
    for (const Swap& swap : swaps) names.insert(names.end(), {swap.first, swap.second});
    std::ranges::sort(names);
    const auto twice = std::ranges::unique(names);
    names.erase(twice.begin(), twice.end());
    std::vector<env::Lane::Pass> passes;
    for (const IndexUid& name : names) passes.push_back(co_await enter(name));
    for (const IndexUid& name : names) stamps_of(name).forget_all(false);
    Order order = order_swaps(topology_(), catalog_->projected(), swaps);
    co_return co_await submit(std::move(order));
}

env::Task<Result<Receipt>> Office::change_settings(IndexUid uid, SettingsWish wish) {
    const env::Lane::Pass pass = co_await enter(uid);
    const plan::IndexPtr index = index_of(uid);
    const protocol::SettingsPatch& patch = wish.patch;
    const Result<protocol::Settings> after =
        protocol::apply_patch(index ? index->settings : protocol::Settings(), patch);
    if (after && plan::names_reserved_field(*after)) co_return fail(reserved_setting());
    if (!index && !wish.may_create) {
        Order failed = order_missing_index(topology_(), protocol::TaskType::SettingsUpdate, uid,
                                           protocol::settings_task_details(patch));
        co_return co_await submit(std::move(failed), std::nullopt);
    }
    if (!index) stamps_of(uid).forget_all(true);
    Order order = order_settings(topology_(), uid, index, patch, options_.shards);
    co_return co_await submit(std::move(order), std::nullopt);
}

env::Task<Result<Receipt>> Office::delete_documents(IndexUid uid, std::vector<std::string> ids,
                                                    std::optional<std::string> metadata) {
    const env::Lane::Pass pass = co_await enter(uid);
    for (const std::string& id : ids) stamps_of(uid).forget(id);
    Order order = order_deletion_by_ids(topology_(), uid, index_of(uid), ids);
    if (!ids.empty()) order.write.grave = grave_of(uid, Grave::Kind::Ids, ids);
    order.write.ids = ids;
    Result<Receipt> receipt = co_await submit(std::move(order), std::move(metadata));
    if (!receipt) stamps_of(uid).doubt(ids);
    co_return receipt;
}

env::Task<Result<Receipt>> Office::delete_by_filter(IndexUid uid, json::Value filter, json::Value carried,
                                                    std::optional<std::string> metadata) {
    const env::Lane::Pass pass = co_await enter(uid);
    const plan::IndexPtr index = index_of(uid);
    if (const Result<void> judged = index ? judge_filter(*index, filter) : Result<void>{}; !judged) {
        Order failed = order_failed_filter(topology_(), uid, filter, judged.error());
        co_return co_await submit(std::move(failed), std::move(metadata));
    }
    stamps_of(uid).forget_all(false);
    Order order = order_deletion_by_filter(topology_(), uid, index_of(uid), filter, carried);
    order.write.grave = grave_of(uid, Grave::Kind::Some);
    co_return co_await submit(std::move(order), std::move(metadata));
}

env::Task<Result<Receipt>> Office::delete_all_documents(IndexUid uid, std::optional<std::string> metadata) {
    const env::Lane::Pass pass = co_await enter(uid);
    stamps_of(uid).forget_all(true);
    Order order = order_deletion_of_all(topology_(), uid, index_of(uid));
    order.write.grave = grave_of(uid, Grave::Kind::All);
    Result<Receipt> receipt = co_await submit(std::move(order), std::move(metadata));
    if (!receipt) stamps_of(uid).doubt({});
    co_return receipt;
}

}  // namespace miroir::quorum

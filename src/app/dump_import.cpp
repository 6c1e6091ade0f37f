#include "app/dump_import.h"

#include <algorithm>
#include <filesystem>

#include "app/settings_of.h"
#include "cluster/snapshot.h"
#include "dump/loader.h"
#include "env/real/disk_folder.h"
#include "env/real/reactor.h"
#include "http/wire/client.h"
#include "json/parse.h"
#include "quorum/office.h"
#include "tasks/sqlite/sqlite_store.h"
#include "workers/health_prober.h"

namespace miroir::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTarget = "dump";
constexpr std::chrono::nanoseconds kNodesPatience = std::chrono::seconds(60);
constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(20);
constexpr std::string_view kOurIndexes = "_miroir";

std::unexpected<Error> refuse(const config::Config& config, std::string_view why) {
    return fail(ErrorCode::MiroirConfigInvalid, "import_dump " + config.import_dump + ": " + std::string(why));
}

Result<std::unique_ptr<env::FileIn>> open_dump(const config::Config& config) {
    const fs::path path = fs::absolute(config.import_dump);
    return env::DiskFolder(path.parent_path()).open(path.filename());
}

// A cluster of its own for the time of the load: probes, office and store, without listeners.
class Import {
public:
    Import(const config::Config& config, env::Log& log, const dump::Contents& contents, cluster::TopologyPtr topology)
        : config_(config),
          log_(log),
          contents_(contents),
          client_(reactor_, client_options(config)),
          topology_(std::move(topology)),
          prober_(env(), client_, topology_, health_options(config), config.node_master_key) {}

    Result<void> run() {
        MIROIR_TRY(store_, tasks::SqliteStore::open(reactor_, config_.task_store_path));
        prober_.start();
        Result<void> done = env::run_task(reactor_, work());
        env::run_task(reactor_, rest());
        return done;
    }

private:
    env::Env env() { return reactor_.env(log_); }

    env::Task<Result<void>> work() {
        MIROIR_CO_TRY(const bool half, co_await dump::is_half_loaded(*store_));
        MIROIR_CO_CHECK(co_await await_nodes());
        if (!half) MIROIR_CO_CHECK(co_await check_nodes_empty());
        MIROIR_CO_CHECK(co_await open_office());
        MIROIR_CO_CHECK(co_await dump::note_loading(*store_, true));
        dump::Loader loader(env(), *office_, contents_);
        if (half) MIROIR_CO_CHECK(co_await loader.undo(all_indexes()));
        MIROIR_CO_TRY(const std::unique_ptr<env::FileIn> file, open_dump(config_));
        const Result<void> loaded = co_await loader.load(*file);
        Result<void> undone;
        if (!loaded) undone = co_await loader.undo(all_indexes());
        stop_.request();
        co_await office_ended_;
        office_.reset();
        if (!loaded) {
            if (undone) undone = co_await dump::rewrite_history(*store_, dump::Contents());
            co_return fail(loaded.error());
        }
        co_return co_await dump::rewrite_history(*store_, contents_);
    }

    env::Task<Result<void>> open_office() {
        quorum::OfficeOptions options;
        options.shards = config_.shards;
        options.writer.link.node_key = config_.node_master_key;
        options.writer.link.timeout = std::chrono::minutes(2);
        quorum::Publishers publish{.catalog = [this](plan::CatalogPtr catalog) { catalog_ = std::move(catalog); },
                                   .shelves = [](const quorum::ShelvesPtr&) {}};
        auto topology = [this] { return topology_.current(); };
        MIROIR_CO_TRY(office_, co_await quorum::Office::open(env(), client_, *store_, std::move(topology),
                                                             std::move(publish), behind_, options));
        env::spawn(reactor_, run_office());
        co_return Result<void>{};
    }

    env::Task<void> run_office() {
        co_await office_->run(stop_);
        office_ended_.set(true);
    }

    std::vector<IndexUid> all_indexes() const {
        std::vector<IndexUid> out;
        for (const auto& [uid, index] : catalog_->indexes) out.push_back(uid);
        return out;
    }

    env::Task<Result<void>> await_nodes() {
        const env::Deadline limit = env::Deadline::after(reactor_, kNodesPatience);
        for (;;) {
            std::string away;
            for (const cluster::Node& node : topology_.current()->nodes()) {
                if (!node.readable() || !node.writable()) away += (away.empty() ? "" : ", ") + node.id.value;
            }
            if (away.empty()) co_return Result<void>{};
            if (limit.expired(reactor_))
                co_return refuse(config_, "nodes that do not answer as they should: " + away + ". All are needed.");
            co_await env::sleep_for(env(), kLook);
        }
    }

    env::Task<Result<void>> check_nodes_empty() {
        const cluster::TopologyPtr topology = topology_.current();
        for (const cluster::Node& node : topology->nodes()) {
            quorum::NodeLink link(env(), client_, node.id, {.node_key = config_.node_master_key});
            http::Outgoing request;
            request.target = "/indexes?limit=20";
            const Result<http::Reply> reply = co_await link.ask(node.address, std::move(request));
            if (!reply) co_return fail(reply.error());
            const auto body = json::parse(reply->body);
            const json::Value* results = body ? body->find("results") : nullptr;
            if (reply->status != 200 || results == nullptr || !results->is_array())
                co_return refuse(config_, "node " + node.id.value + " does not tell its indexes");
            for (const json::Value& index : results->array()) {
                const std::string& uid = index.find("uid")->string();
                if (!uid.starts_with(kOurIndexes))
                    co_return refuse(config_, "node " + node.id.value + " already holds the index `" + uid +
                                                  "`. A dump is loaded into empty nodes only.");
            }
        }
        co_return Result<void>{};
    }

    env::Task<bool> rest() {
        stop_.request();
        co_await prober_.stop();
        co_await env::sleep_for(env(), kLook);
        co_return true;
    }

    const config::Config& config_;
    env::Log& log_;
    const dump::Contents& contents_;
    env::Reactor reactor_;
    wire::Client client_;
    cluster::SnapshotHolder topology_;
    workers::HealthProber prober_;
    std::unique_ptr<tasks::Store> store_;
    quorum::BehindBoard behind_;
    plan::CatalogPtr catalog_ = std::make_shared<const plan::Catalog>();
    std::unique_ptr<quorum::Office> office_;
    env::OneShot<bool> office_ended_{reactor_};
    env::Cancel stop_;
};

// What the store says before anything is touched: may the dump be loaded? False: there is nothing to do.
Result<bool> may_load(const config::Config& config) {
    if (!fs::exists(config.task_store_path)) return true;
    env::Reactor reactor;
    MIROIR_TRY(const std::unique_ptr<tasks::Store> store, tasks::SqliteStore::open(reactor, config.task_store_path));
    MIROIR_TRY(const bool half, env::run_task(reactor, dump::is_half_loaded(*store)));
    MIROIR_TRY(const bool holds, env::run_task(reactor, dump::holds_anything(*store)));
    if (half || !holds) return true;
    if (config.ignore_dump_if_db_exists) return false;
    return refuse(config, "there are tasks or indexes in " + config.task_store_path +
                              " already. Load a dump into an empty cluster, or set ignore_dump_if_db_exists.");
}

}  // namespace

Result<void> import_dump(const config::Config& config, env::Log& log) {
    if (config.import_dump.empty()) return {};
    std::error_code ignored;
    if (!fs::exists(config.import_dump, ignored)) {
        if (!config.ignore_missing_dump) return refuse(config, "there is no such file");
        log.warn(kTarget, "the dump to load is missing: starting without it", {{"file", config.import_dump}});
        return {};
    }
    MIROIR_TRY(const bool wanted, may_load(config));
    if (!wanted) {
        log.info(kTarget, "the cluster holds something already: the dump is not loaded",
                 {{"file", config.import_dump}});
        return {};
    }
    MIROIR_TRY(std::unique_ptr<env::FileIn> file, open_dump(config));
    const Result<dump::Contents> contents = dump::read_contents(*file);
    if (!contents) return refuse(config, contents.error().message);
    for (const std::string& what : contents->left_out) log.warn(kTarget, "left out of the dump", {{"what", what}});
    std::uint64_t documents = 0;
    for (const auto& [folder, index] : contents->indexes) documents += index.documents;
    log.info(kTarget, "loading a dump",
             {{"file", config.import_dump},
              {"indexes", contents->indexes.size()},
              {"documents", documents},
              {"made_by", contents->engine_version},
              {"made_at", contents->date}});
    const fs::path store(config.task_store_path);
    if (store.has_parent_path()) fs::create_directories(store.parent_path(), ignored);
    MIROIR_TRY(cluster::TopologyPtr topology, cluster::make_topology(topology_spec(config)));
    Import import(config, log, *contents, std::move(topology));
    if (const Result<void> done = import.run(); !done) return refuse(config, done.error().message);
    log.info(kTarget, "the dump is loaded", {{"documents", documents}, {"tasks", contents->tasks.size()}});
    return {};
}

}  // namespace miroir::app

// The writing side of one process: everything that changes data or settings comes through here. Lives on one executor
// (the first); the halls' threads reach it by env::hop. Turns a client's wish into an order, under the lane of its
// index, and hands it to the Writer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quorum/orders.h"
#include "quorum/stamps.h"
#include "quorum/writer.h"

namespace miroir::quorum {

struct OfficeOptions {
    WriterOptions writer;
    std::uint32_t shards = 64;  // S of a new index
};

struct Documents {
    std::vector<json::Object> documents;
    std::optional<std::string> primary_key;  // as asked for
    bool update = false;
    bool skip_creation = false;
    std::optional<std::string> custom_metadata;
};

class Office {
public:
    using TopologySource = std::function<cluster::TopologyPtr()>;

    static env::Task<Result<std::unique_ptr<Office>>> open(env::Env env, http::Client& client, tasks::Store& store,
                                                           TopologySource topology, CatalogBook::Publish publish,
                                                           BehindBoard& board, OfficeOptions options);
    // Follows tasks and replays hints until `stop`.
    env::Task<void> run(env::Cancel stop);

    env::Task<Result<Receipt>> create_index(IndexUid uid, std::optional<std::string> primary_key);
    env::Task<Result<Receipt>> delete_index(IndexUid uid);
    env::Task<Result<Receipt>> set_primary_key(IndexUid uid, std::optional<std::string> primary_key);
    env::Task<Result<Receipt>> swap_indexes(std::vector<Swap> swaps);
    env::Task<Result<Receipt>> change_settings(IndexUid uid, protocol::SettingsPatch patch);
    env::Task<Result<Receipt>> add_documents(IndexUid uid, Documents documents);
    env::Task<Result<Receipt>> delete_documents(IndexUid uid, std::vector<std::string> ids, std::optional<std::string> metadata);
    env::Task<Result<Receipt>> delete_by_filter(IndexUid uid, json::Value filter, std::optional<std::string> metadata);
    env::Task<Result<Receipt>> delete_all_documents(IndexUid uid, std::optional<std::string> metadata);

    env::Task<Result<json::Value>> find_task(std::uint64_t uid);
    env::Task<Result<json::Value>> list_tasks(protocol::TaskQuery query);
    // The parts of a task on the nodes: for operators.
    env::Task<Result<json::Value>> inspect_task(std::uint64_t uid);

private:
    Office(env::Env env, http::Client& client, tasks::Store& store, TopologySource topology,
           std::unique_ptr<tasks::TaskBook> tasks, std::unique_ptr<CatalogBook> catalog, BehindBoard& board,
           OfficeOptions options);

    plan::IndexPtr index_of(const IndexUid& uid) const { return catalog_->projected().find(uid); }
    Stamps& stamps_of(const IndexUid& uid);
    env::Task<Result<void>> learn_stamps(const plan::IndexPtr& index, std::vector<std::string> ids);
    env::Task<Result<Receipt>> submit(Order order, std::optional<std::string> metadata = {});

    env::Env env_;
    TopologySource topology_;
    std::unique_ptr<tasks::TaskBook> tasks_;
    std::unique_ptr<CatalogBook> catalog_;
    OfficeOptions options_;
    Writer writer_;
    std::map<IndexUid, Stamps> stamps_;
};

}  // namespace miroir::quorum
